package maxmargin

import (
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// gramOfRows returns f fᵀ.
func gramOfRows(f *mat.Dense) *mat.SymDense {
	r, _ := f.Dims()
	K := mat.NewSymDense(r, nil)
	K.SymOuterK(1, f)
	return K
}

// TestKernel compares with the program whose rows are known, by the conditions on
// w = Fᵀ α: margins of at least one, and one where α is positive.
func TestKernel(t *testing.T) {
	for seed := range uint64(10) {
		rng := qptest.Rand(seed)
		n, d := 5+rng.IntN(20), 30
		if seed%2 == 1 {
			d = n / 2 // a Gram matrix of low rank, where not all rows can be active
		}
		f := qptest.Normals(rng, n, d)
		for i := range n {
			f.Set(i, 0, 1+math.Abs(f.At(i, 0))) // separable by the first axis
		}
		sol, err := Kernel(background, gramOfRows(f), nil)
		if err != nil {
			t.Fatal(err)
		}
		w, margins := mat.NewVecDense(d, nil), mat.NewVecDense(n, nil)
		w.MulVec(f.T(), mat.NewVecDense(n, sol.Alpha))
		margins.MulVec(f, w)
		for i, a := range sol.Alpha {
			m := margins.AtVec(i)
			if !(a >= 0 && m >= 1-qptest.SameTol && math.Abs(a*(m-1)) <= qptest.SameTol*math.Max(1, mat.Norm(w, 2))) {
				t.Errorf("draw %d: margin %g with multiplier %g", seed, m, a)
			}
		}
		ones := make([]float64, n)
		floats.AddConst(1, ones)
		want, err := (&convex.QP{G: convex.FromDense(f), H: ones}).Solve(background, nil)
		if err != nil {
			t.Fatal(err)
		}
		qptest.CheckSame(t, "w", w.RawVector().Data, want.X, qptest.SameTol)
	}
}

// TestAllActive has the shortcut agree with the program where all margins are one, and give
// up where they are not.
func TestAllActive(t *testing.T) {
	f := mat.NewDense(2, 3, []float64{1, 0.2, 0, 1, 0, 0.3})
	alpha := AllActive(gramOfRows(f))
	sol, err := Kernel(background, gramOfRows(f), nil)
	if err != nil || alpha == nil {
		t.Fatalf("multipliers %v, error %v", alpha, err)
	}
	qptest.CheckSame(t, "alpha", alpha, sol.Alpha, qptest.SameTol)
	if a := AllActive(gramOfRows(mat.NewDense(2, 2, []float64{1, 0, 3, 0.1}))); a != nil { // the second margin is three
		t.Errorf("multipliers %v, want none", a)
	}
	if a := AllActive(gramOfRows(mat.NewDense(2, 2, []float64{1, 0, 1, 0}))); a != nil {
		t.Errorf("multipliers %v for a singular Gram matrix, want none", a)
	}
}

func TestKernelInfeasible(t *testing.T) {
	f := mat.NewDense(3, 2, []float64{1, 0, -1, 1, -1, -1}) // twice the first row and the others sum to zero
	sol, err := Kernel(background, gramOfRows(f), nil)
	if !errors.Is(err, convex.ErrInfeasible) || sol == nil {
		t.Fatalf("got %v, error %v: want %v", sol, err, convex.ErrInfeasible)
	}
	qptest.CheckSame(t, "proof", sol.Alpha, []float64{0.5, 0.25, 0.25}, qptest.SameTol)
	bad := mat.NewSymDense(1, []float64{math.NaN()})
	if sol, err := Kernel(background, bad, nil); !errors.Is(err, convex.ErrInput) || sol != nil {
		t.Errorf("NaN: got %v, error %v: want %v", sol, err, convex.ErrInput)
	}
}
