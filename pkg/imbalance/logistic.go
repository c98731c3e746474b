package imbalance

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
)

// Regression is multinomial logistic regression with a strategy: for examples in the rows of X, n by d, and scores
// f = Θ x, Θ K by d row by row, it minimizes
//
//	1/n Σ_i w_{y_i} CE(Δ ⊙ Θ x_i + l, y_i) + λ/2 ‖Θ‖²
type Regression struct {
	X      *mat.Dense
	Y      []int
	K      int
	Lambda float64 // λ > 0: strongly convex
}

// Check returns an error unless the examples fit each other and every class has one.
func (p *Regression) Check() error {
	if p.X == nil || !(p.Lambda > 0) || math.IsInf(p.Lambda, 1) {
		return malformed("logistic regression without examples, or with λ = %g: a positive number is expected", p.Lambda)
	}
	n, _ := p.X.Dims()
	if n != len(p.Y) {
		return malformed("%d labels for %d examples", len(p.Y), n)
	}
	return checkLabels(make([]float64, n*p.K), p.Y, p.K)
}

// Scores returns Θ x of all examples, n by K row by row.
func (p *Regression) Scores(theta []float64) []float64 { return LinearScores(p.X, theta, p.K) }

// LinearScores returns Θ x of the rows of X, row by row.
func LinearScores(X *mat.Dense, theta []float64, K int) []float64 {
	n, d := X.Dims()
	Z := mat.NewDense(n, K, nil)
	Z.Mul(X, mat.NewDense(K, d, theta).T())
	return Z.RawMatrix().Data
}

// residuals are w (p − e_y)/n by example, and the mean loss.
func (p *Regression) residuals(s Strategy, f []float64) (R *mat.Dense, value float64) {
	n := len(p.Y)
	R = mat.NewDense(n, p.K, nil)
	for i, y := range p.Y {
		z := R.RawRowView(i)
		value += s.Weight[y] * residual(s.Scores(z, f[i*p.K:(i+1)*p.K]), y) / float64(n)
		floats.Scale(s.Weight[y]/float64(n), z)
	}
	return R, value
}

// Value returns the objective, and stores its gradient in grad.
func (p *Regression) Value(s Strategy, grad, theta []float64) float64 {
	R, value := p.residuals(s, p.Scores(theta))
	for i := range p.Y {
		floats.Mul(R.RawRowView(i), s.Delta)
	}
	_, d := p.X.Dims()
	G := mat.NewDense(p.K, d, grad)
	G.Mul(R.T(), p.X)
	floats.AddScaled(grad, p.Lambda, theta)
	return value + p.Lambda/2*floats.Dot(theta, theta)
}

// Fit minimizes from zero by L-BFGS, until the gradient's norm is below the tolerance or after so many iterations.
func (p *Regression) Fit(ctx context.Context, s Strategy, tolerance float64, iterations int) ([]float64, error) {
	if err := errors.Join(p.Check(), s.Check(p.K)); err != nil {
		return nil, err
	}
	_, d := p.X.Dims()
	found, err := (&convex.LBFGS{F: func(grad, theta []float64) float64 { return p.Value(s, grad, theta) },
		Done: func(grad, _ float64) bool { return grad <= tolerance }}).
		Minimize(ctx, &convex.Options{Iterations: iterations}, make([]float64, p.K*d))
	if err != nil && !errors.Is(err, convex.ErrInaccurate) {
		return nil, err
	}
	return found.X, nil
}

// Lower is the lower problem of a bilevel one at its solution: what derivatives of θ*(l, Δ) are made of.
type Lower struct {
	*Regression
	Strategy Strategy
	f        []float64 // scores
	p        []float64 // softmax of the adjusted scores
}

// At returns the lower problem at θ.
func (p *Regression) At(s Strategy, theta []float64) *Lower {
	l := &Lower{Regression: p, Strategy: s, f: p.Scores(theta)}
	l.p = s.Apply(l.f)
	for i := 0; i < len(l.p); i += p.K {
		softmax(l.p[i:i+p.K], l.p[i:i+p.K])
	}
	return l
}

// HessianTo stores H v in dst, H being the Hessian in Θ: for the scores g = V x of a direction the derivative of the
// residual p − e_y is p ⊙ (Δ ⊙ g − ⟨p, Δ ⊙ g⟩).
func (l *Lower) HessianTo(dst, v []float64) {
	g := LinearScores(l.X, v, l.K)
	n, d := l.X.Dims()
	for i, y := range l.Y {
		g, p := g[i*l.K:(i+1)*l.K], l.p[i*l.K:(i+1)*l.K]
		floats.Mul(g, l.Strategy.Delta)
		mean := floats.Dot(p, g)
		for k := range g {
			g[k] = l.Strategy.Weight[y] / float64(n) * l.Strategy.Delta[k] * p[k] * (g[k] - mean)
		}
	}
	mat.NewDense(l.K, d, dst).Mul(mat.NewDense(n, l.K, g).T(), l.X)
	floats.AddScaled(dst, l.Lambda, v)
}

