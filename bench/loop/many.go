package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/xla"
)

// many measures what a worker for each core gains over one, on jobs that are
// runs of the columns program from their own data.
func many(ctx context.Context, spec string, jobs, steps int) error {
	sweep := func() (time.Duration, error) {
		begin := time.Now()
		err := xla.Each(ctx, spec, jobs, func(ctx context.Context, b *xla.Backend, i int) error {
			in := newInstance(uint64(i))
			l, err := xla.NewLoop(b, newStep("columns", in.LR), nil)
			if err != nil {
				return err
			}
			if err := l.Start([]*tensors.Tensor{in.start()}, in.args()); err != nil {
				return err
			}
			if err := l.Run(ctx, steps); err != nil {
				return err
			}
			return l.Close()
		})
		return time.Since(begin), err
	}
	workers := runtime.GOMAXPROCS(0)
	var serial, parallel time.Duration = time.Hour, time.Hour
	for range 3 {
		runtime.GOMAXPROCS(1)
		one, err := sweep()
		runtime.GOMAXPROCS(workers)
		if err != nil {
			return err
		}
		all, err := sweep()
		if err != nil {
			return err
		}
		serial, parallel = min(serial, one), min(parallel, all)
	}
	fmt.Printf("%d runs of %d steps at once: one worker %.2f s, %d workers %.2f s, %.2f times as fast (the least of 3)\n",
		jobs, steps, serial.Seconds(), workers, parallel.Seconds(), serial.Seconds()/parallel.Seconds())
	return nil
}
