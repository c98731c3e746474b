package model

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/xla"
)

// round bounds the relative rounding of a forward pass of these small networks in
// float64: some hundred operations deep, with entries of order one.
const round = 1e-12

var backend = sync.OnceValues(func() (*xla.Backend, error) { return xla.Open("") })

// compiled returns a graph as a function to vectors of float64.
func compiled(t *testing.T, f func(in []*Node) []*Node) func(inputs ...*tensors.Tensor) [][]float64 {
	t.Helper()
	b, err := backend()
	if err != nil {
		t.Fatal(err)
	}
	exec, err := NewExec(b.Backend, func(in []*Node) []*Node {
		out := f(in)
		for i, x := range out {
			out[i] = Reshape(ConvertDType(x, dtypes.Float64), -1)
		}
		return out
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(exec.Finalize)
	return func(inputs ...*tensors.Tensor) [][]float64 {
		t.Helper()
		args := make([]any, len(inputs))
		for i, x := range inputs {
			args[i] = x
		}
		out, err := exec.Call(args...)
		if err != nil {
			t.Fatal(err)
		}
		all := make([][]float64, len(out))
		for i, x := range out {
			if all[i], err = tensors.CopyFlatData[float64](x); err != nil {
				t.Fatal(err)
			}
		}
		return all
	}
}

// eval runs a graph once.
func eval(t *testing.T, f func(in []*Node) []*Node, inputs ...*tensors.Tensor) [][]float64 {
	t.Helper()
	return compiled(t, f)(inputs...)
}

func draw(seed uint64, l Layout) []*tensors.Tensor {
	return l.Draw(rand.New(rand.NewPCG(seed, 2)), dtypes.Float64)
}

func ints(dims []int, values ...int32) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(values, dims...)
}

// gap is the largest difference of two vectors, NaN if the lengths differ.
func gap(x, y []float64) float64 {
	if len(x) != len(y) {
		return math.NaN()
	}
	d := 0.0
	for i := range x {
		d = math.Max(d, math.Abs(x[i]-y[i]))
	}
	return d
}

// near fails unless two vectors agree up to tolerance times the size of the first.
func near(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	size := 1.0
	for _, x := range want {
		size = math.Max(size, math.Abs(x))
	}
	if d := gap(got, want); !(d <= tolerance*size) {
		t.Errorf("%s: off by %g, more than %g of %g", what, d, tolerance, size)
	}
}

// row returns row i of n rows.
func row(x []float64, n, i int) []float64 { w := len(x) / n; return x[i*w : (i+1)*w] }

func panics(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s does not panic", what)
		}
	}()
	f()
}
