package contrastive

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Nonnegative minimizes the loss over unit columns without negative entries, as a ReLU leaves
// them: h_i = v_i² / ‖v_i²‖, entry by entry, by L-BFGS on log(excess) from a random start in
// R^d. There are weak local minima at d = k: the best of several starts is the solution.
func (p *Problem) Nonnegative(ctx context.Context, d int, rng *rand.Rand) (*mat.Dense, error) {
	if d < p.K() {
		return nil, fmt.Errorf("contrastive: %d classes in %d dimensions: at least as many dimensions as classes are expected, for a frame of orthogonal means", p.K(), d)
	}
	return squares(ctx, RandomSphere(d, p.N(), rng), func(grad, h *mat.Dense) float64 {
		excess, A := p.excess(Gram(h))
		grad.Mul(h, A)
		grad.Scale(2/excess, grad)
		return math.Log(excess)
	})
}

// squares minimizes f(h), given with its gradient, over h_i = v_i²/‖v_i²‖ from v.
func squares(ctx context.Context, v *mat.Dense, f func(grad, h *mat.Dense) float64) (*mat.Dense, error) {
	d, n := v.Dims()
	h, lengths := mat.NewDense(d, n, nil), make([]float64, n)
	square := func(v *mat.Dense) {
		h.MulElem(v, v)
		for i := range n {
			lengths[i] = column(h, i)
			for a := range d {
				h.Set(a, i, h.At(a, i)/lengths[i])
			}
		}
	}
	v, err := Settled(descend(ctx, v, func(grad, v *mat.Dense) float64 {
		square(v)
		value := f(grad, h)
		for i := range n {
			radial := 0.0
			for a := range d {
				radial += grad.At(a, i) * h.At(a, i)
			}
			for a := range d {
				grad.Set(a, i, 2*v.At(a, i)*(grad.At(a, i)-radial*h.At(a, i))/lengths[i])
			}
		}
		return value
	}))
	if err != nil {
		return nil, err
	}
	square(v)
	return h, nil
}

// Plateau returns nonnegative embeddings in R^k that no small step improves though they are no
// solution, for k ≥ 3: two classes share the axis of the first, a third lies between two
// axes at the angle t, the others have one each. The loss does not depend on t.
func (p *Problem) Plateau(t float64) (*mat.Dense, error) {
	k := p.K()
	if k < 3 {
		return nil, fmt.Errorf("contrastive: %d classes: three or more are expected for the plateau", k)
	}
	U := mat.NewDense(k, k, nil)
	U.Set(0, 0, 1)
	U.Set(0, 1, 1)
	U.Set(1, 2, math.Cos(t))
	U.Set(2, 2, math.Sin(t))
	for c := 3; c < k; c++ {
		U.Set(c, c, 1)
	}
	return p.Spread(U), nil
}
