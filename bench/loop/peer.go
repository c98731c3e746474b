package main

import (
	"context"
	"time"

	process "github.com/marginalia-ml/marginalia/bench/peer"
)

// peer is the other side, JAX.
type peer struct {
	*process.Process
	ready struct {
		Version string             `json:"version"`
		Compile map[string]float64 `json:"compile"` // seconds
	}
}

func startPeer(ctx context.Context, python, script string, in instance) (p *peer, err error) {
	p = &peer{}
	p.Process, err = process.Start(ctx, python, script, in, &p.ready)
	return p, err
}

// run has it make steps, and returns the time that it took by its own clock.
func (p *peer) run(name string, steps int) (time.Duration, error) {
	var s float64
	err := p.Ask(&s, "run %s %d", name, steps)
	return seconds(s), err
}

func (p *peer) state(name string) (w []float64, err error) {
	err = p.Ask(&w, "state %s", name)
	return w, err
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