// MixedTo returns the derivatives in l and Δ of ⟨∇_θ L, v⟩, (∂²L/∂(l,Δ)∂θ)ᵀ v: with the scores g = V x of the direction,
// the derivative of Σ_k (p_k − e_k) Δ_k g_k is p_j (Δ_j g_j − mean) in l_j, and that times f_j plus (p_j − e_j) g_j in Δ_j.
func (l *Lower) MixedTo(v []float64) (dl, ddelta []float64) {
	dl, ddelta = make([]float64, l.K), make([]float64, l.K)
	g := LinearScores(l.X, v, l.K)
	for i, y := range l.Y {
		g, p, f := g[i*l.K:(i+1)*l.K], l.p[i*l.K:(i+1)*l.K], l.f[i*l.K:(i+1)*l.K]
		var mean float64
		for k := range g {
			mean += p[k] * l.Strategy.Delta[k] * g[k]
		}
		w := l.Strategy.Weight[y] / float64(len(l.Y))
		for k := range g {
			r := p[k]
			if k == y {
				r--
			}
			a := p[k] * (l.Strategy.Delta[k]*g[k] - mean)
			dl[k] += w * a
			ddelta[k] += w * (a*f[k] + r*g[k])
		}
	}
	return dl, ddelta
}

// Upper returns the objective of the classes' losses on other examples at θ, without adjustments, and its gradient in Θ.
func (p *Regression) Upper(o Objective, theta []float64) (value float64, grad []float64) {
	f := p.Scores(theta)
	losses, n := ClassLosses(Plain(p.K), f, p.Y)
	g := o.Gradient(losses)
	R := mat.NewDense(len(p.Y), p.K, f)
	for i, y := range p.Y {
		z := R.RawRowView(i)
		softmax(z, z)
		z[y]--
		floats.Scale(g[y]/n[y], z)
	}
	_, d := p.X.Dims()
	grad = make([]float64, p.K*d)
	mat.NewDense(p.K, d, grad).Mul(R.T(), p.X)
	return o.Value(losses), grad
}

// HyperGradient returns the derivatives of the upper loss in l and Δ from an approximation u of H⁻¹ ∇_θ L_val,
//
//	dL_val/d(l, Δ) = −(∂²L/∂(l,Δ)∂θ)ᵀ u
//
// (implicit function theorem; exact where H is invertible and the upper loss does not depend on l and Δ directly).
func (l *Lower) HyperGradient(u []float64) (dl, ddelta []float64) {
	dl, ddelta = l.MixedTo(u)
	floats.Scale(-1, dl)
	floats.Scale(-1, ddelta)
	return dl, ddelta
}

// Product stores H v in dst.
type Product func(dst, v []float64)

// Neumann returns the partial sum p_T = η Σ_{i≤T} (I − ηH)^i v of the series of H⁻¹ v, T + 1 terms. Its error is exactly
//
//	p_T − H⁻¹ v = −(I − ηH)^(T+1) H⁻¹ v
//
// so that it converges for a positive definite H if and only if η < 2/λ_max.
func Neumann(h Product, v []float64, eta float64, T int) []float64 {
	p, c, hc := append([]float64{}, v...), append([]float64{}, v...), make([]float64, len(v))
	for range T {
		h(hc, c)
		floats.AddScaled(c, -eta, hc)
		floats.Add(p, c)
	}
	floats.Scale(eta, p)
	return p
}

// LargestEigenvalue returns the largest eigenvalue in modulus of a symmetric H of n rows, by so many steps of power
// iteration from a random start: a lower bound of λ_max of a positive semidefinite H.
func LargestEigenvalue(h Product, n, steps int, rng *rand.Rand) float64 {
	x, y := make([]float64, n), make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	var value float64
	for range steps {
		floats.Scale(1/floats.Norm(x, 2), x)
		h(y, x)
		value = floats.Dot(x, y)
		x, y = y, x
	}
	return value
}

// Solve returns H⁻¹ v by forming H and a Cholesky factorization: for small problems.
func Solve(h Product, v []float64) ([]float64, error) {
	n := len(v)
	H, col, e := mat.NewSymDense(n, nil), make([]float64, n), make([]float64, n)
	for j := range n {
		e[j] = 1
		h(col, e)
		e[j] = 0
		for i := 0; i <= j; i++ {
			H.SetSym(i, j, col[i])
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(H) {
		return nil, malformed("a Hessian that is not positive definite: add λ/2 ‖θ‖² to the lower problem")
	}
	x := mat.NewVecDense(n, nil)
	if err := chol.SolveVecTo(x, mat.NewVecDense(n, v)); err != nil {
		return nil, err
	}
	return x.RawVector().Data, nil
}
