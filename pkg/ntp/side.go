package ntp

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
)

// sideBySide runs job for 0, ..., n-1 on all cores and joins the errors. What a job does
// must not depend on the others.
func sideBySide(n int, job func(i int) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				errs[i] = job(i)
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}
