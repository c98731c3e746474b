package convex

import (
	"context"
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

const (
	// missRounding is the violation of a row beside the farthest one that rounding of x can make,
	// missShare that beside the row's own terms from which on it is one.
	missRounding, missShare = 1e-13, 1e-6
	// nearRows is how many times farther than the largest such violation rows may be to be asked whether
	// they contradict each other.
	nearRows = 1e6
	// missBeyond is how many times as far as the point that violates rows every other one is to be in some
	// variable, for a proof that there is none.
	missBeyond = 1e6
)

// contradicted returns the proof that there is no feasible point, where an answer that counts as one beside
// the farthest constraint violates nearer ones beside their own terms, or nil: these contradict each other
// whatever the others say.
func (p *program) contradicted(ctx context.Context, o Options, sol *Solution) (*Solution, error) {
	if sol == nil || sol.Status != Optimal || !(sol.PrimalResidual > missRounding) {
		return nil, nil
	}
	near, places := p.near(sol.X)
	if near == nil {
		return nil, nil
	}
	if o.Iterations -= sol.Iterations; o.Iterations < 1 {
		return nil, nil
	}
	part, err := near.Solve(ctx, &o)
	if !errors.Is(err, ErrInfeasible) {
		return nil, nil
	}
	y := make([]float64, len(p.c))
	for k, v := range slices.Concat(part.Mu, part.Lambda) {
		y[places[k]] = v
	}
	t, beyond := make([]float64, p.n), 0.0
	p.mulCT(t, y)
	for j, v := range t {
		beyond += math.Abs(v * sol.X[j])
	}
	if !(beyond*missBeyond <= 1) {
		return nil, nil
	}
	no := p.farkas(y)
	no.Iterations = sol.Iterations + part.Iterations
	return no, infeasibleError(no)
}

// near returns the least 1/2 ‖x‖² on the rows that are not much farther than what a point violates most of
// those that it violates by more than rounding and by a share of their own terms, with their places among
// the rows; nil where there is no such row, or none farther.
func (p *program) near(x []float64) (*QP, []int) {
	at, far := make([]float64, len(p.c)), make([]float64, len(p.c))
	p.mulC(at, x)
	for i, r := range at {
		if p.norm[i] > 0 {
			far[i] = max(math.Abs(r), math.Abs(p.c[i])) / p.norm[i]
		}
	}
	reach, level := maxAbs(far), 0.0
	row := make([]float64, p.n)
	for i, r := range at {
		violation := p.c[i] - r
		if i >= p.mi {
			violation = math.Abs(violation)
		}
		if p.norm[i] == 0 || !(violation > missRounding*reach*p.norm[i]) || !(violation > missShare*math.Abs(p.c[i])) || !p.rowTo(row, i) {
			continue
		}
		terms := math.Abs(p.c[i])
		for j, v := range row {
			terms += math.Abs(v * x[j])
		}
		if violation > missShare*terms {
			level = max(level, violation/p.norm[i])
		}
	}
	var places []int
	inequalities := 0
	for i := range at {
		if p.norm[i] > 0 && far[i] <= nearRows*level {
			if places = append(places, i); i < p.mi {
				inequalities++
			}
		}
	}
	if k := len(places); k == 0 || k == len(at) || k*p.n > 4*kktEntries {
		return nil, nil
	}
	rows, right := mat.NewDense(len(places), p.n, nil), make([]float64, len(places))
	for k, i := range places {
		if !p.rowTo(rows.RawRowView(k), i) {
			return nil, nil
		}
		right[k] = p.c[i]
	}
	q := &QP{}
	if inequalities > 0 {
		q.G, q.H = FromDense(rows.Slice(0, inequalities, 0, p.n)), right[:inequalities]
	}
	if inequalities < len(places) {
		q.A, q.B = FromDense(rows.Slice(inequalities, len(places), 0, p.n)), right[inequalities:]
	}
	return q, places
}

// rowTo stores row i of C in dst, if its entries are at hand.
func (p *program) rowTo(dst []float64, i int) bool {
	m := p.g
	if i >= p.mi {
		m, i = p.a, i-p.mi
	}
	r, known := m.(rowMatrix)
	if known {
		r.RowTo(dst, i)
	}
	return known
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
