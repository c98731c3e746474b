package convex

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// decades returns 10^from, ..., 10^to.
func decades(from, to int) []float64 {
	var l []float64
	for k := from; k >= to; k-- {
		l = append(l, math.Pow(10, float64(k)))
	}
	return l
}

// TestPathRidge follows ridge regression, whose path is (AᵀA + λ)⁻¹ Aᵀ b.
func TestPathRidge(t *testing.T) {
	rng := qptest.Rand(1)
	a := qptest.Normals(rng, 12, 8)
	b := qptest.NormalVec(rng, 12)
	f := func(grad, x []float64) float64 {
		r := make([]float64, 12)
		FromDense(a).MulVecTo(r, false, x)
		floats.Sub(r, b)
		FromDense(a).MulVecTo(grad, true, r)
		return 0.5 * floats.Dot(r, r)
	}
	path, err := Path(background, f, decades(1, -4), make([]float64, 8))
	if err != nil {
		t.Fatal(err)
	}
	gram := mat.NewSymDense(8, nil)
	gram.SymOuterK(1, a.T())
	var right mat.VecDense
	right.MulVec(a.T(), mat.NewVecDense(12, b))
	for _, p := range path {
		shifted := mat.NewSymDense(8, nil)
		shifted.CopySym(gram)
		for i := range 8 {
			shifted.SetSym(i, i, shifted.At(i, i)+p.Lambda)
		}
		var want mat.VecDense
		if err := want.SolveVec(shifted, &right); err != nil {
			t.Fatal(err)
		}
		if p.Status != Optimal || !(p.Error <= pathTol) {
			t.Errorf("λ = %g: %v, error bound %g", p.Lambda, p.Status, p.Error)
		}
		// The bound must hold, up to the rounding of the reference.
		d := floats.Distance(p.X, want.RawVector().Data, 2)
		if !(d <= p.Error*p.Norm+1e-12) {
			t.Errorf("λ = %g: off by %g, bound %g", p.Lambda, d, p.Error*p.Norm)
		}
	}
}

// TestPathStall asks for more than rounding allows: with curvature 1e8 the
// gradient is known to 1e-8 only, and 1e-12 would be needed. The point must
// come back soon, marked, and within the bound it states.
func TestPathStall(t *testing.T) {
	const curvature, lambda = 1e8, 1e-6
	f := func(grad, x []float64) float64 {
		grad[0] = curvature * (x[0] - 1)
		return 0.5 * grad[0] * (x[0] - 1)
	}
	path, err := Path(background, f, []float64{lambda}, []float64{0})
	if err != nil {
		t.Fatal(err)
	}
	p := path[0]
	if p.Status != Inaccurate || !(p.Error > pathTol) {
		t.Errorf("%v with error bound %g", p.Status, p.Error)
	}
	if p.Iterations > 100 {
		t.Errorf("%d iterations to see that rounding has won", p.Iterations)
	}
	if d := math.Abs(p.X[0] - curvature/(curvature+lambda)); !(d <= p.Error*p.Norm) {
		t.Errorf("off by %g, bound %g", d, p.Error*p.Norm)
	}
}

func TestPathInput(t *testing.T) {
	f := func(grad, x []float64) float64 { copy(grad, x); return floats.Dot(x, x) / 2 }
	bad := func(grad, x []float64) float64 { grad[0] = math.NaN(); return math.NaN() }
	for _, test := range []struct {
		name   string
		f      Smooth
		lambda []float64
		x0     []float64
		says   string
	}{
		{"increasing", f, []float64{1, 2}, []float64{0}, "λ[1]"},
		{"zero", f, []float64{1, 0}, []float64{0}, "λ[1]"},
		{"NaN", f, []float64{math.NaN()}, []float64{0}, "λ[0]"},
		{"start", f, []float64{1}, []float64{math.Inf(1)}, "x0[0]"},
		{"objective", bad, []float64{1}, []float64{1}, "objective is NaN"},
	} {
		_, err := Path(background, test.f, test.lambda, test.x0)
		if !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got error %v, want one that names %q", test.name, err, test.says)
		}
	}
	ctx, cancel := context.WithCancel(background)
	cancel()
	if path, err := Path(ctx, f, []float64{1}, []float64{1}); !errors.Is(err, context.Canceled) || len(path) != 0 {
		t.Errorf("got %v, error %v: want %v", path, err, context.Canceled)
	}
}
