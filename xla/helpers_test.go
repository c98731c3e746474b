package xla

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// open opens the backend of the environment. It fails where that one is missing.
func open(t testing.TB) *Backend {
	t.Helper()
	return openSpec(t, "")
}

func openSpec(t testing.TB, spec string) *Backend {
	t.Helper()
	b, err := Open(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func newLoop(t testing.TB, b *Backend, step, measure Step) *Loop {
	t.Helper()
	l, err := NewLoop(b, step, measure)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func start(t testing.TB, l *Loop, state, args []*tensors.Tensor) {
	t.Helper()
	if err := l.Start(state, args); err != nil {
		t.Fatal(err)
	}
}

func run(t testing.TB, l *Loop, n int) {
	t.Helper()
	if err := l.Run(t.Context(), n); err != nil {
		t.Fatal(err)
	}
}

// vector returns the state as one row, whatever its shapes.
func vector(t testing.TB, l *Loop) []float64 {
	t.Helper()
	state, err := l.State()
	if err != nil {
		t.Fatal(err)
	}
	var all []float64
	for _, x := range state {
		flat, err := tensors.CopyFlatData[float64](x)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, flat...)
	}
	return all
}

// regression is a least-squares problem with a known path: gradient descent on
// |Xw−y|²/2 with the step size η as an argument. In state[1] lies Σ_k k, which
// only comes out right if k does.
func regression(k *graph.Node, state, args []*graph.Node) []*graph.Node {
	w, sum := state[0], state[1]
	x, y, eta := args[0], args[1], args[2]
	r := graph.Sub(graph.MatMul(x, w), y)
	g := graph.Gradient(graph.MulScalar(graph.ReduceAllSum(graph.Square(r)), 0.5), w)[0]
	return []*graph.Node{
		graph.Sub(w, graph.Mul(eta, g)),
		graph.Add(sum, graph.ConvertDType(k, sum.DType())),
	}
}

// norms measures k, |w| and Σ_k k.
func norms(k *graph.Node, state, _ []*graph.Node) []*graph.Node {
	return []*graph.Node{k, graph.Sqrt(graph.ReduceAllSum(graph.Square(state[0]))), state[1]}
}

// diagonal is the problem X = I, y = 0, w = (3, 4), for which |w| = 5 (1−η)^k.
func diagonal() (state, args []*tensors.Tensor) {
	return []*tensors.Tensor{
			tensors.FromFlatDataAndDimensions([]float64{3, 4}, 2, 1),
			tensors.FromScalar(0.0),
		}, []*tensors.Tensor{
			tensors.FromFlatDataAndDimensions([]float64{1, 0, 0, 1}, 2, 2),
			tensors.FromFlatDataAndDimensions([]float64{0, 0}, 2, 1),
			tensors.FromScalar(eta),
		}
}

const eta = 0.01

// random is a problem of 12 rows and 7 columns with everything Gaussian.
func random() (state, args []*tensors.Tensor) {
	rng := rand.New(rand.NewPCG(7, 11))
	normal := func(dims ...int) *tensors.Tensor {
		flat := make([]float64, dims[0]*dims[1])
		for i := range flat {
			flat[i] = rng.NormFloat64()
		}
		return tensors.FromFlatDataAndDimensions(flat, dims...)
	}
	return []*tensors.Tensor{normal(7, 1), tensors.FromScalar(0.0)},
		[]*tensors.Tensor{normal(12, 7), normal(12, 1), tensors.FromScalar(eta)}
}

// near reports whether |a−b| ≤ tol, which NaN is not.
func near(a, b, tol float64) bool { return math.Abs(a-b) <= tol }

// each runs job for i = 0, ..., n-1 on a Pool of its own.
func each(ctx context.Context, spec string, n int, job func(ctx context.Context, b *Backend, i int) error) (err error) {
	p, err := NewPool(spec, n)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	jobs := make([]Job, n)
	for i := range jobs {
		jobs[i].Run = func(ctx context.Context, w *Worker) error { return job(ctx, w.Backend, i) }
	}
	return p.Run(ctx, jobs)
}
