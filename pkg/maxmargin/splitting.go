package maxmargin

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Constants of the splitting.
const (
	// splittingLimit bounds its iterations. Programs of the sizes of the papers
	// take 30 to 100, 500 tokens with 150 different supports about 700.
	splittingLimit = 20000
	// splittingStall is the number of iterations that have to halve the residual.
	// After it ρ is changed: near a degenerate solution extrapolations may run in
	// circles, which no two ρ share.
	splittingStall = 100
	// splittingTurns is the number of changes of ρ in a row that may leave the
	// certificate no better. Then rounding is taken to have won.
	splittingTurns = 6
	// certifyDrop is the factor by which the residual falls between two
	// evaluations of the certificate, which cost several iterations each.
	certifyDrop = 0.25
)

// splitting solves a nuclear-norm max-margin program by Douglas–Rachford splitting
// (Lions and Mercier, "Splitting algorithms for the sum of two nonlinear
// operators", 1979), which is the alternating direction method of multipliers in
// the variable s = Z - A/ρ:
//
//	Z = projection of s on the constraints
//	X = argmin ‖X‖_* + ρ/2 ‖X - (2 Z - s)‖²
//	s ← s + X - Z
//
// with Anderson's acceleration. X takes 1/ρ off every singular value: it is its
// argument less the argument's projection on the ball of spectral norm 1/ρ, and at
// the end A = ρ (Z - s) is dual feasible.
//
// ρ is the ratio of the sizes of dual and primal solution, taken from the proxy,
// within a fifth of the best of five values on all programs tried. What else was
// tried: without the acceleration iterations are two to ten times as many, and
// neither over-relaxation by 1.6 nor a ρ that follows the balance of primal and dual
// residuals changes that. The eigenvectors of the smaller Gram matrix take 0.6 of the
// time of a thin singular value decomposition; products that approximate the
// projection (Newton–Schulz) would save nothing at these sizes. A second-order finish
// would have little left to do: the accelerated iteration ends like one.
type splitting struct {
	*Nuclear
	opts       convex.Options
	rho, first float64 // present and first ρ
	ball       *convex.SpectralBall
	accelerate *convex.Anderson

	s, z, g    *mat.Dense // present point, its projection, and X - Z
	residual   float64    // ‖X - Z‖
	reflected  *mat.Dense
	projected  *mat.Dense
	iterations int
}

func newSplitting(p *Nuclear, o convex.Options) *splitting {
	k, r := len(p.merged.n), len(p.merged.r)
	matrix := func() *mat.Dense { return mat.NewDense(k, r, nil) }
	rho := math.Sqrt(float64(min(k, r))) / mat.Norm(p.merged.gather(p.Proxy()), 2)
	return &splitting{
		Nuclear: p, opts: o, ball: convex.NewSpectralBall(k, r), rho: rho, first: rho,
		s: matrix(), z: matrix(), g: matrix(), reflected: matrix(), projected: matrix(),
	}
}

// run iterates from the feasible matrix nearest to start until the certificate is
// within the tolerance.
func (d *splitting) run(ctx context.Context, start *mat.Dense) (*NuclearSolution, error) {
	if err := d.place(start); err != nil {
		return nil, err
	}
	best, err := d.solution()
	for turns := 0; err == nil && !(best.Residual <= d.opts.Tolerance); {
		if turns > splittingTurns || d.iterations >= d.opts.Iterations || ctx.Err() != nil {
			return d.stopped(ctx, best)
		}
		var sol *NuclearSolution
		if sol, err = d.descend(ctx); err != nil {
			break
		}
		if turns++; sol.Residual <= certifyDrop*best.Residual {
			turns = 0
		}
		if sol.Residual < best.Residual {
			best = sol
		}
		err = d.turn(turns)
	}
	if err != nil {
		return nil, err
	}
	best.Status = convex.Optimal
	return best, nil
}

// descend iterates until the tolerance is reached, the residual does not halve any
// more, the iterations are used up or the context ends, and returns the best answer.
func (d *splitting) descend(ctx context.Context) (best *NuclearSolution, err error) {
	d.accelerate = convex.NewAnderson(d.residual)
	check, half, stall := certifyDrop*d.residual, d.residual/2, 0
	for {
		if err := d.advance(); err != nil {
			return nil, err
		}
		d.iterations++
		if stall++; d.residual <= half {
			half, stall = d.residual/2, 0
		}
		last := d.iterations >= d.opts.Iterations || stall > splittingStall || ctx.Err() != nil
		if !last && d.residual > check {
			continue
		}
		check = certifyDrop * d.residual
		sol, err := d.solution()
		if err != nil {
			return nil, err
		}
		if best == nil || sol.Residual < best.Residual {
			best = sol
		}
		if last || best.Residual <= d.opts.Tolerance {
			return best, nil
		}
	}
}

// turn goes on from the present point with another ρ: the n-th of the factors 2,
// 1/2, 4, 1/4 and so on on the first.
func (d *splitting) turn(n int) error {
	power := float64(n+1) / 2
	rho := d.first * math.Exp2(math.Floor(power)*float64(1-2*((n+1)%2)))
	for i, z := range d.z.RawMatrix().Data {
		s := &d.s.RawMatrix().Data[i]
		*s = z - (z-*s)*d.rho/rho
	}
	d.rho = rho
	return d.evaluate()
}

