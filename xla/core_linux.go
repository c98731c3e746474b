package xla

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// onCore calls f on a thread that may run on the w-th of the process's cores alone, and so
// may the threads that f starts. A client of XLA opened in f has a pool of one thread: two
// clients of which each would keep all cores busy stand in each other's way. Where the
// system does not allow it, f is called as it is.
func onCore(w int, f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, one unix.CPUSet
	if unix.SchedGetaffinity(0, &all) == nil && all.Count() > 1 {
		w %= all.Count()
		for cpu := 0; ; cpu++ {
			if !all.IsSet(cpu) {
				continue
			}
			if w == 0 {
				one.Set(cpu)
				break
			}
			w--
		}
		if unix.SchedSetaffinity(0, &one) == nil {
			defer unix.SchedSetaffinity(0, &all)
		}
	}
	f()
}
