package convex

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// Constants of the proximal point iteration. Rows are scaled to norm one, so
// that δ compares with one.
const (
	// deltaStart is the first weight of the proximal term. An outer iteration
	// shrinks the distance to the solution by δ/(δ+σ), σ being the smallest
	// positive eigenvalue of Q on the active rows, and the factor of a singular
	// Q keeps half of its digits.
	deltaStart = 1e-8
	// deltaGrow is applied to δ when a factorization breaks down.
	deltaGrow = 100
	// deltaLimit is the δ at which breaking down is final.
	deltaLimit = 1
	// outerGain is the least decrease of the residual that counts as progress.
	outerGain = 0.5
	// outerStall is the number of outer iterations without progress after
	// which the best answer so far is returned.
	outerStall = 3
	// travelStall takes its place where P is singular and x has to travel to
	// its solution, or to infinity, by steps whose length ρ limits.
	travelStall = 30
	// handOver is the residual at which the interior point method leaves the
	// rest to Newton's method.
	handOver = 1e-6
)

// errLimit reports that the Newton systems of a solve are used up.
var errLimit = errors.New("limit of Newton systems reached")

// solver runs the proximal point iteration on the dual of a program. The k-th
// subproblem minimizes over the step e, with y + e ≥ 0 on the inequalities,
//
//	1/2 eᵀ (Q + δ R) e + wᵀ e
//
// where w is the gradient of the dual at y: the slack C x - c of the point
//
//	x = (P + ρ I)⁻¹ (Cᵀ y - q + ρ x̄)
//
// and x̄ the point before. y, e and w are scaled by the norms of the rows.
type solver struct {
	*program
	engine Engine
	opts   Options

	x, center []float64 // x and x̄
	previous  []float64 // the x̄ before
	y, w      []float64
	delta     float64
	embedding *embedding // once the interior point method has begun
	newtons   int
	found     *program // the units of an answer that are not those of the program
	tried     int      // units in which the sparse interior point method has been tried, in vain
	rough     rough    // the best that it came to
}

// rough is an inaccurate answer of a program in units of its own.
type rough struct {
	*Solution
	in  *program
	err error
}

// roundedOff is a residual that is rounding.
const roundedOff = 1e-14

func newSolver(p *program, e Engine, o Options) *solver {
	m := len(p.c)
	return &solver{
		program: p, engine: e, opts: o, delta: deltaStart,
		x: make([]float64, p.n), center: make([]float64, p.n),
		y: make([]float64, m), w: make([]float64, m),
	}
}

// run iterates until the KKT residual is within the tolerance. Newton's method
// is tried first, since on well conditioned rows it needs fewer systems than
// anything else. Where it does not settle, the interior point method decides
// whether the program is feasible and comes near enough for Newton's method to
// end exactly; where the active set is so degenerate that it does not settle
// even then, the interior point method goes all the way.
func (s *solver) run(ctx context.Context) (*Solution, error) {
	step := make([]float64, len(s.c))
	s.primal()
	s.approach(ctx)
	best := s.solution()
	patience := outerStall
	if s.quad.rho > 0 {
		patience = travelStall
	}
	for stall := 0; !(best.Residual <= s.opts.Tolerance); {
		settled, err := s.step(ctx, step)
		if err == nil && (!settled || stall == patience) {
			if sol, err := s.alternative(ctx); sol != nil {
				return sol, err
			}
			var sol *Solution
			if sol, err = s.interior(ctx); sol != nil {
				return sol, infeasibleError(sol)
			}
			clear(step)
		}
		if err != nil {
			return s.stopped(ctx, best, err)
		}
		floats.Add(s.y, step)
		for i, v := range s.y[:s.mi] {
			s.y[i] = max(v, 0)
		}
		if sol := s.infeasible(step); sol != nil {
			return sol, infeasibleError(sol)
		}
		s.recenter()
		if sol := s.unbounded(); sol != nil {
			return sol, errFalls
		}
		sol := s.solution()
		if stall++; sol.Residual <= outerGain*best.Residual {
			stall = 0
		}
		if sol.Residual < best.Residual {
			best = sol
		}
		if stuck := stall > 0 || s.embedding != nil || s.quad.rho > 0; stuck && s.improvable(best) {
			if sol := s.polish(best.Residual); sol != nil {
				best = sol
			}
		}
		if stall > patience && !(best.Residual <= s.opts.Tolerance) {
			return s.stopped(ctx, best, nil)
		}
	}
	best.Status = Optimal
	best.Iterations = s.newtons
	return best, nil
}

// improvable reports whether an answer is not good enough, but near enough to be
// polished.
func (s *solver) improvable(sol *Solution) bool {
	return sol.Residual > s.opts.Tolerance && sol.Residual < polishBelow
}

// recenter moves the centre of the proximal term of x to the minimizer just
// found and computes the point that belongs to it.
func (s *solver) recenter() {
	s.primal()
	if s.quad.rho == 0 {
		return
	}
	s.previous = append(s.previous[:0], s.center...)
	copy(s.center, s.x)
	s.embedding = nil // it belongs to the old centre
	s.primal()
}

