package convex

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
)

// Constants of the interior point method.
const (
	// interiorLimit bounds its iterations; ten to twenty are usual.
	interiorLimit = 80
	// boundary is the fraction of the way to the boundary that is taken
	// (Mehrotra, "On the implementation of a primal-dual interior point
	// method", 1992).
	boundary = 0.995
	// interiorGap is the mean complementarity at which the active set can be
	// read off, relative to the size of multipliers times slacks.
	interiorGap = 1e-14
	// shortStep is the step length below which rounding has taken over.
	shortStep = 1e-6
)

// interior minimizes the subproblem by Mehrotra's predictor-corrector method,
// starting from nothing, and stores the step in e if that is better than what
// was there. With z = y + e and s the gradient, both positive on the
// inequalities, a system is
//
//	(Q + δ R + diag(s/z)) Δe = -w - (Q + δ R) e + (τ - Δz Δs)/z.
func (s *solver) interior(ctx context.Context, e []float64) error {
	it, err := s.newIterate()
	if err != nil {
		return err
	}
	for range interiorLimit {
		if err := ctx.Err(); err != nil {
			return err
		}
		if it.gap() <= interiorGap*it.size() {
			break
		}
		alpha, err := it.advance()
		if err != nil {
			return err
		}
		if alpha < shortStep {
			break
		}
	}
	it.finish(e)
	return nil
}

// iterate is a point of the interior point method.
type iterate struct {
	*solver
	e, grad []float64 // step and gradient of the subproblem there
	z, s    []float64 // positive estimates of y + e and of the gradient
	weight  []float64
	de, ds  []float64
	rhs     []float64
}

// newIterate returns Mehrotra's starting point: the minimizer with all
// multipliers pulled to zero, pushed inside.
func (s *solver) newIterate() (*iterate, error) {
	m := len(s.c)
	it := &iterate{
		solver: s,
		e:      make([]float64, m), grad: make([]float64, m),
		z: make([]float64, s.mi), s: make([]float64, s.mi),
		weight: make([]float64, m), de: make([]float64, m), ds: make([]float64, s.mi), rhs: make([]float64, m),
	}
	for i := range m {
		if i < s.mi {
			it.weight[i] = 1
		}
		it.rhs[i] = -s.w[i]
	}
	if err := s.factorize(it.weight); err != nil {
		return nil, err
	}
	s.engine.solve(it.e, it.rhs)
	it.grad = s.gradient(it.e)
	low := 0.0
	for i := range it.z {
		it.z[i] = s.y[i] + it.e[i]
		it.s[i] = it.grad[i]
		low = max(low, -it.z[i], -it.s[i])
	}
	// Both are moved inside by as much as the worse one needs, and then apart
	// from zero by the mean of what they hold.
	push := 1.5*low + 1e-3*max(maxAbs(s.w), maxAbs(it.z))
	for i := range it.z {
		it.z[i] += push
		it.s[i] += push
		it.e[i] = it.z[i] - s.y[i]
	}
	it.grad = s.gradient(it.e)
	return it, nil
}

// gap returns the mean complementarity.
func (it *iterate) gap() float64 {
	return floats.Dot(it.z, it.s) / max(1, float64(len(it.z)))
}

// size returns what gap is to be compared with.
func (it *iterate) size() float64 {
	return max(maxAbs(it.z), maxAbs(it.w)) * max(maxAbs(it.s), maxAbs(it.w))
}

// advance takes a predictor-corrector step and returns its length.
func (it *iterate) advance() (float64, error) {
	for i := range it.z {
		it.weight[i] = it.s[i] / it.z[i]
	}
	if err := it.factorize(it.weight); err != nil {
		return 0, err
	}
	corr := make([]float64, len(it.z))
	it.direction(corr)
	alpha := it.longest()
	var after float64
	for i := range it.z {
		after += (it.z[i] + alpha*it.de[i]) * (it.s[i] + alpha*it.ds[i])
	}
	gap := it.gap()
	sigma := math.Pow(max(0, after/max(1, float64(len(it.z))))/gap, 3)
	for i := range corr {
		corr[i] = (sigma*gap - it.de[i]*it.ds[i]) / it.z[i]
	}
	it.direction(corr)
	alpha = min(1, boundary*it.longest())
	floats.AddScaled(it.e, alpha, it.de)
	floats.AddScaled(it.z, alpha, it.de[:it.mi])
	floats.AddScaled(it.s, alpha, it.ds)
	it.grad = it.gradient(it.e)
	return alpha, nil
}

// direction solves for the step with the given correction of complementarity.
func (it *iterate) direction(corr []float64) {
	for i, g := range it.grad {
		it.rhs[i] = -g
		if i < it.mi {
			it.rhs[i] += corr[i]
		}
	}
	it.engine.solve(it.de, it.rhs)
	for i := range it.ds {
		it.ds[i] = corr[i] - it.s[i] - it.weight[i]*it.de[i]
	}
}

// longest returns the largest step, at most 1, that keeps z and s positive.
func (it *iterate) longest() float64 {
	alpha := 1.0 / boundary
	for i := range it.z {
		if it.de[i] < 0 {
			alpha = min(alpha, -it.z[i]/it.de[i])
		}
		if it.ds[i] < 0 {
			alpha = min(alpha, -it.s[i]/it.ds[i])
		}
	}
	return min(alpha, 1/boundary)
}

// finish stores the step in e, multipliers that are smaller than their slack
// set to zero, if the subproblem's objective is lower there.
func (it *iterate) finish(e []float64) {
	for i := range it.z {
		if it.z[i] < it.s[i] {
			it.e[i] = -it.y[i]
		}
	}
	if it.objective(it.e) < it.objective(e) {
		copy(e, it.e)
	}
}

// objective returns 1/2 eᵀ (Q + δ R) e + wᵀ e.
func (s *solver) objective(e []float64) float64 {
	h := make([]float64, len(e))
	s.engine.mul(h, e, s.delta)
	return 0.5*floats.Dot(e, h) + floats.Dot(s.w, e)
}
