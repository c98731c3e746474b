package convex

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
)

const (
	// cgTol is the residual, relative to the right side, at which conjugate
	// gradients stop. The outer iteration measures what it is worth.
	cgTol = 1e-12
	// cgLimit bounds the iterations of a system.
	cgLimit = 5000
)

// cgEngine is the engine for programs too large for a factor. It needs
// products only and solves Newton systems by conjugate gradients,
// preconditioned by the diagonal, which is δ + 1 + weight since rows have norm
// one. The metric is the identity.
type cgEngine struct {
	*program
	ctx    context.Context // ends a system
	weight []float64
	delta  float64
}

func (e *cgEngine) Mul(dst, y []float64, delta float64) {
	e.product(dst, y)
	floats.AddScaled(dst, delta, y)
}

func (e *cgEngine) Factorize(weight []float64, delta float64) error {
	e.weight, e.delta = append(e.weight[:0], weight...), delta
	return nil
}

// system stores (Q + δ I + diag(weight))_FF x in dst, x being zero outside F.
func (e *cgEngine) system(dst, x []float64) {
	e.Mul(dst, x, e.delta)
	for i, w := range e.weight {
		if math.IsInf(w, 1) {
			dst[i] = 0
		} else {
			dst[i] += w * x[i]
		}
	}
}

func (e *cgEngine) Solve(d, r []float64) {
	m := len(d)
	clear(d)
	res, pre, dir, image := make([]float64, m), make([]float64, m), make([]float64, m), make([]float64, m)
	for i, w := range e.weight {
		if !math.IsInf(w, 1) {
			res[i] = r[i]
		}
	}
	goal := cgTol * floats.Norm(res, 2)
	var old float64
	for range cgLimit {
		if floats.Norm(res, 2) <= goal || e.ctx.Err() != nil {
			return
		}
		for i, w := range e.weight {
			pre[i] = res[i] / (1 + e.delta + w)
		}
		now := floats.Dot(res, pre)
		if old == 0 {
			copy(dir, pre)
		} else {
			floats.Scale(now/old, dir)
			floats.Add(dir, pre)
		}
		old = now
		e.system(image, dir)
		curve := floats.Dot(dir, image)
		if !(curve > 0) {
			return
		}
		floats.AddScaled(d, now/curve, dir)
		floats.AddScaled(res, -now/curve, image)
	}
}
