package imbalance

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Limit is what the SVM at δ = 1 becomes as n, d → ∞ with d/n → γ: norm, alignment and intercept.
type Limit struct {
	Q, Rho, B float64 // ‖w_1‖, ρ = ⟨w_1, μ⟩/(‖w_1‖ ‖μ‖), b_1
	M         float64 // half-gap s ρ
	// Residual is the largest of the three conditions of optimality in the scaled form below.
	Residual float64
}

// limitTolerance is for the conditions of optimality, sums of a few terms of order one.
const limitTolerance = 1e-9

// Limit solves, for the mixture and γ = d/n,
//
//	minimize    q² = α² + β²   over α, b ∈ ℝ, β ≥ 0
//	subject to  q √( π H((1 − sα − b)/(σ_+ q)) + (1−π) H((1 − sα + b)/(σ_− q)) ) ≤ √γ β
//
// (by the convex Gaussian min-max theorem, Thrampoulidis, Oymak and Hassibi 2015; for σ_+ = σ_− it is Kini et al. 2021,
// Theorem 2). H is [Hinge2]; each constraint of a class is divided by its σ, so that the noise along w has the deviation q.
// With β² and q² in the place of their roots, and no sign of β, the program is not convex.
//
// In the scaled form κ = 1/q, ρ = α/q, t = b/q it is the largest κ with
//
//	min over ρ, t of  F = √( π H((κ − sρ − t)/σ_+) + (1−π) H((κ − sρ + t)/σ_−) ) − √(γ (1 − ρ²))  ≤  0,
//
// F being convex in (ρ, t) and increasing in κ: Newton's method inside, bisection outside, then Newton's method on all
// three conditions. Where F > 0 at κ = 0 almost no sample is separable, and the error wraps [ErrSeparable].
func (g Mixture) Limit(gamma float64) (*Limit, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	if !(gamma > 0) || math.IsInf(gamma, 1) {
		return nil, malformed("γ = d/n = %g: a positive number is expected", gamma)
	}
	p := program{g, gamma}
	x, low := p.inner(0, [2]float64{})
	if !(low < 0) {
		return nil, fmt.Errorf("%w: at γ = %g two classes of noise %g and %g and ‖μ‖ = %g have no margin in the limit; more dimensions than examples, γ > 1, are always enough",
			ErrSeparable, gamma, g.Plus, g.Minus, g.S)
	}
	lo, hi := 0.0, 1.0
	for {
		y, f := p.inner(hi, x)
		if f > 0 {
			break
		}
		lo, hi, x = hi, 2*hi, y
	}
	for hi-lo > 1e-7*hi {
		mid := (lo + hi) / 2
		y, f := p.inner(mid, x)
		if f > 0 {
			hi = mid
		} else {
			lo, x = mid, y
		}
	}
	v := [3]float64{x[0], x[1], lo}
	res := p.polish(&v)
	if !(res <= limitTolerance) {
		return nil, fmt.Errorf("imbalance: the limit of %+v at γ = %g was found to %.1e only, %.0e is expected", g, gamma, res, limitTolerance)
	}
	return &Limit{Q: 1 / v[2], Rho: v[0], B: v[1] / v[2], M: g.S * v[0], Residual: res}, nil
}

// Best returns the δ of least balanced error in the limit.
func (g Mixture) Best(gamma float64) (Best, error) {
	l, err := g.Limit(gamma)
	if err != nil {
		return Best{}, err
	}
	return g.BestDelta(l.Q, l.B, l.M), nil
}

// Constraint returns the left side of the constraint over its right side, less 1, at a point (α, β, b): about zero, with a
// deviation of order n^(-1/2), at the solution on a sample.
func (g Mixture) Constraint(gamma, alpha, beta, b float64) float64 {
	q := math.Hypot(alpha, beta)
	return q*q*(g.Pi*Hinge2((1-g.S*alpha-b)/(g.Plus*q))+(1-g.Pi)*Hinge2((1-g.S*alpha+b)/(g.Minus*q)))/(gamma*beta*beta) - 1
}

// program is the scaled form.
type program struct {
	g     Mixture
	gamma float64
}

