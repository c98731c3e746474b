// Package parallel runs the jobs of a host computation on all cores:
//
//	norms := make([]float64, len(matrices))
//	parallel.Each(len(matrices), func(i int) { norms[i] = matrix.Nuclear(matrices[i]) })
//
// A job must not depend on the others and writes to a place of its own, so that the
// result does not depend on the number of cores. Runs on devices are spread by package
// xla.
package parallel

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
)

// Each calls job(0), ..., job(n-1), as many at a time as there are cores, and returns
// when all have returned.
func Each(n int, job func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers <= 1 {
		for i := range n {
			job(i)
		}
		return
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				job(i)
			}
		})
	}
	wait.Wait()
}

// Try is [Each] for jobs that can fail. All jobs run; the errors are joined in the order
// of the jobs.
func Try(n int, job func(i int) error) error {
	errs := make([]error, n)
	Each(n, func(i int) { errs[i] = job(i) })
	return errors.Join(errs...)
}
