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

// load hands it an instance.
func (p *peer) load(in instance) error {
	s := struct {
		D        int       `json:"d"`
		M        int       `json:"m"`
		V        int       `json:"v"`
		H        []float64 `json:"h"` // [d, m]
		Supports [][]int   `json:"supports"`
	}{in.d, in.m, in.v, in.h.RawMatrix().Data, in.supports}
	file, err := p.Write(s)
	if err != nil {
		return err
	}
	var rows int
	return p.Ask(&rows, "load %s", file)
}

// solve has it solve the instance and adds the times, by its own clock.
func (p *peer) solve(solver string, o *outcome) error {
	var a struct {
		Call   float64   `json:"call"`
		Inside float64   `json:"inside"`
		Status string    `json:"status"`
		W      []float64 `json:"w"`
	}
	if err := p.Ask(&a, "solve %s", solver); err != nil {
		return err
	}
	o.call = append(o.call, seconds(a.Call))
	o.inside = append(o.inside, seconds(a.Inside))
	o.w, o.status = a.W, a.Status
	return nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
