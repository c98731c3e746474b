package study

import (
	"context"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/xla"
)

// Quadratic is ½ (θ−a)ᵀ H (θ−a), descended from θ_P = 0.
type Quadratic struct {
	H mat.Symmetric
	A []float64
}

// Separable has the curvatures h.
func Separable(h, a []float64) Quadratic { return Quadratic{mat.NewDiagDense(len(h), h), a} }

// Bent is the dense example at which ‖θ‖ is not monotone in λ.
func Bent() Quadratic {
	return Quadratic{mat.NewSymDense(4, []float64{
		1.24, 2.21, 1.29, -0.37,
		2.21, 7.97, 2.32, 3.13,
		1.29, 2.32, 2.95, 2.12,
		-0.37, 3.13, 2.12, 9.0}), []float64{-1.21, 0, 0.66, -1.29}}
}

// AdamR is AdamR-L2 at the rate 10⁻³, falling to zero along a line.
func AdamR(lambda float64, steps int) optim.Optimizer {
	return optim.AdamR(optim.Linear(1e-3, steps), 0.9, 0.999, 1e-8, lambda, false)
}

// AdamW is AdamR without its mean, r = 1: θ_P is zero here.
func AdamW(lambda float64, steps int) optim.Optimizer {
	return optim.AdamW(optim.Linear(1e-3, steps), 0.9, 0.999, 1e-8, lambda)
}

// Descend runs an optimizer from 0 for each λ.
func (x Quadratic) Descend(ctx context.Context, backend string, optimizer func(lambda float64, steps int) optim.Optimizer, steps int, lambdas ...float64) (all [][]float64, err error) {
	b, err := xla.Open(backend)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	n := len(x.A)
	H := make([]float64, 0, n*n)
	for i := range n {
		for j := range n {
			H = append(H, x.H.At(i, j))
		}
	}
	loss := func(params, args []*Node) *Node {
		away := Sub(params[0], args[1]) // [n]
		return MulScalar(ReduceAllSum(Mul(away, Einsum("ij,j->i", args[0], away))), 0.5)
	}
	for _, lambda := range lambdas {
		theta, err := func() ([]float64, error) {
			opt := optimizer(lambda, steps)
			loop, err := xla.NewLoop(b, optim.Step(optim.Autodiff(loss), opt, 1), nil)
			if err != nil {
				return nil, err
			}
			defer loop.Close()
			start := tensors.FromFlatDataAndDimensions(make([]float64, n), n)
			args := []*tensors.Tensor{tensors.FromFlatDataAndDimensions(H, n, n), tensors.FromFlatDataAndDimensions(x.A, n)}
			if err := loop.Start(optim.State(opt, start), args); err != nil {
				return nil, err
			}
			if err := loop.Run(ctx, steps); err != nil {
				return nil, err
			}
			state, err := loop.State()
			if err != nil {
				return nil, err
			}
			return tensors.CopyFlatData[float64](state[0])
		}()
		if err != nil {
			return nil, err
		}
		all = append(all, theta)
	}
	return all, nil
}

// Ridge is the minimiser of ½ (θ−a)ᵀ H (θ−a) + λ/2 ‖θ‖² for a diagonal H: what AdamR would
// end at if it shrank.
func (x Quadratic) Ridge(lambda float64) []float64 {
	theta := make([]float64, len(x.A))
	for i, a := range x.A {
		theta[i] = x.H.At(i, i) * a / (x.H.At(i, i) + lambda)
	}
	return theta
}

// Farthest is max |x_i − y_i|.
func Farthest(x, y []float64) float64 {
	far := 0.0
	for i := range x {
		far = max(far, math.Abs(x[i]-y[i]))
	}
	return far
}

// Length is ‖x‖.
func Length(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return math.Sqrt(sum)
}

// Targets are n Gaussian numbers.
func Targets(rng *rand.Rand, n int) []float64 {
	a := make([]float64, n)
	for i := range a {
		a[i] = rng.NormFloat64()
	}
	return a
}