// place starts at the projection of start, with the dual matrix that would prove it
// optimal. A start longer than any solution is moved towards the proxy.
func (d *splitting) place(start *mat.Dense) error {
	d.merged.project(start)
	d.merged.center(start)
	if t := d.longest() / mat.Norm(start, 2); t < 1 {
		start.Scale(t, start)
		proxy := d.merged.gather(d.Proxy())
		proxy.Scale(1-t, proxy)
		start.Add(start, proxy)
	}
	polar, _, err := convex.Polar(start)
	if err != nil {
		return err
	}
	polar.Scale(-1/d.rho, polar)
	d.s.Add(start, polar)
	return d.evaluate()
}

// evaluate computes Z, X - Z and the residual at s.
func (d *splitting) evaluate() error {
	d.z.Copy(d.s)
	d.merged.project(d.z)
	s, z, t := d.s.RawMatrix().Data, d.z.RawMatrix().Data, d.reflected.RawMatrix().Data
	for i, v := range z {
		t[i] = 2*v - s[i]
	}
	if err := d.ball.Project(d.projected, d.reflected, 1/d.rho); err != nil {
		return err
	}
	for i, v := range d.projected.RawMatrix().Data {
		d.g.RawMatrix().Data[i] = t[i] - v - z[i]
	}
	d.residual = mat.Norm(d.g, 2)
	return nil
}

// longest returns a bound on the length of a solution: with k = min(K, R) of the
// merged program, ‖Z‖_F ≤ ‖Z‖_* ≤ ‖proxy‖_* ≤ √k ‖proxy‖_F.
func (d *splitting) longest() float64 { return float64(min(d.z.Dims())) / d.first }

// reach returns a bound on ‖s‖ at a solution, where ‖A‖_F ≤ √k. Where the residual
// does not change at all an extrapolation may go anywhere.
func (d *splitting) reach() float64 {
	return d.longest() + math.Sqrt(float64(min(d.z.Dims())))/d.rho
}

// advance takes one step, an extrapolated one if it is good.
func (d *splitting) advance() error {
	s, g := d.s.RawMatrix().Data, d.g.RawMatrix().Data
	from, residual := slices.Clone(s), slices.Clone(g)
	extrapolated := d.accelerate.Extrapolate(s, from, residual)
	beyond := extrapolated && floats.Norm(s, 2) > max(d.reach(), floats.Norm(from, 2))
	if !beyond {
		if err := d.evaluate(); err != nil {
			return err
		}
	}
	switch {
	case beyond || extrapolated && !(d.residual <= d.accelerate.Bound()):
		d.accelerate.Forget()
		floats.AddTo(s, from, residual)
		if err := d.evaluate(); err != nil {
			return err
		}
	case extrapolated:
		d.accelerate.Accept()
	}
	d.accelerate.Record(floats.SubTo(from, s, from), floats.SubTo(residual, g, residual))
	return nil
}

// solution returns the present answer with its certificate.
func (d *splitting) solution() (*NuclearSolution, error) {
	a := mat.NewDense(len(d.merged.n), len(d.merged.r), nil)
	a.Sub(d.z, d.s)
	a.Scale(d.rho, a)
	sol, err := d.answer(mat.DenseCopyOf(d.z), a)
	if err == nil {
		sol.Iterations = d.iterations
	}
	return sol, err
}

// stopped marks the best answer of a run that ended early.
func (d *splitting) stopped(ctx context.Context, best *NuclearSolution) (*NuclearSolution, error) {
	if err := ctx.Err(); err != nil {
		best.Status = convex.Canceled
		return best, fmt.Errorf("maxmargin: stopped at residual %.2g: %w", best.Residual, err)
	}
	best.Status = convex.Inaccurate
	return best, fmt.Errorf("%w: residual %.2g after %d iterations, asked for %.2g",
		convex.ErrInaccurate, best.Residual, d.iterations, d.opts.Tolerance)
}

// answer returns the solution for a feasible merged matrix and a dual one that is
// nearly so, zero for nil, with its certificate evaluated on the program as given.
func (p *Nuclear) answer(z, a *mat.Dense) (*NuclearSolution, error) {
	sol := &NuclearSolution{Singular: make([]float64, min(p.Dims()))}
	if z == nil {
		sol.L = mat.NewDense(p.tokens, len(p.supports), nil)
		sol.A = mat.NewDense(p.tokens, len(p.supports), nil)
		sol.Status = convex.Optimal
	} else {
		p.merged.center(z)
		values, err := matrix.SingularValues(z)
		if err != nil {
			return nil, err
		}
		copy(sol.Singular, values)
		if sol.DualNorm, err = p.merged.dual(a); err != nil {
			return nil, err
		}
		sol.L, sol.A = p.merged.scatter(z), p.merged.scatter(a)
	}
	p.certify(sol)
	return sol, nil
}

// certify fills in the certificate.
func (p *Nuclear) certify(sol *NuclearSolution) {
	sol.Primal = floats.Sum(sol.Singular)
	sol.DualOff = p.OffSupport(sol.A)
	slackness := 0.0
	for j, out := range p.outside {
		sol.DualSum = math.Max(sol.DualSum, math.Abs(mat.Sum(sol.A.ColView(j))))
		inside := sol.L.At(p.supports[j][0], j)
		for _, v := range out {
			sol.Dual -= sol.A.At(v, j)
			slackness = math.Max(slackness, math.Abs(sol.A.At(v, j)*(inside-sol.L.At(v, j)-1)))
		}
	}
	size := math.Max(1, sol.Primal)
	sol.PrimalResidual = p.Violation(sol.L)
	sol.DualResidual = math.Max(math.Max(0, sol.DualNorm-1), math.Max(sol.DualSum, sol.DualOff))
	sol.Complementarity = slackness / size
	sol.Gap = math.Abs(sol.Primal-sol.Dual) / size
	sol.Residual = max(sol.PrimalResidual, sol.DualResidual, sol.Complementarity, sol.Gap)
}
