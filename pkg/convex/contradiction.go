package convex

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
)

const (
	// missRounding is the violation of a row beside the farthest one that rounding of x can make,
	// missShare that beside the row's own terms from which on it is one.
	missRounding, missShare = 1e-13, 1e-6
	// missBeyond is how much farther than a point that violates rows a proof that there is none
	// without that must reach.
	missBeyond = 10
)

// contradicted returns the proof that there is no feasible point, where an answer that counts as one beside
// the farthest constraint violates nearer ones beside their own terms, or nil.
func (p *program) contradicted(ctx context.Context, o Options, sol *Solution) (*Solution, error) {
	if sol == nil || sol.Status != Optimal || !(sol.PrimalResidual > missRounding) || !p.misses(sol.X) {
		return nil, nil
	}
	size := 0.0 // of x in the units of the data
	for j, v := range sol.X {
		size += math.Abs(v) * p.col[j] * p.unit
	}
	if o.Iterations -= sol.Iterations; o.Iterations < 1 {
		return nil, nil
	}
	before := *p
	no, err := p.without(ctx, o)
	if no == nil || no.Status != PrimalInfeasible || no.Residual*missBeyond*size > 1 {
		*p = before
		return nil, nil
	}
	no.Iterations += sol.Iterations
	return no, err
}

// misses reports whether x violates a row by more than rounding, and by a share of the sizes of its terms.
// Of rows whose entries are not at hand it does not know.
func (p *program) misses(x []float64) bool {
	at := make([]float64, len(p.c))
	p.mulC(at, x)
	reach := 0.0
	for i, r := range at {
		if p.norm[i] > 0 {
			reach = max(reach, math.Abs(r)/p.norm[i])
		}
	}
	row := make([]float64, p.n)
	for i, r := range at {
		violation := p.c[i] - r
		if i >= p.mi {
			violation = math.Abs(violation)
		}
		if p.norm[i] == 0 || !(violation > missRounding*reach*p.norm[i]) || !(violation > missShare*math.Abs(p.c[i])) {
			continue
		}
		m, k := p.g, i
		if i >= p.mi {
			m, k = p.a, i-p.mi
		}
		entries, ok := m.(rowMatrix)
		if !ok {
			continue
		}
		entries.RowTo(row, k)
		terms := math.Abs(p.c[i])
		for j, v := range row {
			terms += math.Abs(v * x[j])
		}
		if violation > missShare*terms {
			return true
		}
	}
	return false
}

// without returns the proof that the constraints contradict each other that is found without
// the objective, beside which it may be small, or that the objective falls without limit that
// is found with right sides of zero, or nil.
func (p *program) without(ctx context.Context, o Options) (sol *Solution, err error) {
	o.Tolerance = 0 // far away nearly every constraint holds, beside the distance
	if p.quad.rho == 0 {
		b := p.balanced(whole)
		if b == nil {
			return nil, nil
		}
		defer func(p *program) {
			switch {
			case sol == nil:
			case p.accepts(sol, b):
				*p = *b
			default:
				sol, err = nil, nil
			}
		}(p)
		p = b
	}
	level, cone := *p, *p
	level.q, cone.c = make([]float64, p.n), make([]float64, len(p.c))
	level.quad, _ = newQuad(mat.NewDiagDense(p.n, nil), p.n, true) // zero is convex
	for _, f := range []*program{&level, &cone} {
		k := newKKT(ctx, f)
		if k == nil || !k.cheap() {
			return nil, nil
		}
		sol, err = k.embedded(ctx, o)
		if sol != nil && (sol.Status == PrimalInfeasible || sol.Status == DualInfeasible) {
			return sol, err
		}
	}
	return nil, nil
}
