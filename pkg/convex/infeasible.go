package convex

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

const (
	// farkasTol is the largest entry of |Cᵀ y| for a vector with cᵀ y = 1 that
	// counts as a proof of infeasibility: every feasible point would have
	// ‖x‖₁ above its inverse.
	farkasTol = 2e-10
	// farkasRounding is the same beside the sum of the |y_i| ‖c_i‖ that cancel, where they are
	// large since the constraints are nearer than the unit, and farkasMost bounds it.
	farkasRounding, farkasMost = 1e-13, 1e-6
	// farkasNear is the residual of a point that is near enough to a Farkas
	// vector to be projected, farkasSweeps times.
	farkasNear   = 1e-3
	farkasSweeps = 3
	// farkasShare is the share of the largest multiplier below which one is
	// taken to tend to zero.
	farkasShare = 1e-3
	// farkasFall is what a combination has to fall by before it is projected again.
	farkasFall = 0.1
	// rayTol is the largest violation of the conditions on a ray with qᵀ d = -1 that counts
	// as a proof that the objective is unbounded, beside 1/‖q‖: every solution of the dual
	// would have forces above ‖q‖/rayTol.
	rayTol = 1e-9
)

// infeasible returns the proof of infeasibility that a step of the multipliers
// is, or nil. On infeasible constraints the steps of the proximal point
// iteration converge to the multiples of the smallest shift of c that makes
// them feasible, and that shift is a Farkas vector.
func (s *solver) infeasible(step []float64) *Solution {
	sol := s.ray(step)
	if sol == nil || !s.proves(slices.Concat(sol.Mu, sol.Lambda)) {
		return nil
	}
	return sol
}

// ray returns the scaled multipliers as a Farkas vector with the residual it
// has, nil when cᵀ y is not positive.
func (s *solver) ray(scaled []float64) *Solution {
	y := s.unscaled(scaled)
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
	sol.Iterations = s.newtons
	return sol
}

// proof returns the proof of infeasibility that the present point is or leads
// to, or nil. Once the point is near a Farkas vector, its large multipliers are
// projected on Cᵀ y = 0, by
//
//	y ← δ (Q + δ R)⁻¹ R y,
//
// which is exact to rounding and saves the last iterations.
func (h *embedding) proof() (*Solution, error) {
	sol := h.ray(h.y)
	if sol == nil {
		return nil, nil
	}
	if y := slices.Concat(sol.Mu, sol.Lambda); h.proves(y) {
		return sol, nil
	} else if h.combination(y) > farkasNear {
		return nil, nil
	}
	least := farkasShare * maxAbs(h.y)
	for i := range h.mi {
		h.weight[i] = 0
		if h.y[i] < least {
			h.weight[i] = math.Inf(1)
		}
	}
	if err := h.factorize(); err != nil {
		return nil, err
	}
	m := len(h.y)
	y, plain, shifted := slices.Clone(h.y), make([]float64, m), make([]float64, m)
	for i, w := range h.weight {
		if w != 0 {
			y[i] = 0
		}
	}
	for range farkasSweeps {
		h.engine.Mul(plain, y, 0)
		h.engine.Mul(shifted, y, 1)
		floats.Sub(shifted, plain)
		floats.Scale(h.delta, shifted)
		h.engine.Solve(y, shifted)
	}
	return h.infeasible(y), nil
}

// proved returns the proof that there is no solution that the point has come to or leads to, or nil.
func (h *homogeneous) proved(ctx context.Context) (*Solution, error) {
	if h.kappa < h.tau {
		return nil, nil
	}
	y := h.normalized(h.y)
	if y != nil && !h.proves(y) {
		if near := h.combination(y); near <= farkasFall*h.tried && h.left > 0 {
			h.tried, h.left = near, h.left-1
			y = h.normalized(h.projected(ctx))
		}
	}
	if y != nil && h.proves(y) {
		sol := h.farkas(y)
		return sol, infeasibleError(sol)
	}
	if sol := h.falls(slices.Clone(h.x)); sol != nil {
		return sol, errFalls
	}
	return nil, nil
}

// normalized returns multipliers in the units of the program with cᵀ y = 1, nil where cᵀ y is not positive.
func (h *homogeneous) normalized(scaled []float64) []float64 {
	_, y := h.point(h.x, scaled, 1)
	v := floats.Dot(h.program.c, y)
	if !(v > 0) {
		return nil
	}
	floats.Scale(1/v, y)
	if firstNotFinite(y) >= 0 {
		return nil
	}
	return y
}

// projected returns the large multipliers of the point, projected on Cᵀ y = 0: where P is not zero those of
// the central path come there no faster than as the root of the mean complementarity. A sweep solves the
// conditions with [-Cᵀ y; 0], whose rows of small multipliers are left out, and δ as the only weight.
func (h *homogeneous) projected(ctx context.Context) []float64 {
	w, y := make([]float64, h.m), slices.Clone(h.y)
	least := farkasShare * maxAbs(y)
	for i := range h.mi {
		if y[i] < least {
			w[i], y[i] = dropped, 0
		}
	}
	if h.factorize(ctx, w) != nil {
		return h.y
	}
	z := make([]float64, h.n+h.m)
	for range farkasSweeps {
		clear(z)
		h.times(z[:h.n], true, y)
		floats.Scale(-1, z[:h.n])
		h.kkt.solve(z)
		h.drop(z)
		floats.Add(y, z[h.n:])
	}
	return y
}

// unbounded returns the ray along which the objective falls without limit that
// the last step of the centre is, or nil. Only a singular P has one.
func (s *solver) unbounded() *Solution {
	if s.quad.rho == 0 {
		return nil
	}
	d := slices.Clone(s.center)
	floats.Sub(d, s.previous)
	sol := s.falls(d)
	if sol != nil {
		sol.Iterations = s.newtons
	}
	return sol
}

// falls returns d, which it changes, as a ray along which the objective falls without limit,
// nil where it is none.
func (p *program) falls(d []float64) *Solution {
	v := -floats.Dot(p.q, d)
	if !(v > 0) {
		return nil
	}
	floats.Scale(1/v, d)
	pd, rows := make([]float64, p.n), make([]float64, len(p.c))
	p.quad.mul(pd, d)
	p.mulC(rows, d)
	worst := maxAbs(pd)
	for i, r := range rows {
		if p.norm[i] > 0 {
			r /= p.norm[i]
		}
		if i < p.mi {
			r = min(r, 0)
		}
		worst = max(worst, r, -r)
	}
	force := maxAbs(p.q)
	if size := force * maxAbs(d); !(worst*force <= max(rayTol*min(1, size), min(farkasRounding*size, farkasMost))) {
		return nil
	}
	return &Solution{
		X: d, Mu: make([]float64, p.mi), Lambda: make([]float64, p.me),
		Certificate: Certificate{Status: DualInfeasible, Residual: worst},
	}
}
