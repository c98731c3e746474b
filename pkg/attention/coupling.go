package attention

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/marginalia-ml/marginalia/pkg/maxmargin"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Coupling says how much the sequences of a problem help and hinder each other, in
// numbers of the Gram matrix K alone (derived here). Under gradient flow
//
//	ds_i/dt = Σ_j c_j π_iᵀ K_ij π_j ≥ ν_i c_i - max_t Σ_{j≠i} κ_{(i,t),j} c_j.
type Coupling struct {
	*Kernel
	// Own is ν_i = min over the simplex of πᵀ K_ii π, the squared distance of the
	// optimal token from the convex hull of the others times ‖x_{i,1}‖²: the least
	// that a sequence does for itself. It is a lower bound with relative error at
	// most OwnGap.
	Own    []float64
	OwnGap float64
	// Cross is κ_{(i,t),j} = max_s (-K_{(i,t),(j,s)})_+ for j ≠ i, the most that
	// sequence j takes from a margin of sequence i, [N(T-1), N].
	Cross *mat.Dense
	// Least is k_i = min_{t,s} K_{(i,t),(i,s)}: where it is positive it can stand for
	// ν_i, and then steps of every length obey what the flow obeys.
	Least []float64
	// Spread is D_i = max_{t,t'} ‖V_{i,t} - V_{i,t'}‖ and Range, [N, N], is
	// o_ij = max_s (max_t - min_t) K_{(i,t),(j,s)}: how unequally a step moves the
	// margins of a sequence. Both are 0 for T = 2.
	Spread []float64
	Range  *mat.Dense
}

// Coupling returns the numbers.
func (k *Kernel) Coupling(ctx context.Context) (*Coupling, error) {
	m := k.T - 1
	c := &Coupling{
		Kernel: k, Own: make([]float64, k.N), Least: make([]float64, k.N), Spread: make([]float64, k.N),
		Cross: mat.NewDense(k.Rows(), k.N, nil), Range: mat.NewDense(k.N, k.N, nil),
	}
	for i := range k.N {
		for j := range k.N {
			block := k.block(i, j)
			if j != i {
				for t := range m {
					for s := range m {
						c.Cross.Set(i*m+t, j, math.Max(c.Cross.At(i*m+t, j), -block.At(t, s)))
					}
				}
			}
			for s := range m {
				column := mat.Col(nil, s, block)
				c.Range.Set(i, j, math.Max(c.Range.At(i, j), floats.Max(column)-floats.Min(column)))
			}
		}
		own := sub{k.K, i * m, i * m, m}
		c.Least[i] = mat.Min(own)
		for t := range m {
			for s := range t {
				c.Spread[i] = math.Max(c.Spread[i], math.Sqrt(math.Max(0, own.At(t, t)+own.At(s, s)-2*own.At(t, s))))
			}
		}
		low, high, err := nearest(ctx, own.symmetric())
		if err != nil {
			return nil, fmt.Errorf("sequence %d: %w", i, err)
		}
		c.Own[i] = low
		if high > 0 {
			c.OwnGap = math.Max(c.OwnGap, 1-low/high)
		}
	}
	return c, nil
}

// Most returns κ_ij = max_t κ_{(i,t),j}, [N, N], with a zero diagonal.
func (c *Coupling) Most() *mat.Dense {
	most := mat.NewDense(c.N, c.N, nil)
	for r := range c.Rows() {
		for j := range c.N {
			i := r / (c.T - 1)
			most.Set(i, j, math.Max(most.At(i, j), c.Cross.At(r, j)))
		}
	}
	return most
}

// nearest returns bounds low ≤ min πᵀKπ ≤ high over the simplex for a positive
// semidefinite K: the squared distance of the origin from the convex hull of vectors
// with Gram matrix K. A point π gives high = πᵀKπ, and, as the dual vector Σ π v has
// ⟨v_t, Σ π v⟩ = (Kπ)_t, low = (min Kπ)_+²/πᵀKπ. At the optimum they are equal; the
// optimum is that of the max-margin program of these vectors, scaled to sum 1.
func nearest(ctx context.Context, K *mat.SymDense) (low, high float64, err error) {
	n := K.SymmetricDim()
	if n == 1 {
		return K.At(0, 0), K.At(0, 0), nil
	}
	pi := maxmargin.AllActive(K)
	if pi == nil {
		// A Farkas vector where the hull holds the origin: then high is about 0.
		if pi, err = multipliers(ctx, K); err != nil && !errors.Is(err, ErrInfeasible) {
			return 0, 0, err
		}
	}
	low, high = bracket(K, pi)
	return low, high, nil
}

// bracket returns the bounds of nearest from weights that are not negative.
func bracket(K *mat.SymDense, weights []float64) (low, high float64) {
	pi := append([]float64(nil), weights...)
	floats.Scale(1/floats.Sum(pi), pi)
	var Kpi mat.VecDense
	Kpi.MulVec(K, mat.NewVecDense(len(pi), pi))
	high = math.Max(0, floats.Dot(pi, Kpi.RawVector().Data))
	if least := floats.Min(Kpi.RawVector().Data); least > 0 {
		low = math.Min(high, least*least/high)
	}
	return low, high
}
