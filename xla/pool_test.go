package xla

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Jobs share tensors, not backends, and each result is that of the job alone.
func TestPool(t *testing.T) {
	const n = 9
	state, args := random()
	results := make([][]float64, n)
	var mu sync.Mutex
	backends := map[*Backend]bool{}
	err := each(t.Context(), "", n, func(ctx context.Context, b *Backend, i int) error {
		mu.Lock()
		backends[b] = true
		mu.Unlock()
		l, err := NewLoop(b, regression, nil)
		if err != nil {
			return err
		}
		mine := append(slices.Clone(args[:2]), tensors.FromScalar(eta/float64(i+1)))
		if err := l.Start(state, mine); err != nil {
			return err
		}
		if err := l.Run(ctx, 40+i); err != nil {
			return err
		}
		results[i] = vector(t, l)
		return l.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
	if w := len(backends); w < 1 || w > runtime.GOMAXPROCS(0) {
		t.Errorf("%d backends", w)
	}
	l := newLoop(t, open(t), regression, nil)
	for i, got := range results {
		start(t, l, state, append(slices.Clone(args[:2]), tensors.FromScalar(eta/float64(i+1))))
		run(t, l, 40+i)
		if want := vector(t, l); !slices.Equal(got, want) {
			t.Errorf("job %d: %v, alone %v", i, got, want)
		}
	}
}

func TestEachErrors(t *testing.T) {
	boom := errors.New("boom")
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2)) // two workers, whatever the machine
	var ran atomic.Int64
	fourth := make(chan struct{})
	err := each(t.Context(), "go", 1000, func(ctx context.Context, _ *Backend, i int) error {
		ran.Add(1)
		if i == 3 {
			<-fourth // so that another job is there to be stopped
			return boom
		}
		if i > 3 {
			close(fourth)
			<-ctx.Done()
			return fmt.Errorf("stopped: %w", context.Cause(ctx))
		}
		return nil
	})
	if !errors.Is(err, boom) || strings.Count(err.Error(), "boom") != 1 || !strings.Contains(err.Error(), "job 3") {
		t.Errorf("error %v, want boom of job 3, once", err)
	}
	if n := ran.Load(); n != 5 {
		t.Errorf("%d jobs ran, want those before the failed one, that and the one beside it", n)
	}

	err = each(t.Context(), "go", 2, func(context.Context, *Backend, int) error { panic("an odd job") })
	if err == nil || !strings.Contains(err.Error(), "an odd job") {
		t.Errorf("error %v, want that of the panic", err)
	}

	ctx, cancel := context.WithCancelCause(t.Context())
	err = each(ctx, "go", 1000, func(_ context.Context, _ *Backend, i int) error {
		if i == 5 {
			cancel(boom)
		}
		return nil
	})
	if !errors.Is(err, boom) {
		t.Errorf("error %v, want the cause of the context", err)
	}
	if err := each(t.Context(), "tpu", 1, func(context.Context, *Backend, int) error { return nil }); err == nil {
		t.Error("an unknown backend")
	}
	p, err := NewPool("go", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Run(t.Context(), nil); err != nil {
		t.Errorf("no jobs: error %v", err)
	}
	if err := p.Run(t.Context(), []Job{{}}); err == nil {
		t.Error("a job with nothing to run")
	}
	if _, err := NewPool("go", 0); err == nil {
		t.Error("a pool for no jobs")
	}
}

// A worker's client has a thread of its own core, a client alone has a thread for each
// core: both come to the same bits, also in products large enough to be divided.
func TestEachSameBits(t *testing.T) {
	if open(t).Kind != KindCPU {
		t.Skip("one client, one set of threads")
	}
	const n = 400
	start := make([]float64, n*n)
	for i := range start {
		start[i] = math.Sin(float64(i))
	}
	step := func(_ *graph.Node, state, _ []*graph.Node) []*graph.Node {
		x := graph.Tanh(graph.MulScalar(graph.MatMul(state[0], state[0]), 0.1))
		mean := graph.ReduceAndKeep(x, graph.ReduceMean, 0)
		return []*graph.Node{graph.Sub(x, graph.MulScalar(graph.ReduceAllSum(graph.Square(mean)), 0.01))}
	}
	run := func(jobs int) [][]float64 {
		out := make([][]float64, jobs)
		err := each(t.Context(), "", jobs, func(ctx context.Context, b *Backend, i int) error {
			l, err := NewLoop(b, step, nil)
			if err != nil {
				return err
			}
			defer l.Close()
			if err := l.Start([]*tensors.Tensor{tensors.FromFlatDataAndDimensions(start, n, n)}, nil); err != nil {
				return err
			}
			if err := l.Run(ctx, 20); err != nil {
				return err
			}
			state, err := l.State()
			if err != nil {
				return err
			}
			out[i], err = tensors.CopyFlatData[float64](state[0])
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	alone, several := run(1), run(3)
	for i, x := range several {
		if !slices.Equal(x, alone[0]) {
			t.Errorf("job %d of three differs from the same job alone", i)
		}
	}
}

// A pool compiles a program on as few workers as keep all busy, and keeps it
// from one run to the next; results are those of the jobs alone.
func TestPoolKeepsPrograms(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	p, err := NewPool("", 8)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	state, args := random()
	var compiled atomic.Int64
	counted := func(k *graph.Node, state, args []*graph.Node) []*graph.Node {
		compiled.Add(1)
		return regression(k, state, args)
	}
	sweep := func(names ...string) [][]float64 {
		results := make([][]float64, len(names))
		var jobs []Job
		for i, name := range names {
			jobs = append(jobs, Job{Program: name, Run: func(ctx context.Context, w *Worker) error {
				l, err := w.Loop(name, counted, nil)
				if err != nil {
					return err
				}
				if l.state != nil {
					t.Error("the run of another job was left in the loop")
				}
				rate := tensors.FromScalar(eta / float64(i+1))
				if err := errors.Join(l.Start(state, append(slices.Clone(args[:2]), rate)), l.Run(ctx, 5)); err != nil {
					return err
				}
				results[i] = vector(t, l)
				return nil
			}})
		}
		if err := p.Run(t.Context(), jobs); err != nil {
			t.Fatal(err)
		}
		return results
	}
	first := sweep("a", "a", "a", "b", "b", "b")
	// Two programs on two workers: at most each on both, at least each on one.
	if n := compiled.Load(); n < 2 || n > 4 {
		t.Errorf("two programs were built %d times", n)
	}
	before := compiled.Load()
	again := sweep("a", "a", "a", "b", "b", "b")
	if n := compiled.Load() - before; n > 4-before {
		t.Errorf("the second run built %d programs more", n)
	}
	for i := range first {
		if !slices.Equal(first[i], again[i]) || i > 0 && slices.Equal(first[i], first[0]) {
			t.Errorf("job %d: %v, then %v; job 0 %v", i, first[i], again[i], first[0])
		}
	}
}

// The order in which a worker takes jobs.
func TestQueue(t *testing.T) {
	a := &Worker{programs: map[string]bool{}}
	b := &Worker{programs: map[string]bool{}}
	var jobs []Job
	for _, p := range []string{"x", "x", "y", "", "y", "z"} {
		jobs = append(jobs, Job{Program: p})
	}
	q := &queue{jobs: jobs, begun: make([]bool, len(jobs)), left: len(jobs), held: map[string]bool{}}
	var order []int
	for _, w := range []*Worker{a, b, a, a, b, b, a} {
		i, ok := q.take(w)
		if !ok {
			i = -1
		}
		order = append(order, i)
	}
	// a: x; b: y; a: the other x; a: nobody's next, the empty one; b: the other y; b: z.
	if want := []int{0, 2, 1, 3, 4, 5, -1}; !slices.Equal(order, want) {
		t.Errorf("taken in the order %v, want %v", order, want)
	}
}

func TestGroups(t *testing.T) {
	key := func(i int) string { return []string{"a", "b", "a", "c", "b"}[i] }
	if got := fmt.Sprint(Groups(5, true, key)); got != "[[0 2] [1 4] [3]]" {
		t.Errorf("together %s", got)
	}
	if got := fmt.Sprint(Groups(5, false, key)); got != "[[0] [1] [2] [3] [4]]" {
		t.Errorf("apart %s", got)
	}
}

func TestPoolErrors(t *testing.T) {
	if _, err := NewPool("go", 0); err == nil {
		t.Error("a pool for no jobs")
	}
	if _, err := NewPool("tpu", 1); err == nil {
		t.Error("a pool on an unknown backend")
	}
	p, err := NewPool("go", 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context(), []Job{{Program: "a"}}); err == nil || !strings.Contains(err.Error(), "job 0") {
		t.Errorf("a job without work: error %v", err)
	}
	for range 2 { // a closed pool opens anew
		ran := false
		if err := p.Run(t.Context(), []Job{{Run: func(context.Context, *Worker) error { ran = true; return nil }}}); err != nil || !ran {
			t.Errorf("ran: %t, error %v", ran, err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}
