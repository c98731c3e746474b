package theory

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Design is what G groups have seen: X_g [n_g, d]. Their outputs are y_g = X_g w_g + noise of
// variance σ², where w_g = u + v_g has a shared part u, about which nothing is assumed, and
// one of its own, whose coordinates are independent with mean 0 and variance τ².
type Design []*mat.Dense

// NewDesign draws inputs of independent normal coordinates, n[g] of them for group g.
func NewDesign(rng *rand.Rand, d int, n ...int) Design {
	X := make(Design, len(n))
	for g := range X {
		X[g] = mat.NewDense(n[g], d, nil)
		for i := range n[g] {
			for j := range d {
				X[g].Set(i, j, rng.NormFloat64())
			}
		}
	}
	return X
}

// size returns the number of groups, inputs and coordinates.
func (X Design) size() (G, n, d int) {
	for _, x := range X {
		r, c := x.Dims()
		n, d = n+r, c
	}
	return len(X), n, d
}

// shared stacks the X_g, [n, d]; own puts them on a diagonal, [n, G d].
func (X Design) shared() *mat.Dense {
	_, n, d := X.size()
	all, from := mat.NewDense(n, d, nil), 0
	for _, x := range X {
		r, _ := x.Dims()
		all.Slice(from, from+r, 0, d).(*mat.Dense).Copy(x)
		from += r
	}
	return all
}

func (X Design) own() *mat.Dense {
	G, n, d := X.size()
	all, from := mat.NewDense(n, G*d, nil), 0
	for g, x := range X {
		r, _ := x.Dims()
		all.Slice(from, from+r, g*d, (g+1)*d).(*mat.Dense).Copy(x)
		from += r
	}
	return all
}

// Predictor is a linear map from the outputs of all groups, one after the other, to the
// estimates of all w_g: [G d, n].
type Predictor struct{ *mat.Dense }

// tile puts G copies of a [d, n] one under the other.
func tile(a mat.Matrix, G int) *mat.Dense {
	d, n := a.Dims()
	all := mat.NewDense(G*d, n, nil)
	for g := range G {
		all.Slice(g*d, (g+1)*d, 0, n).(*mat.Dense).Copy(a)
	}
	return all
}

// rankTol is the least ratio of singular values of inputs that count as of full rank: round-off
// of a few hundred terms, with room.
const rankTol = 1e-12

// pinv returns (xᵀx)⁻¹xᵀ, [d, n], of inputs with full rank.
func pinv(x *mat.Dense) (*mat.Dense, error) {
	n, d := x.Dims()
	if cond := mat.Cond(x, 2); n < d || !(cond*rankTol < 1) {
		return nil, fmt.Errorf("%d inputs of %d coordinates with condition number %.3g, want full rank: a number below %g", n, d, cond, 1/rankTol)
	}
	var a mat.Dense
	err := a.Solve(x, eye(n))
	return &a, err
}

// SharedOnly is least squares with one w for all groups. The stacked inputs need rank d.
func (X Design) SharedOnly() (Predictor, error) {
	a, err := pinv(X.shared())
	if err != nil {
		return Predictor{}, fmt.Errorf("theory: all groups together have %w", err)
	}
	return Predictor{tile(a, len(X))}, nil
}

// GroupOnly is least squares in each group by itself. Every X_g needs rank d.
func (X Design) GroupOnly() (Predictor, error) {
	G, n, d := X.size()
	all, from := mat.NewDense(G*d, n, nil), 0
	for g, x := range X {
		r, _ := x.Dims()
		a, err := pinv(x)
		if err != nil {
			return Predictor{}, fmt.Errorf("theory: group %d has %w", g, err)
		}
		all.Slice(g*d, (g+1)*d, from, from+r).(*mat.Dense).Copy(a)
		from += r
	}
	return Predictor{all}, nil
}

// Joint minimises, over u and all v_g,
//
//	Σ_g ‖y_g − X_g (u + v_g)‖² + λ Σ_g ‖v_g‖²
//
// and predicts u + v_g. For λ = σ²/τ² it is the best linear unbiased predictor (Henderson
// 1975), so that its [Predictor.MSE] is at most that of any other linear predictor that is
// unbiased for every u. λ > 0, and the stacked inputs need rank d.
func (X Design) Joint(lambda float64) (Predictor, error) {
	G, n, d := X.size()
	if !(lambda > 0) {
		return Predictor{}, fmt.Errorf("theory: λ = %v, want a positive number", lambda)
	}
	if _, err := pinv(X.shared()); err != nil {
		return Predictor{}, fmt.Errorf("theory: all groups together have %w", err)
	}
	// Normal equations of (u, v_1, ..., v_G) with Z = [shared, own].
	var Z, A, K mat.Dense
	Z.Augment(X.shared(), X.own())
	A.Mul(Z.T(), &Z)
	for j := d; j < (G+1)*d; j++ {
		A.Set(j, j, A.At(j, j)+lambda)
	}
	if err := K.Solve(&A, Z.T()); err != nil {
		return Predictor{}, fmt.Errorf("theory: the normal equations with λ = %v: %w", lambda, err)
	}
	all := tile(K.Slice(0, d, 0, n), G)
	all.Add(all, K.Slice(d, (G+1)*d, 0, n))
	return Predictor{all}, nil
}

// Bias returns A X − [I; ...; I], [G d, d], which is zero for a predictor that is right on the
// average whatever u is.
func (a Predictor) Bias(X Design) *mat.Dense {
	G, _, d := X.size()
	var b mat.Dense
	b.Mul(a.Dense, X.shared())
	b.Sub(&b, tile(eye(d), G))
	return &b
}

// MSE returns (1/G) Σ_g E‖ŵ_g − w_g‖² given the inputs, for an unbiased predictor A,
//
//	(τ² ‖A X_own − I‖² + σ² ‖A‖²)/G
//
// with X_own the block diagonal of the X_g and Frobenius norms. It is exact: there is no
// draw of outputs in it.
func (a Predictor) MSE(X Design, tau, sigma float64) float64 {
	G, _, d := X.size()
	var own mat.Dense
	own.Mul(a.Dense, X.own())
	own.Sub(&own, eye(G*d))
	v, e := mat.Norm(&own, 2), mat.Norm(a.Dense, 2)
	return (tau*tau*v*v + sigma*sigma*e*e) / float64(G)
}

// eye is the unit matrix.
func eye(n int) *mat.Dense {
	I := mat.NewDense(n, n, nil)
	for j := range n {
		I.Set(j, j, 1)
	}
	return I
}

// Outputs draws u ~ N(0, I), v_g ~ N(0, τ² I) and y_g = X_g (u + v_g) + noise of variance σ².
func (X Design) Outputs(rng *rand.Rand, tau, sigma float64) [][]float64 {
	_, _, d := X.size()
	u, y := Gaussian(rng, 1, d, 1)[0], make([][]float64, len(X))
	for g, x := range X {
		r, _ := x.Dims()
		w := Gaussian(rng, 1, d, tau)[0]
		for j := range w {
			w[j] += u[j]
		}
		var out mat.VecDense
		out.MulVec(x, mat.NewVecDense(d, w))
		for i := range r {
			y[g] = append(y[g], out.AtVec(i)+sigma*rng.NormFloat64())
		}
	}
	return y
}
