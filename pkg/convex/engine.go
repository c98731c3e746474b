package convex

import (
	"context"
	"errors"
)

// Engine knows the Hessian Q = S C (P + ρ I)⁻¹ Cᵀ S of the dual of a program, C = [G; A]
// being its constraints and S the diagonal that brings the rows of C to norm one in the
// metric of (P + ρ I)⁻¹ (rows of zeros are left as they are). Vectors hold scaled
// multipliers, those of the inequalities first. R is the metric of the proximal term, which
// the engine chooses: any that is positive definite on the range of C.
type Engine interface {
	// Mul stores (Q + δ R) y in dst.
	Mul(dst, y []float64, delta float64)
	// Factorize prepares Solve for (Q + δ R + diag(weight))_FF, F being the rows of finite
	// weight. Only inequalities have a weight other than zero. The error is
	// [ErrNotDefinite] where rounding has made the system indefinite.
	Factorize(weight []float64, delta float64) error
	// Solve stores in d the solution for the right side r, zero outside F.
	Solve(d, r []float64)
}

// Structured is a [Matrix] that may be a part of constraints whose structure helps.
type Structured interface {
	Matrix
	// System returns [G; A] for the inequalities g and the equalities a of a program, of
	// which the receiver is one, or nil where the two are not what it knows. One of them
	// may be nil.
	System(g, a Matrix) System
}

// System is the constraints C = [G; A] of a program, with an engine of their own. Its
// products are taken where both G and A would be multiplied.
type System interface {
	Matrix
	// Engine returns the engine of programs with P = I.
	Engine() Engine
}

// ErrNotDefinite reports a Newton system that lost its positive definiteness
// to rounding; a larger δ mends it.
var ErrNotDefinite = errors.New("convex: Newton system is not positive definite")

const (
	// factorLimit is the largest order of a dense factor: half a gigabyte.
	factorLimit = 8000
	// storeLimit is the number of entries up to which rows that are known by
	// their products alone are computed and kept: half a gigabyte.
	storeLimit = 1 << 26
)

// newEngine chooses the engine of a program.
func newEngine(ctx context.Context, p *program) Engine {
	if p.system != nil && p.quad.identity() {
		return p.system.Engine()
	}
	m := len(p.c)
	if min(m, p.n) > factorLimit || !storable(p) {
		return &cgEngine{program: p, ctx: ctx}
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

// systemOf returns the System that g or a makes of both, or nil.
func systemOf(g, a Matrix) System {
	for _, m := range []Matrix{g, a} {
		if s, ok := m.(Structured); ok {
			if system := s.System(g, a); system != nil {
				return system
			}
		}
	}
	return nil
}
