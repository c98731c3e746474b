package xla

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// Job is work for a worker.
type Job struct {
	// Program names what the job compiles. Among the waiting jobs a worker takes
	// first one whose program it has, then one whose program nobody has, then
	// any: equal programs are so compiled on as few workers as keep all busy. An
	// empty name is that of no other job.
	Program string
	// Run does the job. What it computes must not depend on the worker.
	Run func(ctx context.Context, w *Worker) error
}

// Worker is one of a pool's. Only the job under way may use it.
type Worker struct {
	Backend  *Backend
	number   int
	loops    map[string]*Loop
	programs map[string]bool // of the jobs that it had
}

// Loop returns the worker's loop of a name, and makes it from step and measure
// the first time: equal names promise equal graph functions. Its run ends with
// the job, what was compiled stays.
func (w *Worker) Loop(name string, step, measure Step) (*Loop, error) {
	if l := w.loops[name]; l != nil {
		return l, nil
	}
	l, err := NewLoop(w.Backend, step, measure)
	if err == nil {
		w.loops[name] = l
	}
	return l, err
}

// do does a job and then frees the runs of the worker's loops.
func (w *Worker) do(ctx context.Context, j Job) (err error) {
	defer func() {
		if r := recover(); r != nil { // it would end the process
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
		for _, l := range w.loops {
			err = errors.Join(err, l.stop())
		}
	}()
	return j.Run(ctx, w)
}

// queue has the jobs that wait.
type queue struct {
	mu    sync.Mutex
	jobs  []Job
	begun []bool
	left  int
	held  map[string]bool // programs that some worker has
}

// take returns the number of the worker's next job; false if none is left.
func (q *queue) take(w *Worker) (int, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := func(fits func(program string) bool) int {
		for i, j := range q.jobs {
			if !q.begun[i] && fits(j.Program) {
				return i
			}
		}
		return -1
	}
	order := []func(program string) bool{
		func(p string) bool { return w.programs[p] },
		func(p string) bool { return !q.held[p] },
		func(string) bool { return true },
	}
	i := -1
	for n := 0; i < 0 && n < len(order); n++ {
		i = waiting(order[n])
	}
	if i < 0 {
		return 0, false
	}
	q.begun[i] = true
	q.left--
	if p := q.jobs[i].Program; p != "" {
		w.programs[p], q.held[p] = true, true
	}
	return i, true
}
