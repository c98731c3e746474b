package main

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/bench/workers"
	"github.com/marginalia-ml/marginalia/xla"
)

// manyRounds is how often the many runs are measured.
const manyRounds = 3

// many measures runs of the columns program from seeds of their own: a worker for each
// core against one worker, and against vmap of the other side. Compilation is left out.
func many(ctx context.Context, spec string, theirs *peer, runs, steps int) error {
	instances := make([]instance, runs)
	for i := range instances {
		instances[i] = newInstance(uint64(i), 1)
	}
	jobs := workers.Jobs{
		N: runs,
		Loop: func(b *xla.Backend) (*xla.Loop, error) {
			l, err := xla.NewLoop(b, newStep("columns", instances[0].LR), nil)
			if err != nil {
				return nil, err
			}
			return l, l.Start([]*tensors.Tensor{instances[0].start()}, instances[0].args())
		},
		Run: func(l *xla.Loop, i int) error {
			if err := l.Start([]*tensors.Tensor{instances[i].start()}, instances[i].args()); err != nil {
				return err
			}
			return l.Run(ctx, steps)
		},
	}
	t, err := jobs.Compare(ctx, spec, manyRounds)
	if err != nil {
		return err
	}
	one, all, cores := slices.Min(t.One), slices.Min(t.All), runtime.GOMAXPROCS(0)
	fmt.Printf("%d runs of %d steps: one worker %.2f s, %d workers %.2f s, %.2f times as fast (the least of %d)\n",
		runs, steps, one, cores, all, one/all, manyRounds)
	r := process.Result{Bench: "loop", What: fmt.Sprintf("%d seeds of softmax regression", runs), Ours: fmt.Sprintf("%.2f s", all)}
	r.Against = "one worker of ours"
	if err := process.Record(r.Ratios(t.All, t.One)); err != nil || theirs == nil {
		return err
	}
	others, err := theirs.many(instances, steps)
	if err != nil {
		return err
	}
	fmt.Printf("the same with vmap of JAX: %.2f s, ratio %.2f\n", slices.Min(others), slices.Min(others)/all)
	r.Against = "JAX, vmap"
	return process.Record(r.Ratios(t.All, others))
}

// many has the other side make the runs of the columns program side by side, and returns
// the seconds of each round.
func (p *peer) many(instances []instance, steps int) (times []float64, err error) {
	file, err := p.Write(instances)
	if err != nil {
		return nil, err
	}
	for range manyRounds {
		s := math.NaN()
		if err := p.Ask(&s, "many %s %d", file, steps); err != nil {
			return nil, err
		}
		times = append(times, s)
	}
	return times, nil
}
