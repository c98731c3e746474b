package convex

import "errors"

// engine knows the Hessian Q = S C (P + ρ I)⁻¹ Cᵀ S of the dual, S being the
// diagonal of the row scales, and the metric R of its proximal term. It works
// on scaled multipliers.
type engine interface {
	// mul stores (Q + δ R) e in dst.
	mul(dst, e []float64, delta float64)
	// factorize prepares solve for (Q + δ R + diag(weight))_FF, F being the
	// rows of finite weight. Only inequalities have a weight other than zero.
	factorize(weight []float64, delta float64) error
	// solve stores in d the solution for the right side r, zero outside F.
	solve(d, r []float64)
}

// errNotDefinite reports a Newton system that lost its positive definiteness
// to rounding; a larger δ mends it.
var errNotDefinite = errors.New("convex: Newton system is not positive definite")

const (
	// factorLimit is the largest order of a dense factor: half a gigabyte.
	factorLimit = 8000
	// storeLimit is the number of entries up to which rows that are known by
	// their products alone are computed and kept: half a gigabyte.
	storeLimit = 1 << 26
)

// newEngine chooses the engine of a program.
func newEngine(p *program) engine {
	if p.margins != nil && p.quad.identity() {
		return newMarginEngine(p.margins)
	}
	m := len(p.c)
	if min(m, p.n) > factorLimit || !storable(p) {
		return &cgEngine{program: p}
	}
	return newRowEngine(p)
}

// storable reports whether the rows of p can be copied.
func storable(p *program) bool {
	if len(p.c)*p.n <= storeLimit {
		return true
	}
	for _, m := range []Matrix{p.g, p.a} {
		if _, sparse := m.(*CSR); m != nil && !sparse {
			return false
		}
	}
	return true
}
