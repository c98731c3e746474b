package convex

import (
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// TestContradictionBesideFar: x₀ ≥ 1, x₁ ≥ 1 and x₀ + x₁ ≤ 0 contradict each other however far x₂ has to be, up to what rounding of x takes.
func TestContradictionBesideFar(t *testing.T) {
	for e := range 13 {
		p := &QP{G: fromRows([]float64{1, 0, 0}, []float64{0, 1, 0}, []float64{-1, -1, 0}, []float64{0, 0, 1}), H: []float64{1, 1, 0, math.Pow(10, float64(e))}}
		sol, err := p.Solve(background, nil)
		if !errors.Is(err, ErrInfeasible) {
			t.Errorf("far 1e%d: x = %v, %v, error %v, want %v", e, sol.X, sol.Certificate, err, ErrInfeasible)
		}
	}
}

// TestBesideFar has rows of small whole numbers near zero that contradict each other by one, or do not, and others
// in variables of their own whose known point is as far as 1e11: where there is a point, it is not denied.
func TestBesideFar(t *testing.T) {
	for seed := range uint64(240) {
		rng := qptest.Rand(seed)
		contradict := seed%2 == 0
		near, far := 2+rng.IntN(2), 1+rng.IntN(3)
		n := near + far
		x := make([]float64, n)
		unit := math.Pow(10, float64(seed%12))
		for j := range x {
			if x[j] = float64(rng.IntN(7) - 3); j >= near {
				x[j] *= unit
			}
		}
		g, h := mat.NewDense(2+near+2*far, n, nil), make([]float64, 2+near+2*far)
		for i := range h {
			row := g.RawRowView(i)
			from, to := 0, near
			if i >= 2+near {
				from, to = near, n
			}
			for j := from; j < to; j++ {
				row[j] = float64(rng.IntN(5) - 2)
			}
			if i == 1 {
				floats.ScaleTo(row, -1, g.RawRowView(0))
			}
			h[i] = floats.Dot(row, x)
		}
		if contradict {
			g.Set(0, 0, 1)
			g.Set(1, 0, -1)
			h[0], h[1] = 1, 0
		}
		slices.Reverse(h)
		for i := range len(h) / 2 {
			r := len(h) - 1 - i
			row := mat.Row(nil, i, g)
			g.SetRow(i, g.RawRowView(r))
			g.SetRow(r, row)
		}
		p := &QP{G: FromDense(g), H: h}
		sol, err := p.Solve(background, nil)
		switch {
		case contradict && errors.Is(err, ErrInfeasible):
			checkFarkas(t, p, sol.Mu, sol.Lambda)
		case contradict:
			t.Errorf("seed %d, far %g: x = %v, %v, error %v, want %v", seed, unit, sol.X, sol.Certificate, err, ErrInfeasible)
		case err != nil:
			t.Errorf("seed %d, far %g: %v, %v; there is %v", seed, unit, sol.Certificate, err, x)
		}
	}
}
