package convex

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// NuclearSmooth is the program
//
//	minimize  F(L) + λ ‖L‖_*
//
// over Rows by Cols matrices, F being convex with a Lipschitz gradient. L is a
// solution if and only if -∇F(L)/λ is a subgradient of ‖·‖_* at L = U Σ Qᵀ:
//
//	-∇F(L)/λ = U Qᵀ + Z,   ‖Z‖₂ ≤ 1,  Uᵀ Z = 0,  Z Q = 0
type NuclearSmooth struct {
	Rows, Cols int
	// F returns the value at l and stores the gradient there in grad.
	F func(grad, l *mat.Dense) float64
	// Lipschitz bounds ‖∇F(L) - ∇F(L')‖_F / ‖L - L'‖_F. For a cross-entropy of
	// columns with weights π_j it is max π_j / 2.
	Lipschitz float64
	// Lower is a lower bound of F, zero for losses. The tighter it is, the tighter
	// is the dual value.
	Lower float64
}

// NuclearMinimum is the solution of a NuclearSmooth.
type NuclearMinimum struct {
	Lambda   float64
	L        *mat.Dense
	Value    float64   // F(L)
	Singular []float64 // of L, decreasing
	Rank     int       // how many of them are not zero
	// Subgradient is the distance of -∇F(L)/λ from the subgradients of ‖·‖_* at
	// L, and GradNorm is ‖∇F(L)‖₂ / λ, at most 1 up to rounding at a solution.
	Subgradient, GradNorm float64

	// Primal is F(L) + λ ‖L‖_*. Dual is a lower bound of the least value,
	//
	//	F(L) - ⟨∇F(L), L⟩ - (‖∇F(L)‖₂ - λ)₊ (Primal - Lower)/λ,
	//
	// by convexity of F and since λ ‖L'‖_* ≤ Primal - Lower for every L' that is
	// no worse than L. Gap and Complementarity |‖L‖_* + ⟨∇F(L), L⟩/λ| λ are
	// relative to Primal - Lower, and DualResidual is (GradNorm - 1)₊.
	Certificate
}

const (
	// smoothTolerance is the residual at which a solve stops by default. The
	// gradient of a loss of order one is known to about 1e-17, and 1e-8 can be
	// reached with λ down to 1e-8.
	smoothTolerance = 1e-8
	// smoothLimit bounds its iterations, most of them without singular value
	// decomposition.
	smoothLimit = 200000
	// smoothRounds bounds the rounds of a solve. One or two are usual.
	smoothRounds = 12
	// lowerSlack is how far rounding may bring F below its lower bound.
	lowerSlack = 1e-12
)

// Solve minimizes from a matrix to start at, zero when it is nil; starting at the
// solution for another λ saves most of the work. Options.Tolerance is for the
// largest part of the certificate and for Subgradient, 1e-8 when zero;
// Options.Iterations bounds the iterations, 200,000 when zero. The error wraps
// ErrInput, ErrInaccurate or the error of the context; with the last two the best
// answer is returned as well.
func (p *NuclearSmooth) Solve(ctx context.Context, opts *Options, lambda float64, start *mat.Dense) (*NuclearMinimum, error) {
	o, err := opts.WithDefaults(smoothTolerance, smoothLimit)
	if err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	if !(lambda > 0) || math.IsInf(lambda, 1) {
		return nil, inputError("λ is %v: it must be positive and finite", lambda)
	}
	ctx, cancel := o.Bound(ctx)
	defer cancel()
	zero := mat.NewDense(p.Rows, p.Cols, nil)
	origin, err := p.at(lambda, zero)
	if err != nil {
		return nil, err
	}
	if origin.gradNorm <= lambda {
		return p.minimum(origin, 0, Optimal), nil
	}
	if start == nil {
		return (&descent{NuclearSmooth: p, lambda: lambda, opts: o}).run(ctx, origin)
	}
	if r, c := start.Dims(); r != p.Rows || c != p.Cols {
		return nil, inputError("start of %d by %d for matrices of %d by %d", r, c, p.Rows, p.Cols)
	}
	if _, _, err := checkDense(start); err != nil {
		return nil, err
	}
	first, err := p.at(lambda, mat.DenseCopyOf(start))
	if err != nil {
		return nil, err
	}
	return (&descent{NuclearSmooth: p, lambda: lambda, opts: o}).run(ctx, first)
}

func (p *NuclearSmooth) check() error {
	switch {
	case p.Rows < 1 || p.Cols < 1:
		return inputError("matrices of %d by %d: one row and one column are the least", p.Rows, p.Cols)
	case p.F == nil:
		return inputError("no function F")
	case !(p.Lipschitz > 0) || math.IsInf(p.Lipschitz, 1):
		return inputError("Lipschitz is %v: it must be positive and finite", p.Lipschitz)
	case !isFinite(p.Lower):
		return inputError("Lower is %v: it must be finite", p.Lower)
	}
	return nil
}

