package convex

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// formsOf are the kinds of P, and whether answers have the same bits in all units whose
// objective is multiplied by an even power of two: that of P is shared out by columns.
var formsOf = []struct {
	name  string
	exact bool
	form  func(rng *rand.Rand, n int) mat.Symmetric
}{
	{"identity", true, func(*rand.Rand, int) mat.Symmetric { return nil }},
	{"diagonal", true, func(rng *rand.Rand, n int) mat.Symmetric {
		d := mat.NewDiagDense(n, nil)
		for i := range n {
			d.SetDiag(i, math.Exp(3*rng.NormFloat64()))
		}
		return d
	}},
	{"definite", true, func(rng *rand.Rand, n int) mat.Symmetric {
		s := mat.NewSymDense(n, nil)
		s.SymOuterK(1, qptest.Normals(rng, n, 2*n))
		return s
	}},
	{"an intercept", false, func(_ *rand.Rand, n int) mat.Symmetric {
		d := mat.NewDiagDense(n, nil)
		for i := range n - 1 {
			d.SetDiag(i, 1)
		}
		return d
	}},
	{"half the rank", false, func(rng *rand.Rand, n int) mat.Symmetric {
		s := mat.NewSymDense(n, nil)
		s.SymOuterK(1, qptest.Normals(rng, n, n/2))
		return s
	}},
}

// TestUnits: rows, columns, objective and the unit of x times powers of two from 2^-60 to
// 2^60 give the same answer.
func TestUnits(t *testing.T) {
	for _, f := range formsOf {
		t.Run(f.name, func(t *testing.T) {
			for seed := range uint64(30) {
				rng := qptest.Rand(seed)
				n, mi := 2+rng.IntN(20), 1+rng.IntN(40)
				p := randomQP(seed, n, mi, rng.IntN(n/2+1))
				p.P = f.form(rng, n)
				if seed%2 == 0 {
					p.G, p.A = sparsely(p.G), sparsely(p.A)
				}
				zero := make([]int, n+len(p.H)+len(p.B))
				base := inUnits(p, zero[:n], zero[n:], 0, 0)
				want, err := base.Solve(background, nil)
				if want == nil || err != nil && want.Status != DualInfeasible {
					t.Fatalf("seed %d: %v", seed, err)
				}
				for range 4 {
					u := exponents(rng, 2+len(zero), 60)
					col, row := u[2:2+n], u[2+n:]
					got, err := inUnits(base, col, row, u[0], u[1]).Solve(background, nil)
					if got == nil || got.Status != want.Status {
						t.Fatalf("seed %d: %v, %v where it was %v", seed, got, err, want)
					}
					if got.Status == DualInfeasible {
						continue
					}
					x := slices.Clone(got.X)
					for j := range x {
						x[j] = math.Ldexp(x[j], col[j]-u[1])
					}
					value := math.Ldexp(got.Primal, -u[0]-2*u[1])
					switch {
					case f.exact && u[0]%2 == 0 && (!slices.Equal(x, want.X) || value != want.Primal || got.Residual != want.Residual):
						t.Errorf("seed %d: other bits in other units: off by %g", seed, floats.Distance(x, want.X, math.Inf(1)))
					case math.Abs(value-want.Primal) > 1e-8*max(math.Abs(want.Primal), floats.Dot(x, qptest.Program[Matrix](*base).Form(x))):
						t.Errorf("seed %d: minimum %v, was %v", seed, value, want.Primal)
					case f.name == "an intercept":
						qptest.CheckSame(t, fmt.Sprintf("seed %d", seed), x, want.X, qptest.SameTol)
					}
				}
			}
		})
	}
}

// TestColumnsApart: a column in another unit is the same column.
func TestColumnsApart(t *testing.T) {
	for seed := range uint64(20) {
		rng := qptest.Rand(seed)
		g := qptest.Normals(rng, 40, 5)
		for i := range 40 {
			if y := floats.Sum(g.RawRowView(i)); y < 0 {
				floats.Scale(-1, g.RawRowView(i)) // separable
			}
		}
		h := ones(40)
		want, err := (&QP{P: mat.NewDiagDense(5, ones(5)), G: FromDense(g), H: h}).Solve(background, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range []float64{1e-8, 1e-4, 1e4, 1e8} {
			for _, curved := range []bool{false, true} { // with P = I, and with P in the same units
				d := ones(5)
				scaled := mat.DenseCopyOf(g)
				for i := range 40 {
					scaled.Set(i, 2, u*g.At(i, 2))
				}
				if curved {
					d[2] = u * u
				}
				sol, err := (&QP{P: mat.NewDiagDense(5, d), G: FromDense(scaled), H: h}).Solve(background, nil)
				if err != nil {
					t.Errorf("seed %d, a column of %g: %v", seed, u, err)
					continue
				}
				sol.X[2] *= u
				d[2] /= u * u
				checkOptimal(t, &QP{P: mat.NewDiagDense(5, d), G: FromDense(g), H: h}, sol, err, 1e-8)
				if curved {
					qptest.CheckSame(t, fmt.Sprintf("seed %d, a column of %g", seed, u), sol.X, want.X, qptest.SameTol)
				}
			}
		}
	}
}
