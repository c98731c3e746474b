package convex

import (
	"errors"
	"math"
	"testing"
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
