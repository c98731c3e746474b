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

// The constants of the optimizer: its rate falls to zero along a line.
const stepSize, firstMoment, secondMoment, epsilon = 1e-3, 0.9, 0.999, 1e-8

// AdamR is AdamR-L2 of package optim.
func AdamR(lambda float64, steps int) optim.Optimizer {
	return optim.AdamR(optim.Linear(stepSize, steps), firstMoment, secondMoment, epsilon, lambda, false)
}

// Rests are where AdamR-L2 ends from 0 after so many steps, for each λ: in plain loops, since the
// device's share of a step on five coordinates is less than the call's. With meanless r is 1.
func (x Quadratic) Rests(meanless bool, steps int, lambdas ...float64) (all [][]float64) {
	for _, lambda := range lambdas {
		all = append(all, x.descend(meanless, steps, steps, lambda))
	}
	return all
}

// descend makes the first steps of total ones of [AdamR], or with meanless of AdamW: θ_P is zero.
func (x Quadratic) descend(meanless bool, steps, total int, lambda float64) []float64 {
	n := len(x.A)
	theta, m, v, g := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	beta1, beta2 := 1.0, 1.0 // powers
	for k := range steps {
		for i := range n {
			g[i] = 0
			for j := range n {
				g[i] += x.H.At(i, j) * (theta[j] - x.A[j])
			}
		}
		beta1, beta2 = beta1*firstMoment, beta2*secondMoment
		square := 0.0
		for i := range n {
			m[i] = firstMoment*m[i] + (1-firstMoment)*g[i]
			v[i] = secondMoment*v[i] + (1-secondMoment)*g[i]*g[i]
			square += v[i] / (1 - beta2) / float64(n)
		}
		r := math.Sqrt(square)
		if meanless || r == 0 {
			r = 1
		}
		rate := stepSize * (1 - float64(k)/float64(total))
		for i := range n {
			theta[i] -= rate * (m[i]/(1-beta1)/(math.Sqrt(v[i]/(1-beta2))+epsilon) + lambda/r*theta[i])
		}
	}
	return theta
}

// OnDevice makes the first steps of total ones of an optimizer of package optim.
func (x Quadratic) OnDevice(ctx context.Context, backend string, o optim.Optimizer, steps int) ([]float64, error) {
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
	loop, err := xla.NewLoop(b, optim.Step(optim.Autodiff(loss), o, 1), nil)
	if err != nil {
		return nil, err
	}
	defer loop.Close()
	start := tensors.FromFlatDataAndDimensions(make([]float64, n), n)
	args := []*tensors.Tensor{tensors.FromFlatDataAndDimensions(H, n, n), tensors.FromFlatDataAndDimensions(x.A, n)}
	if err := loop.Start(optim.State(o, start), args); err != nil {
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
}

// Departures are how far the first steps of AdamR in plain loops, and of AdamW, are from those of
// AdamR by package optim, for each λ.
func (x Quadratic) Departures(ctx context.Context, backend string, steps, total int, lambdas ...float64) (same, other []float64, err error) {
	for _, lambda := range lambdas {
		theta, err := x.OnDevice(ctx, backend, AdamR(lambda, total), steps)
		if err != nil {
			return nil, nil, err
		}
		same = append(same, Farthest(theta, x.descend(false, steps, total, lambda)))
		other = append(other, Farthest(theta, x.descend(true, steps, total, lambda)))
	}
	return same, other, nil
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
