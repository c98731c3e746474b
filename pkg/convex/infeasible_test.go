package convex

import (
	"errors"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

func TestQPInfeasible(t *testing.T) {
	for _, test := range []struct {
		name string
		p    *QP
	}{
		{"opposite half-lines", &QP{G: fromRows([]float64{1}, []float64{-1}), H: []float64{1, 0}}},
		{"hardly opposite half-lines", &QP{G: fromRows([]float64{1}, []float64{-1}), H: []float64{1, -1 + 1e-6}}},
		{"parallel equalities", &QP{A: fromRows([]float64{1, 1}, []float64{2, 2}), B: []float64{1, 3}}},
		{"equality against inequality", &QP{G: fromRows([]float64{1, 1}), H: []float64{2}, A: fromRows([]float64{1, 1}), B: []float64{1}}},
		{"row of zeros, inequality", &QP{G: fromRows([]float64{1, 0}, []float64{0, 0}), H: []float64{0, 1}}},
		{"row of zeros, equality", &QP{A: fromRows([]float64{0, 0}, []float64{1, 0}), B: []float64{-1, 0}}},
		{"triangle turned inside out", &QP{
			G: fromRows([]float64{1, 0}, []float64{0, 1}, []float64{-1, -1}), H: []float64{1, 1, -1}}},
		{"linear objective", &QP{P: mat.NewDiagDense(1, []float64{0}), Q: []float64{1},
			G: fromRows([]float64{1}, []float64{-1}), H: []float64{1, 0}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			sol, err := test.p.Solve(background, nil)
			if !errors.Is(err, ErrInfeasible) || sol == nil || sol.Status != PrimalInfeasible || sol.X != nil {
				t.Fatalf("got %v, error %v: want %v", sol, err, ErrInfeasible)
			}
			checkFarkas(t, test.p, sol.Mu, sol.Lambda)
		})
	}
}

// TestQPInfeasibleRandom mixes a Farkas vector into random rows: one row is
// minus a positive combination of others, with a right side that contradicts
// them by gap.
func TestQPInfeasibleRandom(t *testing.T) {
	for _, gap := range []float64{1, 1e-3} {
		for i, s := range shapes {
			if s.mi < 2 {
				continue
			}
			p := densely(randomQP(uint64(i), s.n, s.mi, s.me))
			rng := qptest.Rand(uint64(50 + i))
			g := rowsOf(p.G)
			last := g.RawRowView(s.mi - 1)
			clear(last)
			h := 0.0
			for k := range s.mi - 1 {
				w := rng.Float64()
				floats.AddScaled(last, -w, g.RawRowView(k))
				h -= w * p.H[k]
			}
			p.G, p.H[s.mi-1] = FromDense(g), h+gap
			sol, err := p.Solve(background, nil)
			if !errors.Is(err, ErrInfeasible) {
				t.Fatalf("shape %d, gap %g: got %v, want %v", i, gap, err, ErrInfeasible)
			}
			checkFarkas(t, p, sol.Mu, sol.Lambda)
		}
	}
}

func TestQPUnbounded(t *testing.T) {
	for _, test := range []struct {
		name string
		p    *QP
	}{
		{"no constraints", &QP{P: mat.NewDiagDense(2, []float64{1, 0}), Q: []float64{0, 1}}},
		{"open direction", &QP{P: mat.NewDiagDense(2, []float64{1, 0}), Q: []float64{0, -1}, G: fromRows([]float64{1, 1}), H: []float64{1}}},
		{"along an equality", &QP{P: mat.NewSymDense(2, []float64{1, -1, -1, 1}), Q: []float64{1, 1}, A: fromRows([]float64{1, -1}), B: []float64{2}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			sol, err := test.p.Solve(background, nil)
			if !errors.Is(err, ErrUnbounded) || sol == nil || sol.Status != DualInfeasible {
				t.Fatalf("got %v, error %v: want %v", sol, err, ErrUnbounded)
			}
			d := sol.X
			tol := rayTol * maxAbs(d)
			if v := floats.Dot(test.p.Q, d); !(v < 0) {
				t.Errorf("objective changes by %g along the ray", v)
			}
			if v := maxAbs(qptest.Program[Matrix](*test.p).Form(d)); !(v <= tol) {
				t.Errorf("curvature along the ray: %g", v)
			}
			if test.p.G != nil {
				s := make([]float64, len(test.p.H))
				test.p.G.MulVecTo(s, false, d)
				if v := floats.Min(s); !(v >= -tol) {
					t.Errorf("ray leaves the inequalities: %g", v)
				}
			}
			if test.p.A != nil {
				s := make([]float64, len(test.p.B))
				test.p.A.MulVecTo(s, false, d)
				if v := maxAbs(s); !(v <= tol) {
					t.Errorf("ray leaves the equalities: %g", v)
				}
			}
		})
	}
}