// smoothPoint is a matrix with all that is evaluated at it.
type smoothPoint struct {
	lambda      float64
	l, grad     *mat.Dense
	value       float64
	singular    []float64
	rank        int
	gradNorm    float64 // ‖∇F‖₂
	subgradient float64
	inner       float64 // ⟨∇F, L⟩
}

// at evaluates everything at l, which is kept.
func (p *NuclearSmooth) at(lambda float64, l *mat.Dense) (*smoothPoint, error) {
	x := &smoothPoint{lambda: lambda, l: l, grad: mat.NewDense(p.Rows, p.Cols, nil)}
	x.value = p.F(x.grad, l)
	if _, _, err := checkDense(x.grad); err != nil || !isFinite(x.value) {
		return nil, inputError("F is %v at a matrix of norm %.3g, its gradient of norm %.3g: both must be finite",
			x.value, mat.Norm(l, 2), mat.Norm(x.grad, 2))
	}
	if x.value < p.Lower-lowerSlack*math.Max(1, math.Abs(p.Lower)) {
		return nil, inputError("F is %v, which is less than its lower bound %v", x.value, p.Lower)
	}
	values, err := matrix.SingularValues(x.grad)
	if err != nil {
		return nil, err
	}
	x.gradNorm = values[0]
	for i := range p.Rows {
		x.inner += floats.Dot(x.grad.RawRowView(i), l.RawRowView(i))
	}
	if lambda == 0 {
		return x, nil
	}
	return x, x.decompose()
}

// decompose computes the singular values of L and the distance of -∇F/λ from the
// subgradients. With the projections P on the columns of L and Q on its rows, the
// part of D = -∇F/λ - U Qᵀ that is not (I - P) D (I - Q) has to vanish, and that one
// to have no singular value above one.
func (x *smoothPoint) decompose() error {
	u, values, v, err := matrix.SVD(x.l)
	if err != nil {
		return err
	}
	x.singular, x.rank = values, rank(values)
	rows, cols := x.l.Dims()
	d := mat.DenseCopyOf(x.grad)
	d.Scale(-1/x.lambda, d)
	outer := mat.DenseCopyOf(d)
	if x.rank > 0 {
		left, right := u.Slice(0, rows, 0, x.rank), v.Slice(0, cols, 0, x.rank)
		var polar, t, part mat.Dense
		polar.Mul(left, right.T())
		d.Sub(d, &polar)
		outer.Copy(d)
		t.Mul(left.T(), outer)
		part.Mul(left, &t)
		outer.Sub(outer, &part)
		t.Reset()
		t.Mul(outer, right)
		part.Mul(&t, right.T())
		outer.Sub(outer, &part)
	}
	d.Sub(d, outer)
	over, err := matrix.SingularValues(outer)
	if err != nil {
		return err
	}
	x.subgradient = mat.Norm(d, 2)
	for _, s := range over {
		x.subgradient = math.Hypot(x.subgradient, math.Max(0, s-1))
	}
	return nil
}

// objective returns F + λ ‖L‖_*.
func (x *smoothPoint) objective() float64 { return x.value + x.lambda*floats.Sum(x.singular) }

// minimum returns the point as an answer, with its certificate.
func (p *NuclearSmooth) minimum(x *smoothPoint, iterations int, status Status) *NuclearMinimum {
	norm := x.lambda * floats.Sum(x.singular)
	excess := x.value - p.Lower + norm
	over := math.Max(0, x.gradNorm-x.lambda)
	m := &NuclearMinimum{
		Lambda: x.lambda, L: x.l, Value: x.value, Singular: x.singular, Rank: x.rank,
		Subgradient: x.subgradient, GradNorm: x.gradNorm / x.lambda,
		Certificate: Certificate{
			Status: status, Primal: x.value + norm, Iterations: iterations,
			Dual:         x.value - x.inner - over*excess/x.lambda,
			DualResidual: over / x.lambda,
		},
	}
	if excess > 0 {
		m.Complementarity = math.Abs(norm+x.inner) / excess
		m.Gap = math.Abs(m.Primal-m.Dual) / excess
	}
	m.Residual = max(m.DualResidual, m.Complementarity, m.Gap)
	return m
}

// String returns the certificate in one line.
func (m *NuclearMinimum) String() string {
	return fmt.Sprintf("%v: value %.12g, lower bound %.12g, rank %d, subgradient off by %.2g after %d iterations",
		m.Status, m.Primal, m.Dual, m.Rank, m.Subgradient, m.Iterations)
}
