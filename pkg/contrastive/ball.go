package contrastive

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
)

// Constants of projected gradients.
const (
	// growth and shrink are the factors of the step after a step that went down and one
	// that did not.
	growth, shrink = 1.5, 0.5
	// stallLimit is how many steps in a row may bring nothing that a value shows before a run
	// ends.
	stallLimit = 20
	// leastStep ends a run: no step that changes a unit vector at all goes down.
	leastStep = 1e-18
)

// Descent is where a run of projected gradients ended.
type Descent struct {
	H     *mat.Dense
	Steps int
	// Moved is the length of ‖H - proj(H - ∇L)‖, zero at a first-order stationary point.
	Moved float64
}

// Ball minimizes the loss over ‖h_i‖ ≤ 1 by projected gradients with backtracking,
//
//	H ← proj( H - η ∇L(H) ),   ∇L(H) = 2 H A,
//
// from H, which it does not change, until ‖H - proj(H - ∇L)‖ ≤ tolerance or so many steps.
// Every step goes down, so that it cannot leave the valley of its start as line searches may.
func (p *Problem) Ball(ctx context.Context, H *mat.Dense, tolerance float64, steps int) (*Descent, error) {
	return p.project(ctx, H, tolerance, steps, false, intoBall)
}

// Inside minimizes the loss over ‖h_i‖ ≤ 1 as [Problem.Sphere] does on the sphere: h_i is what
// the first d coordinates are of a point of the sphere in R^{d+1}. The projection of that sphere
// on the ball maps neighbourhoods onto neighbourhoods, so that local minima are the same. The
// start lies inside, ‖h_i‖ < 1, as a point on the boundary would stay there.
func (p *Problem) Inside(ctx context.Context, H *mat.Dense) (*mat.Dense, error) {
	if err := p.check(H); err != nil {
		return nil, err
	}
	d, n := H.Dims()
	up := mat.NewDense(d+1, n, nil)
	up.Slice(0, d, 0, n).(*mat.Dense).Copy(H)
	for i := range n {
		length := column(H, i)
		if !(length < 1) {
			return nil, fmt.Errorf("contrastive: embedding %d has the length %v: a start inside the ball is expected, as those on its boundary would not leave it", i, length)
		}
		up.Set(d, i, math.Sqrt(1-length*length))
	}
	end, err := descend(ctx, up, func(grad, v *mat.Dense) float64 {
		h := v.Slice(0, d, 0, n)
		excess, A := p.excess(Gram(h))
		grad.Zero()
		g := grad.Slice(0, d, 0, n).(*mat.Dense)
		g.Mul(h, A)
		g.Scale(2/excess, g)
		return math.Log(excess)
	})
	if end == nil {
		return nil, err
	}
	return mat.DenseCopyOf(end.Slice(0, d, 0, n)), err
}

// SphereDescent is Ball on ‖h_i‖ = 1, which projects by dividing by the length.
func (p *Problem) SphereDescent(ctx context.Context, H *mat.Dense, tolerance float64, steps int) (*Descent, error) {
	return p.project(ctx, H, tolerance, steps, false, ontoSphere)
}

// NonnegativeDescent is SphereDescent on the part of the sphere without negative entries.
func (p *Problem) NonnegativeDescent(ctx context.Context, H *mat.Dense, tolerance float64, steps int) (*Descent, error) {
	return p.project(ctx, H, tolerance, steps, true, ontoSphere)
}

func intoBall(H *mat.Dense, i int) float64 { return math.Max(1, column(H, i)) }
func ontoSphere(H *mat.Dense, i int) float64 {
	if l := column(H, i); l > 0 {
		return l
	}
	return 1
}

func (p *Problem) project(ctx context.Context, H *mat.Dense, tolerance float64, steps int, positive bool, length func(*mat.Dense, int) float64) (*Descent, error) {
	if err := p.check(H); err != nil {
		return nil, err
	}
	d, n := H.Dims()
	moved := func(to, from, grad *mat.Dense, eta float64) *mat.Dense {
		for i := range n {
			for a := range d {
				x := from.At(a, i) - eta*grad.At(a, i)
				if positive {
					x = math.Max(0, x)
				}
				to.Set(a, i, x)
			}
			l := length(to, i)
			for a := range d {
				to.Set(a, i, to.At(a, i)/l)
			}
		}
		return to
	}
	grad, next, test := mat.NewDense(d, n, nil), mat.NewDense(d, n, nil), mat.NewDense(d, n, nil)
	at := &Descent{H: moved(mat.NewDense(d, n, nil), H, mat.NewDense(d, n, nil), 0)}
	value, A := p.excess(Gram(at.H))
	eta, stalled := 0.1/p.R, 0
	for ; at.Steps < steps; at.Steps++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		grad.Mul(at.H, A)
		grad.Scale(2, grad)
		test.Sub(moved(test, at.H, grad, 1), at.H)
		at.Moved = mat.Norm(test, 2)
		if at.Moved <= tolerance {
			return at, nil
		}
		for {
			moved(next, at.H, grad, eta)
			newValue, newA := p.excess(Gram(next))
			test.Sub(next, at.H)
			step := mat.Norm(test, 2)
			if newValue <= value-1e-4*step*step/eta {
				if value-newValue <= 1e-15*value {
					stalled++
				} else {
					stalled = 0
				}
				at.H, next = next, at.H
				value, A = newValue, newA
				eta *= growth
				break
			}
			eta *= shrink
			if eta < leastStep {
				return at, nil
			}
		}
		if stalled >= stallLimit {
			return at, nil
		}
	}
	return at, nil
}

// Ridge minimizes L(H) + λ/2 ‖H‖² by L-BFGS from H.
func (p *Problem) Ridge(ctx context.Context, H *mat.Dense, lambda float64) (*mat.Dense, float64, error) {
	if err := p.check(H); err != nil {
		return nil, 0, err
	}
	if !(lambda > 0) {
		return nil, 0, fmt.Errorf("contrastive: ridge λ = %v: a positive number is expected; without a ridge norms grow for ever", lambda)
	}
	d, n := H.Dims()
	m := convex.LBFGS{Memory: sphereMemory, F: func(grad, x []float64) float64 {
		h, g := mat.NewDense(d, n, x), mat.NewDense(d, n, grad)
		excess, A := p.excess(Gram(h))
		g.Mul(h, A)
		g.Scale(2, g)
		norm := 0.0
		for i, v := range x {
			grad[i] += lambda * v
			norm += v * v
		}
		return excess + lambda/2*norm
	}}
	end, err := m.Minimize(ctx, &convex.Options{Tolerance: sphereTolerance, Iterations: sphereLimit}, mat.DenseCopyOf(H).RawMatrix().Data)
	if end == nil {
		return nil, 0, err
	}
	return mat.NewDense(d, n, end.X), p.Floor() + end.Value, err
}
