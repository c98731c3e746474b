package xla

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/marginalia-ml/marginalia/pkg/progress"
)

// Each runs job for i = 0, ..., n-1, several at once, each worker with a
// backend of its own that [Open] makes from spec. On the CPU and in pure Go
// there is a worker for each core: a client of XLA runs its programs one after
// the other, so that only more clients use more cores. On Linux each client
// keeps to a core of its own. A GPU has one worker;
// there, many instances belong into a leading axis of one Step.
//
// The first job that fails ends the context of the others, and no further one
// begins. Each returns the errors of the jobs, in the order of i, or the cause
// of ctx. To pkg/progress a job is an nth of the work. What job i does must not depend on the worker, which knows nothing
// of the other jobs; then results do not depend on the number of workers.
func Each(ctx context.Context, spec string, n int, job func(ctx context.Context, b *Backend, i int) error) error {
	if n < 0 || job == nil {
		return fmt.Errorf("xla: each: %d jobs (a function: %t)", n, job != nil)
	}
	if n == 0 {
		return nil
	}
	first, err := Open(spec)
	if err != nil {
		return err
	}
	again := first.spec() // opens another backend like it
	workers := min(n, runtime.GOMAXPROCS(0))
	if first.Kind == KindCUDA {
		workers = 1
	}
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	part := progress.Split(running, n)

	var (
		next atomic.Int64
		wait sync.WaitGroup
		errs = make([]error, n)
		open = make([]error, workers)
	)
	bound := workers > 1 && first.Kind == KindCPU
	if bound { // a core for each, from the first on
		if err := first.Close(); err != nil {
			return err
		}
	}
	for w := range workers {
		wait.Go(func() {
			b := first
			if bound {
				onCore(w, func() { b, open[w] = Open(again) })
			} else if w > 0 {
				b, open[w] = Open(again)
			}
			if open[w] != nil {
				stop(open[w])
				return
			}
			defer func() { open[w] = b.Close() }()
			for running.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := runJob(part(i), b, i, job); err != nil {
					errs[i] = fmt.Errorf("job %d: %w", i, err)
					stop(errs[i])
				}
				progress.Report(part(i), 1)
			}
		})
	}
	wait.Wait()
	return collect(context.Cause(running), append(errs, open...), int(next.Load()) < n)
}

// collect joins the errors of jobs and openings. One that only repeats the end
// of the context adds nothing to the error that ended it.
func collect(cause error, errs []error, unfinished bool) error {
	var all []error
	for _, err := range errs {
		switch {
		case err == nil:
		case err != cause && (errors.Is(err, cause) || errors.Is(err, context.Canceled)):
			unfinished = true
		default:
			all = append(all, err)
		}
	}
	if len(all) == 0 && unfinished && cause != nil {
		all = append(all, cause)
	}
	return errors.Join(all...)
}

// runJob turns a panic of the job, which would end the process, into an error.
func runJob(ctx context.Context, b *Backend, i int, job func(ctx context.Context, b *Backend, i int) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return job(ctx, b, i)
}

// spec returns what opens another backend like b.
func (b *Backend) spec() string {
	if b.Kind == KindGo {
		return "go"
	}
	return b.Plugin
}
