package progress

import (
	"fmt"
	"os"
	"sync"
	"time"
)

// Stage begins a stage of the process, as "load plugin", and returns what ends it. Where
// MARGINALIA_TIMES names a file, a line with the stage's seconds is added to it then:
// scripts/bench notebook reads so where the time of a notebook goes. Elsewhere it costs
// nothing. Stages of goroutines that run side by side add up.
func Stage(name string) (end func()) {
	path := os.Getenv("MARGINALIA_TIMES")
	if path == "" {
		return func() {}
	}
	begin := time.Now()
	return func() { note(path, name, time.Since(begin)) }
}

var noting sync.Mutex

// note adds a line. The bench misses a line that could not be written; the notebook must
// not fail for it.
func note(path, name string, d time.Duration) {
	noting.Lock()
	defer noting.Unlock()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return
	}
	defer f.Close()
	fmt.Fprintf(f, "%.6f\t%s\n", d.Seconds(), name)
}
