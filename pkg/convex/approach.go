package convex

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// Constants of the approach.
const (
	// approachRows is the number of inequalities from which Newton's method does
	// not start at zero. From there its first guesses wander, or with hundreds of
	// tokens do not settle at all, and each costs many gradients: 24,000
	// inequalities of 50 tokens took 22 systems, 49,500 of 200 tokens 49, most of
	// them of the interior point method. After the approach both take 5.
	approachRows = 10000
	// approachLimit bounds the gradients; 100 to 150 are usual.
	approachLimit = 300
	// approachChange is the share of the inequalities that may join or leave the
	// active ones in a step at the end. With three times as many Newton's method
	// takes twice the systems, with a tenth no fewer.
	approachChange = 1e-3
	// approachSettled is the number of steps in a row that may change no more.
	approachSettled = 5
	// powerSteps is the number of products that find the largest curvature, and
	// powerMargin is for what they miss.
	powerSteps  = 20
	powerMargin = 1.1
)

// approach brings the multipliers of a large program near the solution by
// accelerated projected gradients on the dual (Nesterov, "A method of solving a
// convex programming problem with convergence rate O(1/k²)", 1983), restarted where
// the momentum points uphill, until the active set hardly changes. Where it goes on
// changing, as when nothing is feasible, they stay as they are.
func (s *solver) approach(ctx context.Context) {
	if s.mi < approachRows {
		return
	}
	m := len(s.c)
	start := slices.Clone(s.w) // the gradient at zero
	step := 1 / s.curvature()
	y, ahead, next, grad := make([]float64, m), make([]float64, m), make([]float64, m), make([]float64, m)
	theta, settled := 1.0, 0
	for range approachLimit {
		if ctx.Err() != nil {
			return
		}
		s.engine.Mul(grad, ahead, 0)
		floats.Add(grad, start)
		uphill, changes := 0.0, 0
		for i, a := range ahead {
			next[i] = a - step*grad[i]
			if i < s.mi {
				next[i] = math.Max(next[i], 0)
				if (next[i] > 0) != (y[i] > 0) {
					changes++
				}
			}
			uphill += (a - next[i]) * (next[i] - y[i])
		}
		if uphill > 0 {
			theta = 1
		}
		grown := (1 + math.Sqrt(1+4*theta*theta)) / 2
		for i, v := range next {
			ahead[i] = v + (theta-1)/grown*(v-y[i])
		}
		y, next, theta = next, y, grown
		if settled++; float64(changes) > approachChange*float64(s.mi) {
			settled = 0
		}
		if settled == approachSettled {
			copy(s.y, y)
			s.primal()
			return
		}
	}
}

// curvature returns an upper bound of the largest eigenvalue of Q.
func (s *solver) curvature() float64 {
	x, image := make([]float64, len(s.c)), make([]float64, len(s.c))
	for i := range x {
		x[i] = 1 + float64(i%7) // no eigenvector
	}
	value := 0.0
	for range powerSteps {
		floats.Scale(1/floats.Norm(x, 2), x)
		s.engine.Mul(image, x, 0)
		value = floats.Norm(image, 2)
		x, image = image, x
	}
	return powerMargin * value
}