// step solves one subproblem, with a larger δ where rounding asks for it.
func (s *solver) step(ctx context.Context, e []float64) (bool, error) {
	for {
		clear(e)
		settled, err := s.semismooth(ctx, e)
		if !errors.Is(err, ErrNotDefinite) || s.delta >= deltaLimit {
			return settled, err
		}
		s.delta *= deltaGrow
	}
}

// stopped marks the best answer of a run that ended early.
func (s *solver) stopped(ctx context.Context, best *Solution, err error) (*Solution, error) {
	best.Iterations = s.newtons
	if ctx.Err() != nil {
		best.Status = Canceled
		return best, fmt.Errorf("convex: stopped at KKT residual %.2g: %w", best.Residual, ctx.Err())
	}
	best.Status = Inaccurate
	if err == nil {
		err = errors.New("no more progress")
	}
	return best, fmt.Errorf("%w: KKT residual %.2g, asked for %.2g: %w", ErrInaccurate, best.Residual, s.opts.Tolerance, err)
}

// primal computes x and the gradient w from y and the centre.
func (s *solver) primal() {
	s.mulCT(s.x, s.unscaled(s.y))
	for i := range s.x {
		s.x[i] += s.quad.rho*s.center[i] - s.q[i]
	}
	s.quad.solve(s.x)
	s.mulC(s.w, s.x)
	floats.Sub(s.w, s.c)
	floats.Mul(s.w, s.scale)
}

// unscaled returns the multipliers of the rows as given.
func (s *solver) unscaled(y []float64) []float64 {
	return floats.MulTo(make([]float64, len(y)), y, s.scale)
}

// solution returns the present iterate with its certificate.
func (s *solver) solution() *Solution {
	y := s.unscaled(s.y)
	return &Solution{
		X:           slices.Clone(s.x),
		Mu:          y[:s.mi:s.mi],
		Lambda:      y[s.mi:],
		Certificate: s.certify(s.x, y),
	}
}

// gradient returns w + (Q + δ R) e.
func (s *solver) gradient(e []float64) []float64 {
	g := make([]float64, len(e))
	s.engine.Mul(g, e, s.delta)
	floats.Add(g, s.w)
	return g
}

// floor returns the size below which a gradient at e is rounding.
func (s *solver) floor(e []float64) float64 {
	const eps = 0x1p-52
	return eps * math.Sqrt(float64(len(e))) * max(maxAbs(s.w), maxAbs(e), maxAbs(s.y))
}

// alternative returns the answer of the sparse interior point method, if that is cheap, is
// tried for the first time and finds one, in the units of found.
func (s *solver) alternative(ctx context.Context) (*Solution, error) {
	kinds := []balance{whole, rowsFirst}[s.tried:]
	s.tried = 2
	for _, kind := range kinds {
		left := s.opts
		if left.Iterations -= s.newtons; left.Iterations < 1 {
			return nil, nil
		}
		if ctx.Err() != nil {
			return nil, nil
		}
		b := s.balanced(kind)
		if b == nil {
			return nil, nil
		}
		k := newKKT(ctx, b)
		if k == nil || !k.cheap() {
			return nil, nil
		}
		sol, err := k.embedded(ctx, left)
		if sol == nil {
			continue
		}
		s.newtons = min(s.newtons+sol.Iterations, s.opts.Iterations)
		if sol.Status != Inaccurate && sol.Status != Canceled && s.accepts(sol, b) {
			if exact := s.exact(sol, b); exact != nil {
				return exact, nil
			}
			sol.Iterations = s.newtons
			s.found = b
			return sol, err
		}
		if sol.Status == Inaccurate && (s.rough.Solution == nil || sol.Residual < s.rough.Residual) {
			s.rough = rough{sol, b, err}
		}
	}
	return nil, nil
}

// exact returns an answer that is better in both units than that of the program b, which is this one in
// others, from its active set in these, or nil: entries that are rounding can decide what the others are.
func (s *solver) exact(sol *Solution, b *program) *Solution {
	if sol.Status != Optimal || s.quad.rho > 0 || !(sol.Residual > roundedOff) || s.engine == nil {
		return nil
	}
	y := slices.Clone(s.y)
	for i := range s.y {
		v := 0.0
		if i < s.mi {
			v = max(0, sol.Mu[i])
		} else {
			v = sol.Lambda[i-s.mi]
		}
		s.y[i] = v * (b.unit / s.unit) * (b.row[i] / s.row[i]) / s.scale[i]
	}
	s.primal()
	best := s.polish(sol.Residual)
	if best == nil || !(s.in(b, best) < sol.Residual) {
		s.y = y
		s.primal()
		return nil
	}
	best.Status, best.Iterations = Optimal, s.newtons
	return best
}

// in returns the residual of an answer in the units of b.
func (s *solver) in(b *program, sol *Solution) float64 {
	x, y := slices.Clone(sol.X), slices.Concat(sol.Mu, sol.Lambda)
	for j := range x {
		x[j] *= (s.unit / b.unit) * (s.col[j] / b.col[j])
	}
	for i := range y {
		y[i] *= (s.unit / b.unit) * (s.row[i] / b.row[i])
	}
	return b.certify(x, y).Residual
}
