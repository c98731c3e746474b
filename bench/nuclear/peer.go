package main

import (
	"context"
	"time"

	process "github.com/marginalia-ml/marginalia/bench/peer"
)

// peer is the other side, cvxpy.
type peer struct {
	*process.Process
	version string
}

func startPeer(ctx context.Context, python, script string) (p *peer, err error) {
	p = &peer{}
	p.Process, err = process.Start(ctx, python, script, nil, &p.version)
	return p, err
}

// load hands it supports, each with the number of contexts that have it.
func (p *peer) load(tokens int, supports [][]int, counts []int) error {
	file, err := p.Write(map[string]any{"tokens": tokens, "supports": supports, "counts": counts})
	if err != nil {
		return err
	}
	var rows int
	return p.Ask(&rows, "load %s", file)
}

// solve has it solve the instance, solver being its name and its tolerance, and adds
// the times, by its own clock.
func (p *peer) solve(solver string, o *outcome) error {
	var a struct {
		Call   float64   `json:"call"`
		Inside float64   `json:"inside"`
		Status string    `json:"status"`
		L      []float64 `json:"l"`
	}
	if err := p.Ask(&a, "solve %s", solver); err != nil {
		return err
	}
	o.call = append(o.call, seconds(a.Call))
	o.inside = append(o.inside, seconds(a.Inside))
	o.l, o.status = a.L, a.Status
	return nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
