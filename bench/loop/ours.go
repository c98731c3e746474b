package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/xla"
)

// ours are the loops of this side.
type ours struct {
	loops   map[string]*xla.Loop
	compile map[string]time.Duration
}

func newOurs(b *xla.Backend, in instance) (*ours, error) {
	o := &ours{map[string]*xla.Loop{}, map[string]time.Duration{}}
	norm := func(_ *Node, state, _ []*Node) []*Node {
		return []*Node{Sqrt(ReduceAllSum(Square(state[0])))}
	}
	for _, name := range programs {
		l, err := xla.NewLoop(b, newStep(name, in.LR), norm)
		if err != nil {
			return nil, errors.Join(err, o.close())
		}
		o.loops[name] = l
		begin := time.Now()
		if err := l.Start([]*tensors.Tensor{in.start()}, in.args()); err != nil {
			return nil, errors.Join(err, o.close())
		}
		o.compile[name] = time.Since(begin)
	}
	return o, nil
}

func (o *ours) run(ctx context.Context, name string, steps int) (time.Duration, error) {
	begin := time.Now()
	err := o.loops[name].Run(ctx, steps)
	return time.Since(begin), err
}

func (o *ours) state(name string) ([]float64, error) {
	state, err := o.loops[name].State()
	if err != nil {
		return nil, err
	}
	return tensors.CopyFlatData[float64](state[0])
}

// overhead prints what a device call and a measurement cost beside their steps.
func (o *ours) overhead(ctx context.Context) error {
	l := o.loops[programs[0]]
	const calls = 500
	run, err := process.Least(calls, func() error { return l.Run(ctx, 1) })
	if err != nil {
		return err
	}
	measure, err := process.Least(calls, func() error { _, err := l.Measure(); return err })
	if err != nil {
		return err
	}
	fmt.Printf("\nRun(1): %.0f µs, Measure: %.0f µs, the least of %d\n", run.Seconds()*1e6, measure.Seconds()*1e6, calls)
	return nil
}

func (o *ours) close() error {
	var errs []error
	for _, l := range o.loops {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}
