package convex

import (
	"errors"
)

// engine knows the Hessian Q = S C (P + ρ I)⁻¹ Cᵀ S of the dual, S being the
// diagonal of the row scales, and the metric R of its proximal term. It works
// on scaled multipliers.
type engine interface {
	// mul stores (Q + δ R) e in dst.
	mul(dst, e []float64, delta float64)
	// factorize prepares solve for (Q + δ R + diag(weight))_FF, F being the
	// rows of finite weight.
	factorize(weight []float64, delta float64) error
	// solve stores in d the solution for the right side r, zero outside F.
	solve(d, r []float64)
}

// errNotDefinite reports a Newton system that lost its positive definiteness
// to rounding; a larger δ mends it.
var errNotDefinite = errors.New("convex: Newton system is not positive definite")

// newEngine chooses the engine of a program.
func newEngine(p *program) (engine, error) {
	if p.margins != nil && p.quad.identity() {
		return newMarginEngine(p.margins), nil
	}
	return newGram(p), nil
}
