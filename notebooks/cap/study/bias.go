package study

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/imbalance"
)

// Adjusted is the parametric logistic loss of a linear classifier without intercept,
//
//	Σ_i ω_y log(1 + e^{ι_y} e^{−Δ_y y_i ⟨w, x_i⟩})
type Adjusted struct {
	Plus, Minus         float64 // Δ_+ and Δ_−
	Omega, OmegaMinus   float64
	IotaPlus, IotaMinus float64
}

// Biased is how far directions along the path of λ are from those of the SVM with δ = Δ_−/Δ_+: 1 − cos.
type Biased struct {
	Lambda         []float64
	Path           []float64 // of w(λ)
	Secant         float64   // of w(λ_last) − w(λ_secant)
	Inverted       float64   // of the last w and the SVM with δ = Δ_+/Δ_−
	SecantInverted float64
	Norm           []float64
}

// loss returns the loss of a sample.
func (a Adjusted) loss(s *imbalance.Sample) convex.Smooth {
	n, _ := s.X.Dims()
	return func(grad, w []float64) float64 {
		for j := range grad {
			grad[j] = 0
		}
		var value float64
		for i := range n {
			x, y := s.X.RawRowView(i), s.Y[i]
			delta, omega, iota := a.Plus, a.Omega, a.IotaPlus
			if y < 0 {
				delta, omega, iota = a.Minus, a.OmegaMinus, a.IotaMinus
			}
			u := iota - delta*y*floats.Dot(w, x)
			value += omega * (math.Max(u, 0) + math.Log1p(math.Exp(-math.Abs(u))))
			floats.AddScaled(grad, -omega*delta*y/(1+math.Exp(-u)), x)
		}
		return value
	}
}

// through solves the SVM through the origin: ⟨w, x_i⟩ ≥ δ for +, ≤ −1 for −.
func through(ctx context.Context, s *imbalance.Sample, delta float64) ([]float64, error) {
	n, d := s.X.Dims()
	G, h := mat.NewDense(n, d, nil), make([]float64, n)
	for i, y := range s.Y {
		floats.ScaleTo(G.RawRowView(i), y, s.X.RawRowView(i))
		h[i] = 1
		if y > 0 {
			h[i] = delta
		}
	}
	sol, err := (&convex.QP{G: convex.FromDense(G), H: h}).Solve(ctx, nil)
	if err != nil {
		return nil, err
	}
	return sol.X, nil
}

// Bias follows the path on one sample.
func Bias(ctx context.Context, rng *rand.Rand, g imbalance.Mixture, n, d int, a Adjusted, lambdas []float64, secant int) (*Biased, error) {
	s, err := g.Draw(n, d, rng)
	if err != nil {
		return nil, err
	}
	return BiasOn(ctx, s, a, lambdas, secant)
}

// BiasOn is Bias for a given sample; secant is the index of the λ that the secant begins at.
func BiasOn(ctx context.Context, s *imbalance.Sample, a Adjusted, lambdas []float64, secant int) (*Biased, error) {
	_, d := s.X.Dims()
	right, err := through(ctx, s, a.Minus/a.Plus)
	if err != nil {
		return nil, err
	}
	wrong, err := through(ctx, s, a.Plus/a.Minus)
	if err != nil {
		return nil, err
	}
	path, err := convex.Path(ctx, a.loss(s), lambdas, make([]float64, d))
	if err != nil {
		return nil, err
	}
	b := &Biased{Lambda: lambdas}
	for _, p := range path {
		b.Path, b.Norm = append(b.Path, apart(p.X, right)), append(b.Norm, p.Norm)
	}
	last := path[len(path)-1].X
	step := append([]float64{}, last...)
	floats.Sub(step, path[secant].X)
	b.Secant, b.SecantInverted = apart(step, right), apart(step, wrong)
	b.Inverted = apart(last, wrong)
	return b, nil
}

// apart returns 1 − cos of two vectors, without cancellation.
func apart(a, b []float64) float64 {
	x, y := append([]float64{}, a...), append([]float64{}, b...)
	floats.Scale(1/floats.Norm(x, 2), x)
	floats.Scale(1/floats.Norm(y, 2), y)
	floats.Sub(x, y)
	return floats.Dot(x, x) / 2
}

// Three returns three points of the plane with integer coordinates on which 1 − cos is not monotone along the path of λ.
func Three() *imbalance.Sample {
	return &imbalance.Sample{X: mat.NewDense(3, 2, []float64{3, -4, -4, 2, 3, -3}), Y: []float64{-1, 1, -1}}
}

// Rises counts the places where a sequence rises.
func Rises(x []float64) float64 {
	var n float64
	for i := 1; i < len(x); i++ {
		if x[i] > x[i-1] {
			n++
		}
	}
	return n
}
