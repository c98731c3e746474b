package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

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
	sweep := func(workers int) (time.Duration, error) {
		begins := make(chan struct{})
		ready, ends := make(chan struct{}, workers), make([]error, workers)
		next := make(chan *attention.Problem, runs)
		for _, p := range problems {
			next <- p
		}
		close(next)
		done := make(chan struct{}, workers)
		for w := range workers {
			go func() {
				defer func() { done <- struct{}{} }()
				ends[w] = work(ctx, spec, problems[0], func() { ready <- struct{}{}; <-begins }, next, steps)
			}()
		}
		for range workers {
			select {
			case <-ready:
			case <-done:
				return 0, errors.Join(ends...)
			}
		}
		begin := time.Now()
		close(begins)
		for range workers {
			<-done
		}
		return time.Since(begin), errors.Join(ends...)
	}
	cores := runtime.GOMAXPROCS(0)
	one, all := time.Hour, time.Hour
	for range 3 {
		a, err := sweep(1)
		if err != nil {
			return err
		}
		z, err := sweep(cores)
		if err != nil {
			return err
		}
		one, all = min(one, a), min(all, z)
	}
	fmt.Printf("%d runs of %d steps: one worker %.2f s, %d workers %.2f s, %.2f times as fast (the least of 3)\n",
		runs, steps, one.Seconds(), cores, all.Seconds(), one.Seconds()/all.Seconds())
	return nil
}

// work opens a backend, compiles, waits, and then makes runs until there are none.
func work(ctx context.Context, spec string, first *attention.Problem, wait func(), next <-chan *attention.Problem, steps int) (err error) {
	b, err := xla.Open(spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	loop, err := xla.NewLoop(b, attention.NGD.Step(), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, loop.Close()) }()
	if err := start(loop, attention.NGD, first); err != nil {
		return err
	}
	wait()
	for p := range next {
		if err := start(loop, attention.NGD, p); err != nil {
			return err
		}
		if err := loop.Run(ctx, steps); err != nil {
			return err
		}
	}
	return nil
}
