package generalization

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// PairFeatures returns N = 1 + d(d-1)/2, the number of features of the kernel (x·x')² on {-1, +1}^d, which is the tangent
// kernel of the infinitely wide quadratic network: x·x' squared is d + 2 Σ_{k<l} x_k x_l x'_k x'_l, as x_k² = 1.
func PairFeatures(d int) int { return 1 + d*(d-1)/2 }

// Interpolation is the function of least norm in the space of the kernel (x·x')² that takes the labels of a sample, or comes near
// them with a ridge.
type Interpolation struct {
	Rank int // of the kernel matrix, at most PairFeatures; with a ridge, n

	x     *mat.Dense // examples whose rows of the kernel matrix are independent
	alpha *mat.VecDense
}

// rankTolerance is the pivot, relative to the largest, below which rows count as dependent: entries of the kernel matrix are
// integers, and its least eigenvalue that is not zero is far above round-off.
const rankTolerance = 1e-9

// FitKernel fits the labels by the kernel (x·x')². Where rows depend on each other, those that are kept determine
// the others' labels only if the labels are a function of the features, as XOR is: Residual tells.
func FitKernel(s *Sample) (*Interpolation, error) {
	if s.N() == 0 {
		return nil, malformed("kernel interpolation of no example: want at least one")
	}
	gram := squaredGram(s.X)
	var chol mat.PivotedCholesky
	chol.Factorize(gram, rankTolerance)
	p := &Interpolation{Rank: chol.Rank()}
	pivots := chol.ColumnPivots(nil)[:p.Rank]
	p.x = mat.NewDense(p.Rank, s.D(), nil)
	y := mat.NewVecDense(p.Rank, nil)
	for i, at := range pivots {
		p.x.SetRow(i, s.X.RawRowView(at))
		y.SetVec(i, s.Y[at])
	}
	var small mat.Cholesky
	if !small.Factorize(squaredGram(p.x)) {
		return nil, malformed("the kernel matrix of %d independent examples is not positive definite: are features -1 and +1?", p.Rank)
	}
	p.alpha = mat.NewVecDense(p.Rank, nil)
	if err := small.SolveVecTo(p.alpha, y); err != nil {
		return nil, malformed("kernel interpolation: %v", err)
	}
	return p, nil
}

// FitRidge fits the labels by ridge regression in the space of the kernel: the function f that minimizes Σ_i (f(x_i) - y_i)² + λ‖f‖², λ > 0,
// which is Σ_i α_i k(x_i, ·) with (K + λI)α = y.
func FitRidge(s *Sample, lambda float64) (*Interpolation, error) {
	if !(lambda > 0) || math.IsInf(lambda, 1) || s.N() == 0 {
		return nil, malformed("ridge regression of %d examples with λ = %g: want examples and a positive number; FitKernel is the limit 0", s.N(), lambda)
	}
	gram := squaredGram(s.X)
	for i := range s.N() {
		gram.SetSym(i, i, gram.At(i, i)+lambda)
	}
	var chol mat.Cholesky
	if !chol.Factorize(gram) {
		return nil, malformed("the kernel matrix of %d examples and λ = %g is not positive definite: take a larger λ", s.N(), lambda)
	}
	p := &Interpolation{Rank: s.N(), x: s.X, alpha: mat.NewVecDense(s.N(), nil)}
	if err := chol.SolveVecTo(p.alpha, mat.NewVecDense(s.N(), s.Y)); err != nil {
		return nil, malformed("kernel ridge regression: %v", err)
	}
	return p, nil
}

func squaredGram(x *mat.Dense) *mat.SymDense {
	var inner mat.SymDense
	inner.SymOuterK(1, x)
	raw := inner.RawSymmetric()
	for i, v := range raw.Data {
		raw.Data[i] = v * v
	}
	inner.SetRawSymmetric(raw)
	return &inner
}

// Values returns the function at the rows of x.
func (p *Interpolation) Values(x *mat.Dense) []float64 {
	n, _ := x.Dims()
	k := mat.NewDense(n, p.Rank, nil)
	k.Mul(x, p.x.T())
	k.Apply(func(_, _ int, v float64) float64 { return v * v }, k)
	out := mat.NewVecDense(n, nil)
	out.MulVec(k, p.alpha)
	return out.RawVector().Data
}

// Residual returns max_i |function(x_i) - y_i| on a sample.
func (p *Interpolation) Residual(s *Sample) float64 {
	worst := 0.0
	for i, v := range p.Values(s.X) {
		worst = math.Max(worst, math.Abs(v-s.Y[i]))
	}
	return worst
}

// ErrorOn returns the share of a sample with y times the function ≤ 0.
func (p *Interpolation) ErrorOn(s *Sample) float64 {
	wrong := 0
	for i, v := range p.Values(s.X) {
		if s.Y[i]*v <= 0 {
			wrong++
		}
	}
	return float64(wrong) / float64(s.N())
}
