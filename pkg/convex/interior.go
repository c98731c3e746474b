package convex

import (
	"context"
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// Constants of the interior point method.
const (
	// interiorLimit bounds its iterations; ten to twenty are usual.
	interiorLimit = 100
	// interiorDelta regularizes its systems. It bends the direction, not the
	// solution.
	interiorDelta = 1e-10
	// boundary is the fraction of the way to the boundary that is taken
	// (Mehrotra, "On the implementation of a primal-dual interior point
	// method", 1992).
	boundary = 0.99
	// interiorStall is the number of iterations without a smaller residual
	// after which rounding is taken to have won, once the residual is below
	// stallBelow; before, the residual need not fall all the time.
	interiorStall = 5
	stallBelow    = 1e-4
	// leastMu is the mean complementarity below which steps are rounding; pairs
	// start at one.
	leastMu = 1e-20
	// interiorShare is the share of the tolerance at which it stops.
	interiorShare = 0.1
	// shortStep is the step length below which rounding has taken over.
	shortStep = 1e-7
)

// embedding is a point of the homogeneous embedding of the dual (Andersen and
// Ye, "On a homogeneous algorithm for the monotone complementarity problem",
// 1999). The optimality conditions of the dual are, in scaled multipliers and
// with r the negative gradient at y = 0,
//
//	s = Q y - r,  y, s ≥ 0 and yᵀ s = 0 on the inequalities, s = 0 on the equalities.
//
// Their homogeneous form has one more pair τ, κ ≥ 0,
//
//	s = Q y - r τ,  κ = rᵀ y - yᵀ Q y / τ,
//
// and always a solution: one with τ > 0 gives the multipliers y/τ, one with
// κ > 0 has Q y = 0 and rᵀ y > 0 and proves that nothing is feasible. Both
// are approached alike, which is why this method does not mind how near to
// infeasible a program is.
type embedding struct {
	*solver
	r          []float64 // divided by size
	size       float64
	y, s, qy   []float64
	tau, kappa float64
	weight     []float64
	delta      float64

	iterations, stall int // all of them, and those since the best
	best              float64
	at                []float64 // multipliers of the best

	defect []float64 // Q y - r τ - s
	gap    float64   // κ - rᵀ y + yᵀ Q y / τ
	mu     float64   // mean complementarity
}

// interior solves the dual of the present centre by Mehrotra's
// predictor-corrector method on the homogeneous embedding, down to a residual
// of handOver, or, when it is called again, from there to a share of the
// tolerance. It replaces the multipliers of the solver by the best it found,
// unless it returns the proof that the program is infeasible.
func (s *solver) interior(ctx context.Context) (*Solution, error) {
	goal := interiorShare * s.opts.Tolerance
	if s.embedding == nil {
		s.embedding = s.newEmbedding()
		if s.quad.rho == 0 {
			goal = handOver
		}
	}
	h := s.embedding
	for h.iterations < interiorLimit {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		h.measure()
		if h.kappa > h.tau {
			if sol, err := h.proof(); sol != nil || err != nil {
				return sol, err
			}
		}
		h.judge()
		if h.done(goal) {
			break
		}
		alpha, err := h.advance()
		if errors.Is(err, ErrNotDefinite) {
			break
		}
		if err != nil {
			return nil, err
		}
		if !(alpha >= shortStep) || !isFinite(h.tau) {
			break
		}
	}
	copy(s.y, h.at)
	return nil, nil
}

// newEmbedding returns the starting point.
func (s *solver) newEmbedding() *embedding {
	m := len(s.c)
	h := &embedding{
		solver: s, delta: interiorDelta, tau: 1, kappa: 1, size: 1,
		r: s.negativeGradient(), y: make([]float64, m), s: make([]float64, m), qy: make([]float64, m),
		weight: make([]float64, m), defect: make([]float64, m),
		best: math.Inf(1), at: slices.Clone(s.y),
	}
	if size := maxAbs(h.r); size > 0 {
		h.size = size
		floats.Scale(1/size, h.r)
	}
	for i := range s.mi {
		h.y[i], h.s[i] = 1, 1
	}
	return h
}

// done reports whether to stop: at the goal, at the tolerance when things do not
// get better any more, and where rounding has taken over.
func (h *embedding) done(goal float64) bool {
	return h.best <= goal ||
		h.stall > 0 && h.best <= h.opts.Tolerance ||
		h.stall > interiorStall && (h.best <= stallBelow || h.mu <= leastMu)
}

// judge computes the residual of y/τ and keeps the best. Stationarity holds by
// the choice of x, up to the proximal term, which is not to be counted here.
func (h *embedding) judge() {
	s := h.solver
	floats.ScaleTo(s.y, h.size/h.tau, h.y)
	s.primal()
	h.stall++
	c := s.certify(s.x, s.unscaled(s.y))
	r := max(c.PrimalResidual, c.Complementarity)
	if s.quad.rho == 0 {
		r = max(r, c.Gap)
	}
	if r < h.best {
		h.best, h.stall = r, 0
		copy(h.at, s.y)
	}
}

// negativeGradient returns S (c - C x) for the x that belongs to y = 0.
func (s *solver) negativeGradient() []float64 {
	y := slices.Clone(s.y)
	clear(s.y)
	s.primal()
	r := slices.Clone(s.w)
	floats.Scale(-1, r)
	copy(s.y, y)
	return r
}

// measure updates the residuals.
func (h *embedding) measure() {
	h.engine.Mul(h.qy, h.y, 0)
	for i := range h.defect {
		h.defect[i] = h.qy[i] - h.r[i]*h.tau - h.s[i]
	}
	h.gap = h.kappa - floats.Dot(h.r, h.y) + floats.Dot(h.y, h.qy)/h.tau
	h.mu = (floats.Dot(h.y, h.s) + h.tau*h.kappa) / float64(h.mi+1)
}

// step is a direction of the embedding.
type step struct {
	y, s       []float64
	tau, kappa float64
}

// advance takes a predictor-corrector step and returns its length.
func (h *embedding) advance() (float64, error) {
	h.iterations++
	for i := range h.mi {
		h.weight[i] = h.s[i] / h.y[i]
	}
	if err := h.factorize(); err != nil {
		return 0, err
	}
	p := make([]float64, len(h.r))
	h.solve(p, h.r)
	first := h.direction(p, 0, nil)
	rest := 1 - h.longest(first)
	d := h.direction(p, rest*rest*rest, &first)
	alpha := min(1, boundary*h.longest(d))
	floats.AddScaled(h.y, alpha, d.y)
	floats.AddScaled(h.s, alpha, d.s)
	h.tau += alpha * d.tau
	h.kappa += alpha * d.kappa
	return alpha, nil
}

// factorize factorizes Q + diag(s/y), regularized.
func (h *embedding) factorize() error {
	for {
		if h.newtons++; h.newtons > h.opts.Iterations {
			return errLimit
		}
		err := h.engine.Factorize(h.weight, h.delta)
		if err == nil || h.delta >= deltaLimit {
			return err
		}
		h.delta *= deltaGrow
	}
}

// solve stores the solution for the right side r in d.
func (h *embedding) solve(d, r []float64) {
	h.engine.Solve(d, r)
	res := make([]float64, len(d))
	add := make([]float64, len(d))
	h.engine.Mul(res, d, 0)
	for i, v := range d {
		res[i] = r[i] - res[i] - h.weight[i]*v
	}
	h.engine.Solve(add, res)
	floats.Add(d, add)
}

// direction returns the step that reduces the residuals to their share sigma
// and the complementarities to sigma times their mean, the products of the
// predictor taken off. p solves (Q + diag(s/y)) p = r.
func (h *embedding) direction(p []float64, sigma float64, predictor *step) step {
	m := len(h.y)
	d := step{y: make([]float64, m), s: make([]float64, m)}
	target := make([]float64, m) // of y Δs + s Δy, without -y s
	rhs := make([]float64, m)
	center := sigma * h.mu
	tauTarget := center
	if predictor != nil {
		tauTarget -= predictor.tau * predictor.kappa
	}
	for i, v := range h.defect {
		rhs[i] = -(1 - sigma) * v
		if i < h.mi {
			target[i] = center
			if predictor != nil {
				target[i] -= predictor.y[i] * predictor.s[i]
			}
			rhs[i] += target[i]/h.y[i] - h.s[i]
		}
	}
	h.solve(d.y, rhs)

	// κ is eliminated by its complementarity and Δy = p Δτ + d.y put into the
	// linearized equation of κ.
	var up, ud, square float64
	for i, q := range h.qy {
		u := 2*q/h.tau - h.r[i]
		up += u * p[i]
		ud += u * d.y[i]
		square += h.y[i] * q
	}
	denominator := up - h.kappa/h.tau - square/(h.tau*h.tau)
	d.tau = (h.kappa - tauTarget/h.tau - (1-sigma)*h.gap - ud) / denominator
	d.kappa = -h.kappa + tauTarget/h.tau - h.kappa/h.tau*d.tau
	floats.AddScaled(d.y, d.tau, p)
	for i := range h.mi {
		d.s[i] = target[i]/h.y[i] - h.s[i] - h.weight[i]*d.y[i]
	}
	return d
}

// longest returns the largest step, at most 1, that keeps everything positive.
func (h *embedding) longest(d step) float64 {
	alpha := 1.0
	bound := func(v, dv float64) {
		if dv < 0 {
			alpha = math.Min(alpha, -v/dv)
		}
	}
	for i := range h.mi {
		bound(h.y[i], d.y[i])
		bound(h.s[i], d.s[i])
	}
	bound(h.tau, d.tau)
	bound(h.kappa, d.kappa)
	return alpha
}
