package convex

import (
	"context"
	"errors"
	"math"
)

// Feasibility is the answer of Feasible, with the proof of it.
type Feasibility struct {
	// Feasible tells whether a point satisfies the constraints.
	Feasible bool
	// X is the feasible point of least norm, nil if there is none. Slack is
	// the least entry of G X - h, which is zero up to rounding where a
	// constraint holds X back and +Inf without inequalities, and Residual the
	// largest of |A X - b|.
	X               []float64
	Slack, Residual float64
	// Mu and Lambda prove that no point is feasible, as in Solution: Mu ≥ 0,
	// hᵀ Mu + bᵀ Lambda = 1 and |Gᵀ Mu + Aᵀ Lambda| ≤ Defect. They are nil when
	// a point is.
	Mu, Lambda []float64
	Defect     float64
}

// Feasible decides whether some x satisfies G x ≥ h and A x = b, where G or A
// may be nil, and proves either answer. The error is not nil when the input is
// malformed, the context ends, or the constraints are so close to the border
// between the two that neither proof succeeds.
func Feasible(ctx context.Context, g Matrix, h []float64, a Matrix, b []float64) (*Feasibility, error) {
	p := &QP{G: g, H: h, A: a, B: b}
	sol, err := p.Solve(ctx, nil)
	if errors.Is(err, ErrInfeasible) {
		return &Feasibility{Mu: sol.Mu, Lambda: sol.Lambda, Defect: sol.Residual}, nil
	}
	if err != nil {
		return nil, err
	}
	f := &Feasibility{Feasible: true, X: sol.X}
	f.Slack, f.Residual = slacks(p, sol.X)
	return f, nil
}

// slacks returns the least entry of G x - h and the largest of |A x - b|.
func slacks(p *QP, x []float64) (slack, residual float64) {
	slack = math.Inf(1)
	if p.G != nil {
		s := make([]float64, len(p.H))
		p.G.MulVecTo(s, false, x)
		for i, v := range s {
			slack = min(slack, v-p.H[i])
		}
	}
	if p.A != nil {
		r := make([]float64, len(p.B))
		p.A.MulVecTo(r, false, x)
		for i, v := range r {
			residual = max(residual, v-p.B[i], p.B[i]-v)
		}
	}
	return slack, residual
}
