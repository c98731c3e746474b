package imbalance

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
)

// Sample is a binary sample: examples in the rows of X, n by d, and labels y_i of -1 or +1.
type Sample struct {
	X *mat.Dense
	Y []float64
}

// SVM is the class-weighted hard-margin support vector machine of a sample,
//
//	minimize    1/2 ‖w‖²
//	subject to  ⟨w, x_i⟩ + b ≥ δ  (y_i = +1),   ⟨w, x_i⟩ + b ≤ −1  (y_i = −1)
//
// (Masnadi-Shirazi and Vasconcelos 2010; Kini et al. 2021, (4)), with the certificate of the program over (w, b).
type SVM struct {
	Delta float64
	W     []float64
	B     float64
	Norm  float64   // ‖w‖
	Mu    []float64 // multipliers of the examples: w = Σ μ_i y_i x_i and Σ μ_i y_i = 0
	convex.Certificate
}

func (s *Sample) check() error {
	if s.X == nil {
		return malformed("a sample without examples")
	}
	n, _ := s.X.Dims()
	if len(s.Y) != n {
		return malformed("%d labels for %d examples", len(s.Y), n)
	}
	var plus int
	for i, y := range s.Y {
		switch y {
		case 1:
			plus++
		case -1:
		default:
			return malformed("label %g of example %d: want -1 or +1", y, i)
		}
	}
	if plus == 0 || plus == n {
		return fmt.Errorf("%w: %d examples of + and %d of −; at least one of each is expected, else w = 0 and b is not unique", ErrEmptyClass, plus, n-plus)
	}
	for _, v := range s.X.RawMatrix().Data {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return malformed("an example has the entry %g: finite numbers are expected", v)
		}
	}
	return nil
}

// SVM solves the program for δ > 0. Where no hyperplane separates the classes the error wraps [ErrSeparable], and Mu of
// the returned SVM proves it: μ ≥ 0 with Σ μ_i y_i (x_i, 1) = 0 up to its Residual, so that the classes' convex hulls meet.
//
// With d ≥ n that is one factorization of the examples' inner products and a few guesses of who is no support vector (see
// the principal pivoting of package convex), else the systems have the d + 1 variables.
func (s *Sample) SVM(ctx context.Context, delta float64, opts *convex.Options) (*SVM, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if !(delta > 0) || math.IsInf(delta, 1) {
		return nil, malformed("margin δ = %g of the class +: a positive number is expected", delta)
	}
	n, d := s.X.Dims()
	G, h, P := mat.NewDense(n, d+1, nil), make([]float64, n), make([]float64, d+1)
	for i, y := range s.Y {
		row := G.RawRowView(i)
		floats.ScaleTo(row[:d], y, s.X.RawRowView(i))
		row[d] = y
		h[i] = 1
		if y > 0 {
			h[i] = delta
		}
	}
	for j := range d {
		P[j] = 1
	}
	sol, err := (&convex.QP{P: mat.NewDiagDense(d+1, P), G: convex.FromDense(G), H: h}).Solve(ctx, opts)
	if errors.Is(err, convex.ErrInfeasible) {
		return &SVM{Delta: delta, Mu: sol.Mu, Certificate: sol.Certificate},
			fmt.Errorf("%w: convex combinations of the two classes meet (residual %.1e); separable classes are expected, as those of more dimensions than examples", ErrSeparable, sol.Residual)
	}
	if err != nil {
		return nil, err
	}
	w := sol.X[:d]
	return &SVM{Delta: delta, W: w, B: sol.X[d], Norm: floats.Norm(w, 2), Mu: sol.Mu, Certificate: sol.Certificate}, nil
}

// Scale returns the factor and the shift of the closed form of the program in δ: if (w_1, b_1) solves it for δ = 1, then
//
//	w_δ = (1+δ)/2 w_1,   b_δ = (1+δ)/2 b_1 + (δ−1)/2
//
// solve it for δ, since (w, b) is feasible for δ if and only if (w, b − (δ−1)/2)/((1+δ)/2) is feasible for 1.
func Scale(delta float64) (factor, shift float64) { return (1 + delta) / 2, (delta - 1) / 2 }

// With returns w and b of the program with another δ, by [Scale].
func (v *SVM) With(delta float64) (w []float64, b float64) {
	f0, s0 := Scale(v.Delta)
	f, s := Scale(delta)
	w = append(w, v.W...)
	floats.Scale(f/f0, w)
	return w, (v.B-s0)*f/f0 + s
}

// Threshold returns t(δ) = b_δ/‖w_δ‖ of a solution with norm q and intercept b1 at δ = 1,
//
//	t(δ) = (b_1 + 1 − 2/(1+δ))/q,
//
// which rises from (b_1 − 1)/q at δ = 0 to (b_1 + 1)/q at δ = ∞.
func Threshold(delta, q, b1 float64) float64 { return (b1 + 1 - 2/(1+delta)) / q }

// Along returns the component of w along mu, ⟨w, μ⟩/‖w‖: the half-gap m between the classes' projections.
func (v *SVM) Along(mu []float64) float64 { return floats.Dot(v.W, mu) / v.Norm }