// at returns R = π H(u_+) + (1−π) H(u_−) with its derivatives in (ρ, t, κ), first and second.
func (p program) at(v [3]float64) (R float64, d [3]float64, h [3][3]float64) {
	g := p.g
	for _, c := range []struct{ weight, sigma, sign float64 }{{g.Pi, g.Plus, -1}, {1 - g.Pi, g.Minus, 1}} {
		u := (v[2] - g.S*v[0] + c.sign*v[1]) / c.sigma
		R += c.weight * Hinge2(u)
		du := [3]float64{-g.S / c.sigma, c.sign / c.sigma, 1 / c.sigma}
		first, second := 2*c.weight*hinge1(u), 2*c.weight*Q(-u)
		for i := range 3 {
			d[i] += first * du[i]
			for j := range 3 {
				h[i][j] += second * du[i] * du[j]
			}
		}
	}
	return R, d, h
}

// value is F with gradient and Hessian in (ρ, t).
func (p program) value(kappa float64, x [2]float64) (F float64, d [2]float64, h [2][2]float64) {
	R, dR, hR := p.at([3]float64{x[0], x[1], kappa})
	root, rest := math.Sqrt(R), math.Sqrt(p.gamma*(1-x[0]*x[0]))
	for i := range 2 {
		d[i] = dR[i] / (2 * root)
		for j := range 2 {
			h[i][j] = hR[i][j]/(2*root) - dR[i]*dR[j]/(4*root*R)
		}
	}
	d[0] += p.gamma * x[0] / rest
	h[0][0] += p.gamma * p.gamma / (rest * rest * rest)
	return root - rest, d, h
}

// inner minimizes F over ρ in (-1, 1) and t by damped Newton steps.
func (p program) inner(kappa float64, x [2]float64) ([2]float64, float64) {
	F, d, h := p.value(kappa, x)
	for range 200 {
		const ridge = 1e-13
		det := (h[0][0]+ridge)*(h[1][1]+ridge) - h[0][1]*h[0][1]
		s := [2]float64{-((h[1][1]+ridge)*d[0] - h[0][1]*d[1]) / det, -((h[0][0]+ridge)*d[1] - h[0][1]*d[0]) / det}
		slope := s[0]*d[0] + s[1]*d[1]
		if !(slope < 0) || -slope < 1e-22 {
			break
		}
		moved := false
		for step := 1.0; step > 1e-12; step /= 2 {
			y := [2]float64{x[0] + step*s[0], x[1] + step*s[1]}
			if math.Abs(y[0]) >= 1 {
				continue
			}
			if f, dy, hy := p.value(kappa, y); f <= F+1e-4*step*slope {
				x, F, d, h, moved = y, f, dy, hy, true
				break
			}
		}
		if !moved {
			break
		}
	}
	return x, F
}

// conditions are R − γ(1−ρ²) and its derivatives in ρ and t, all zero at the solution, with their Jacobian.
func (p program) conditions(v [3]float64) (c [3]float64, jac *mat.Dense) {
	R, d, h := p.at(v)
	c = [3]float64{R - p.gamma*(1-v[0]*v[0]), d[0] + 2*p.gamma*v[0], d[1]}
	h[0][0] += 2 * p.gamma
	return c, mat.NewDense(3, 3, []float64{c[1], c[2], d[2], h[0][0], h[0][1], h[0][2], h[1][0], h[1][1], h[1][2]})
}

// polish takes full Newton steps on the conditions and returns the largest that is left.
func (p program) polish(v *[3]float64) float64 {
	largest := func(c [3]float64) float64 {
		return math.Max(math.Abs(c[0]), math.Max(math.Abs(c[1]), math.Abs(c[2])))
	}
	c, jac := p.conditions(*v)
	for range 20 {
		var s mat.VecDense
		if err := s.SolveVec(jac, mat.NewVecDense(3, c[:])); err != nil {
			break
		}
		w := [3]float64{v[0] - s.AtVec(0), v[1] - s.AtVec(1), v[2] - s.AtVec(2)}
		next, j := p.conditions(w)
		if !(largest(next) < largest(c)) {
			break
		}
		*v, c, jac = w, next, j
	}
	return largest(c)
}
