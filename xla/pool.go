package xla

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/marginalia-ml/marginalia/pkg/progress"
)

// Pool has workers that run jobs at the same time, each with a backend and with
// the loops that it compiled, which it keeps from job to job and from one
// [Pool.Run] to the next.
//
// On the CPU and in pure Go there is a worker for each core: a client of XLA
// runs its programs one after the other, so that only more clients use more
// cores. On Linux each client keeps to a core of its own. A GPU has one worker;
// there, runs of one program belong on a leading axis of one loop, see
// [Pool.Groups].
type Pool struct {
	// Axis says where runs of one program share a leading axis. It is read when runs
	// are divided, so that it may be changed between two of them.
	Axis Axis

	kind    string
	again   string // opens another backend like the first
	bound   bool   // each worker keeps to a core
	mu      sync.Mutex
	workers []*Worker
}

// NewPool returns a pool whose backends [Open] makes from spec, for at most so
// many jobs at once. They are opened when jobs need them.
func NewPool(spec string, most int) (*Pool, error) {
	if most < 1 {
		return nil, fmt.Errorf("xla: new pool: for %d jobs at once, want at least 1", most)
	}
	first, err := Open(spec)
	if err != nil {
		return nil, err
	}
	n := min(most, runtime.GOMAXPROCS(0))
	if first.Kind == KindCUDA {
		n = 1
	}
	p := &Pool{kind: first.Kind, again: first.spec(), bound: n > 1 && first.Kind == KindCPU}
	for w := range n {
		p.workers = append(p.workers, &Worker{number: w, loops: map[string]*Loop{}, programs: map[string]bool{}})
	}
	if p.bound { // a core for each, from the first on
		return p, first.Close()
	}
	p.workers[0].Backend = first
	return p, nil
}

// Axis says where runs of one program share a leading axis.
type Axis int

// On a GPU, which is the default; everywhere; nowhere, as where the device has too little
// memory for all runs at once.
const (
	AxisOnGPU Axis = iota
	AxisAlways
	AxisNever
)

// Together reports whether runs of one program should share a leading axis.
func (p *Pool) Together() bool {
	return p.Axis == AxisAlways || p.Axis == AxisOnGPU && p.kind == KindCUDA
}

// Groups divides runs 0, ..., n-1 into those that one loop should make: the runs of
// equal keys, in the order of their first, where [Pool.Together], else each alone.
func (p *Pool) Groups(n int, key func(i int) string) [][]int { return Groups(n, p.Together(), key) }

// Groups divides 0, ..., n-1 into groups of equal keys, in the order of their
// first members, or, unless together, into groups of one.
func Groups(n int, together bool, key func(i int) string) [][]int {
	var groups [][]int
	index := map[string]int{}
	for i := range n {
		if !together {
			groups = append(groups, []int{i})
			continue
		}
		at, known := index[key(i)]
		if !known {
			at = len(groups)
			index[key(i)], groups = at, append(groups, nil)
		}
		groups[at] = append(groups[at], i)
	}
	return groups
}

// Run does the jobs, in their order as far as programs allow, and returns when
// none is under way. The first job that fails ends the context of the others,
// and no further one begins; Run returns the errors of the jobs, in their order,
// or the cause of ctx. To pkg/progress a job is an nth of the work.
func (p *Pool) Run(ctx context.Context, jobs []Job) error {
	for i, j := range jobs {
		if j.Run == nil {
			return fmt.Errorf("xla: pool: job %d has nothing to run", i)
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	q := &queue{jobs: jobs, begun: make([]bool, len(jobs)), left: len(jobs), held: map[string]bool{}}
	for _, w := range p.workers {
		for name := range w.programs {
			q.held[name] = true
		}
	}
	part := progress.Split(running, len(jobs))
	var wait sync.WaitGroup
	errs := make([]error, len(jobs))
	open := make([]error, len(p.workers))
	for at, w := range p.workers[:min(len(p.workers), len(jobs))] {
		wait.Go(func() {
			if open[at] = p.open(w); open[at] != nil {
				stop(open[at])
				return
			}
			for running.Err() == nil {
				i, ok := q.take(w)
				if !ok {
					return
				}
				if err := w.do(part(i), jobs[i]); err != nil {
					errs[i] = fmt.Errorf("job %d: %w", i, err)
					stop(errs[i])
				}
				progress.Report(part(i), 1)
			}
		})
	}
	wait.Wait()
	return collect(context.Cause(running), append(errs, open...), q.left > 0)
}

// open opens the backend of a worker that has none.
func (p *Pool) open(w *Worker) (err error) {
	switch {
	case w.Backend != nil:
	case p.bound:
		onCore(w.number, func() { w.Backend, err = Open(p.again) })
	default:
		w.Backend, err = Open(p.again)
	}
	return err
}

// Close frees what was compiled and closes the backends.
func (p *Pool) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, w := range p.workers {
		for _, l := range w.loops {
			errs = append(errs, l.Close())
		}
		clear(w.loops)
		clear(w.programs)
		if w.Backend != nil {
			errs = append(errs, w.Backend.Close())
			w.Backend = nil
		}
	}
	return errors.Join(errs...)
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

// spec returns what opens another backend like b.
func (b *Backend) spec() string {
	if b.Kind == KindGo {
		return "go"
	}
	return b.Plugin
}
