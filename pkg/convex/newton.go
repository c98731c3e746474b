package convex

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
)

// Constants of the semismooth Newton method.
const (
	// newtonLimit bounds its steps. It takes about ten on hundreds of
	// inequalities and twenty on tens of thousands.
	newtonLimit = 60
	// halvings bounds the halvings of one step, and halvingsTotal those of all.
	// A subproblem that asks for more is so badly conditioned that guesses of
	// its active set do not settle, and another method takes it over.
	halvings, halvingsTotal = 8, 60
)

// semismooth runs Newton's method on min(y + e, gradient) = 0 from e. It
// reports whether the active set settled; e never gets worse.
func (s *solver) semismooth(ctx context.Context, e []float64) (bool, error) {
	m := len(e)
	grad := s.gradient(e)
	weight, last := make([]float64, m), make([]float64, m)
	d, t, h := make([]float64, m), make([]float64, m), make([]float64, m)
	full, left := false, halvingsTotal
	for range newtonLimit {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		copy(last, weight)
		if s.guess(weight, e, grad) == 0 || full && floats.Equal(weight, last) {
			return true, nil
		}
		if err := s.newtonStep(d, e, grad, weight); err != nil {
			return false, err
		}
		alpha := s.search(t, h, e, d, grad)
		if alpha == 0 || left < 0 {
			return false, nil
		}
		left -= int(-math.Log2(alpha))
		full = alpha == 1
		for i, v := range t {
			if i < s.mi && v == -(s.y[i]+e[i]) {
				e[i] = -s.y[i] // exactly on the bound
			} else {
				e[i] += v
			}
		}
		floats.Add(grad, h)
	}
	return false, nil
}

// guess sets the weight of the rows taken to be active to 0 and that of the
// others to infinity, and returns the residual of min(y + e, gradient) = 0, as
// zero if it is rounding only.
func (s *solver) guess(weight, e, grad []float64) float64 {
	var residual float64
	for i, g := range grad {
		v := s.y[i] + e[i]
		if i >= s.mi || v > g {
			weight[i] = 0
			residual = max(residual, math.Abs(g))
		} else {
			weight[i] = math.Inf(1)
			residual = max(residual, math.Abs(v))
		}
	}
	if residual <= s.floor(e) {
		return 0
	}
	return residual
}

// newtonStep stores in d the step to the point where the rows of weight 0 have
// zero gradient and the others zero multipliers.
func (s *solver) newtonStep(d, e, grad, weight []float64) error {
	m := len(d)
	fixed, r := make([]float64, m), make([]float64, m)
	moved := false
	for i, q := range weight {
		if q != 0 {
			fixed[i] = -(s.y[i] + e[i])
			moved = moved || fixed[i] != 0
		}
	}
	if moved {
		s.engine.Mul(r, fixed, s.delta)
	}
	for i := range r {
		r[i] = -grad[i] - r[i]
	}
	if err := s.factorize(weight); err != nil {
		return err
	}
	s.engine.Solve(d, r)
	floats.Add(d, fixed)
	return nil
}

// factorize has the engine factorize and counts it.
func (s *solver) factorize(weight []float64) error {
	if s.newtons++; s.newtons > s.opts.Iterations {
		return errLimit
	}
	return s.engine.Factorize(weight, s.delta)
}

// search halves the step d until the subproblem's objective decreases along
// its projection on the bounds, stores the projected step in t and (Q + δ R) t
// in h, and returns the fraction taken, 0 if none decreases.
func (s *solver) search(t, h, e, d, grad []float64) float64 {
	alpha := 1.0
	for range halvings + 1 {
		for i, v := range d {
			t[i] = alpha * v
			if i < s.mi {
				t[i] = max(t[i], -(s.y[i] + e[i]))
			}
		}
		s.engine.Mul(h, t, s.delta)
		linear, square := floats.Dot(grad, t), floats.Dot(t, h)
		// The change is a difference of numbers of the size of square, known
		// to their rounding only.
		if linear+0.5*square <= 0x1p-48*square {
			return alpha
		}
		alpha /= 2
	}
	return 0
}
