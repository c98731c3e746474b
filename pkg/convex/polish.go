package convex

import (
	"slices"

	"gonum.org/v1/gonum/floats"
)

const (
	// polishSweeps bounds the sweeps of refinement; two or three are usual.
	polishSweeps = 8
	// polishBelow is the residual below which the active set may be right.
	polishBelow = 1e-2
)

// polish takes the active set of the present iterate for that of the solution
// and returns the point where it holds, or nil if that is no better than the
// residual given. It refines x and y together,
//
//	(P + ρ I) Δx - C_Fᵀ Δy = C_Fᵀ y - q - P x,   C_F Δx + δ R Δy = c_F - C_F x,
//
// F being the active rows. Everywhere else x follows from y, which costs
// digits where large multipliers cancel; here rounding is shared out between
// both conditions. Neither δ nor ρ moves the solution.
func (s *solver) polish(residual float64) *Solution {
	m := len(s.c)
	weight := make([]float64, m)
	s.guess(weight, make([]float64, m), s.w)
	if s.factorize(weight) != nil {
		return nil
	}
	x, y := slices.Clone(s.x), slices.Clone(s.y)
	for i, q := range weight {
		if q != 0 {
			y[i] = 0
		}
	}
	var best *Solution
	for range polishSweeps {
		mult := s.unscaled(y)
		cert := s.certify(x, mult)
		if !(cert.Residual < residual) && best != nil {
			break
		}
		if cert.Residual < residual {
			residual = cert.Residual
			best = &Solution{X: slices.Clone(x), Mu: mult[:s.mi:s.mi], Lambda: mult[s.mi:], Certificate: cert}
		}
		s.refine(x, y)
	}
	return best
}

// refine makes one sweep of polish on the rows of the engine's factor.
func (s *solver) refine(x, y []float64) {
	dx, px := make([]float64, s.n), make([]float64, s.n)
	s.mulCT(dx, s.unscaled(y))
	s.quad.mul(px, x)
	floats.Sub(dx, px)
	floats.Sub(dx, s.q)
	s.quad.solve(dx)

	// With the first equation put into the second: right minus C (x + dx).
	at := floats.AddTo(px, x, dx)
	r, dy := make([]float64, len(y)), make([]float64, len(y))
	s.mulC(r, at)
	for i := range r {
		r[i] = s.scale[i] * (s.c[i] - r[i])
	}
	s.engine.Solve(dy, r)
	step := make([]float64, s.n)
	s.mulCT(step, s.unscaled(dy))
	s.quad.solve(step)
	floats.Add(x, dx)
	floats.Add(x, step)
	floats.Add(y, dy)
}
