// Package workers measures many runs side by side: each worker has a backend and a
// compiled loop of its own, and the clock starts when all have.
package workers

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/marginalia-ml/marginalia/xla"
)

// Jobs are runs that one compiled loop can make after each other.
type Jobs struct {
	N    int
	Loop func(b *xla.Backend) (*xla.Loop, error) // compiled, with the shapes of all jobs
	Run  func(l *xla.Loop, i int) error
}

// Sweep makes the jobs with so many workers and returns how long the runs took.
func (j Jobs) Sweep(ctx context.Context, spec string, workers int) (time.Duration, error) {
	var (
		ready, ended sync.WaitGroup
		begin        = make(chan struct{})
		next         = make(chan int, j.N)
		errs         = make([]error, workers)
	)
	for i := range j.N {
		next <- i
	}
	close(next)
	ready.Add(workers)
	for w := range workers {
		ended.Go(func() {
			told := sync.OnceFunc(ready.Done)
			defer told()
			errs[w] = j.work(ctx, spec, func() { told(); <-begin }, next)
		})
	}
	ready.Wait()
	start := time.Now()
	close(begin)
	ended.Wait()
	return time.Since(start), errors.Join(errs...)
}

// work opens a backend, compiles, waits, and then makes jobs until there are none.
func (j Jobs) work(ctx context.Context, spec string, wait func(), next <-chan int) (err error) {
	b, err := xla.Open(spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	l, err := j.Loop(b)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	wait()
	for i := range next {
		if err := errors.Join(ctx.Err(), j.Run(l, i)); err != nil {
			return fmt.Errorf("job %d: %w", i, err)
		}
	}
	return nil
}

// Times are the seconds of sweeps with one worker and with one for each core.
type Times struct{ One, All []float64 }

// Compare sweeps with one worker and with all in turns.
func (j Jobs) Compare(ctx context.Context, spec string, rounds int) (Times, error) {
	var t Times
	for range rounds {
		one, err := j.Sweep(ctx, spec, 1)
		if err != nil {
			return t, err
		}
		all, err := j.Sweep(ctx, spec, runtime.GOMAXPROCS(0))
		if err != nil {
			return t, err
		}
		t.One, t.All = append(t.One, one.Seconds()), append(t.All, all.Seconds())
	}
	return t, nil
}
