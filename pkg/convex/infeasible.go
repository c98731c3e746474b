package convex

import (
	"slices"

	"gonum.org/v1/gonum/floats"
)

const (
	// farkasTol is the largest entry of |Cᵀ y| for a vector with cᵀ y = 1 that
	// counts as a proof of infeasibility: every feasible point would have
	// ‖x‖₁ above its inverse.
	farkasTol = 1e-9
	// rayTol is the largest violation of the conditions on a ray with
	// qᵀ d = -1, relative to ‖d‖.
	rayTol = 1e-9
)

// infeasible returns the proof of infeasibility that a step of the multipliers
// is, or nil. On infeasible constraints the steps of the proximal point
// iteration converge to the multiples of the smallest shift of c that makes
// them feasible, and that shift is a Farkas vector.
func (s *solver) infeasible(step []float64) *Solution {
	y := s.unscaled(step)
	for i := range y[:s.mi] {
		y[i] = max(y[i], 0)
	}
	v := floats.Dot(s.c, y)
	if !(v > 0) {
		return nil
	}
	floats.Scale(1/v, y)
	if firstNotFinite(y) >= 0 {
		return nil
	}
	sol := s.farkas(y)
	dbg("farkas v %.3g residual %.3g", v, sol.Residual)
	sol.Iterations = s.newtons
	if !(sol.Residual <= farkasTol) {
		return nil
	}
	return sol
}

// unbounded returns the ray along which the objective falls without limit that
// the last step of x is, or nil. Only a singular P has one.
func (s *solver) unbounded() *Solution {
	if s.quad.rho == 0 {
		return nil
	}
	d := slices.Clone(s.x)
	floats.Sub(d, s.center)
	v := -floats.Dot(s.q, d)
	if !(v > 0) {
		return nil
	}
	floats.Scale(1/v, d)
	pd, rows := make([]float64, s.n), make([]float64, len(s.c))
	s.quad.mul(pd, d)
	s.mulC(rows, d)
	floats.Mul(rows, s.scale)
	worst := maxAbs(pd)
	for i, r := range rows {
		if i < s.mi {
			r = min(r, 0)
		}
		worst = max(worst, r, -r)
	}
	if !(worst <= rayTol*maxAbs(d)) {
		return nil
	}
	return &Solution{
		X: d, Mu: make([]float64, s.mi), Lambda: make([]float64, s.me),
		Certificate: Certificate{Status: DualInfeasible, Residual: worst, Iterations: s.newtons},
	}
}
