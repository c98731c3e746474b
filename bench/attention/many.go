package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/bench/workers"
	"github.com/marginalia-ml/marginalia/pkg/attention"
	"github.com/marginalia-ml/marginalia/xla"
)

// many measures what a worker for each core gains over one, on runs from their own
// data. Compilation is left out: each worker compiles once, before the clock starts.
func many(ctx context.Context, spec string, runs, steps int) error {
	problems := make([]*attention.Problem, runs)
	for i := range problems {
		p, err := problem(uint64(i))
		if err != nil {
			return err
		}
		problems[i] = p
	}
	jobs := workers.Jobs{
		N: runs,
		Loop: func(b *xla.Backend) (*xla.Loop, error) {
			loop, err := xla.NewLoop(b, attention.NGD.Step(), nil)
			if err != nil {
				return nil, err
			}
			return loop, start(loop, attention.NGD, problems[0])
		},
		Run: func(loop *xla.Loop, i int) error {
			if err := start(loop, attention.NGD, problems[i]); err != nil {
				return err
			}
			return loop.Run(ctx, steps)
		},
	}
	t, err := jobs.Compare(ctx, spec, 3)
	if err != nil {
		return err
	}
	one, all, cores := slices.Min(t.One), slices.Min(t.All), runtime.GOMAXPROCS(0)
	fmt.Printf("%d runs of %d steps: one worker %.2f s, %d workers %.2f s, %.2f times as fast (the least of 3)\n", runs, steps, one, cores, all, one/all)
	r := process.Result{Bench: "attention", What: fmt.Sprintf("%d seeds of normalized descent on attention", runs),
		Against: "one worker of ours", Ours: fmt.Sprintf("%.2f s", all)}
	return process.Record(r.Ratios(t.All, t.One))
}
