package ntp

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
)

// Ridge is a regularization path as a configuration, all of it JSON.
type Ridge struct {
	Data    Data
	Lambdas []float64 // decreasing
}

// RidgePoint is the minimizer of CE(W) + λ/2 ‖W‖². It is also the minimizer of CE in the
// ball ‖W‖ ≤ Norm, so that the points trace the path of Theorem 1.
type RidgePoint struct {
	Lambda float64
	W      *mat.Dense
	Norm   float64 // ‖W‖, the radius B of the ball
	Excess float64 // CE(W) - Hent

	// Error bounds the distance to the minimizer relative to Norm, by strong convexity.
	Error float64
	// Converged tells that Error reached the tolerance, 1e-8 by Newton's method and that of
	// convex.Path by L-BFGS. Rounding prevents the former when λ is below about 1e-9.
	Converged  bool
	Iterations int // Newton or L-BFGS steps
}

// Path returns the regularization path of the data.
func Path(r Ridge) ([]RidgePoint, error) {
	in, err := r.Data.Instance()
	if err != nil {
		return nil, err
	}
	return in.RidgePath(context.Background(), r.Lambdas)
}

// RidgePath follows the minimizers of CE(W) + λ/2 ‖W‖² along the given λ, which must be
// positive and decreasing, from W = 0: by Newton's method, or by L-BFGS where V·min(d, m)
// is beyond it. A point that stalls above the tolerance is returned with the error it has.
func (in *Instance) RidgePath(ctx context.Context, lambdas []float64) ([]RidgePoint, error) {
	for i, l := range lambdas {
		if !(l > 0) || math.IsInf(l, 1) || i > 0 && l >= lambdas[i-1] {
			return nil, fmt.Errorf("ntp: λ[%d] = %g: the path needs positive, decreasing values", i, l)
		}
	}
	V, d, m := in.Dims()
	if V*min(d, m) <= newtonSize {
		return newNewton(in).path(ctx, lambdas)
	}
	return in.gradientPath(ctx, lambdas)
}

// gradientPath is RidgePath by L-BFGS.
func (in *Instance) gradientPath(ctx context.Context, lambdas []float64) ([]RidgePoint, error) {
	V, d, _ := in.Dims()
	path, err := convex.Path(ctx, in.smooth(), lambdas, make([]float64, V*d))
	points := make([]RidgePoint, len(path))
	for i, p := range path {
		points[i] = RidgePoint{
			Lambda: p.Lambda, W: mat.NewDense(V, d, p.X), Norm: p.Norm, Excess: p.Value,
			Error: p.Error, Converged: p.Status == convex.Optimal, Iterations: p.Iterations,
		}
	}
	return points, err
}

// smooth returns CE - Hent with its gradient as a function of the rows of W.
func (in *Instance) smooth() convex.Smooth {
	V, d, m := in.Dims()
	L := mat.NewDense(V, m, nil)
	return func(grad, x []float64) float64 {
		W, G := mat.NewDense(V, d, x), mat.NewDense(V, d, grad)
		L.Mul(W, in.H)
		inside, outside := in.split(L)
		R := in.labels.Residual(L)
		R.Apply(func(_, j int, r float64) float64 { return -in.Pi[j] * r }, R)
		G.Mul(R, in.H.T())
		return inside + outside
	}
}
