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
func TestEach(t *testing.T) {
	const n = 9
	state, args := random()
	results := make([][]float64, n)
	var mu sync.Mutex
	backends := map[*Backend]bool{}
	err := Each(t.Context(), "", n, func(ctx context.Context, b *Backend, i int) error {
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
	err := Each(t.Context(), "go", 1000, func(ctx context.Context, _ *Backend, i int) error {
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

	err = Each(t.Context(), "go", 2, func(context.Context, *Backend, int) error { panic("an odd job") })
	if err == nil || !strings.Contains(err.Error(), "an odd job") {
		t.Errorf("error %v, want that of the panic", err)
	}

	ctx, cancel := context.WithCancelCause(t.Context())
	err = Each(ctx, "go", 1000, func(_ context.Context, _ *Backend, i int) error {
		if i == 5 {
			cancel(boom)
		}
		return nil
	})
	if !errors.Is(err, boom) {
		t.Errorf("error %v, want the cause of the context", err)
	}
	for name, err := range map[string]error{
		"unknown backend": Each(t.Context(), "tpu", 1, func(context.Context, *Backend, int) error { return nil }),
		"negative":        Each(t.Context(), "go", -1, func(context.Context, *Backend, int) error { return nil }),
		"no job":          Each(t.Context(), "go", 1, nil),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := Each(t.Context(), "go", 0, func(context.Context, *Backend, int) error { return boom }); err != nil {
		t.Errorf("no jobs: error %v", err)
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
		err := Each(t.Context(), "", jobs, func(ctx context.Context, b *Backend, i int) error {
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
