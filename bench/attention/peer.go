package main

import (
	"context"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/pkg/attention"
)

// peer is the other side, JAX.
type peer struct {
	*process.Process
	version string
}

func startPeer(ctx context.Context, python, script string, p *attention.Problem) (side *peer, err error) {
	side = &peer{}
	side.Process, err = process.Start(ctx, python, script, handed(p), &side.version)
	return side, err
}

// handed is what the other side is given: sizes, tokens by rows, scores, the best tokens
// and the step.
func handed(p *attention.Problem) map[string]any {
	return map[string]any{"n": p.N, "t": p.T, "d": p.D, "x": p.X, "score": p.Score, "opt": p.Opt, "eta": eta}
}

// run has it make steps and returns the seconds that they took by its own clock.
func (s *peer) run(name string, steps int) (seconds float64, err error) {
	err = s.Ask(&seconds, "run %s %d", name, steps)
	return seconds, err
}

// state returns W.
func (s *peer) state(name string) (w []float64, err error) {
	err = s.Ask(&w, "state %s", name)
	return w, err
}
