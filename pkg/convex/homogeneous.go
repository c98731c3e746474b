package convex

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

const (
	// homogeneousLimit bounds the iterations; ten to forty are usual.
	homogeneousLimit = 200
	// homogeneousStall is the number of iterations without a better point after which
	// rounding is taken to have won.
	homogeneousStall = 12
	// activeSweeps and activeGuesses bound the refinement of a guess of the active rows, and
	// the guesses; one is usual.
	activeSweeps, activeGuesses = 12, 8
	// cheapFlops is the work of a factor up to which the method is tried before others that
	// are slow: about a second.
	cheapFlops = 1e9
	// levelKappa is the κ/τ below which a point of a program without objective is one, and
	// not on its way to infinity.
	levelKappa = 1e-8
)

// homogeneous is a point of the homogeneous embedding of a quadratic program (Andersen and
// Ye, "On a homogeneous algorithm for the monotone complementarity problem", 1999),
//
//	P x + q τ - Cᵀ y = 0,  C x - c τ = s,  xᵀ P x/τ + qᵀ x - cᵀ y + κ = 0
//
// with y, s ≥ 0 on the inequalities, s = 0 on the equalities and τ, κ ≥ 0: τ > 0 gives the
// solution x/τ, κ > 0 a proof that there is none.
type homogeneous struct {
	*kkt
	x, y, s    []float64
	tau, kappa float64
	rx, rs     []float64
	rt, mu     float64
	px         []float64
	tried      float64 // the combination of rows that was the last to be projected
	left       int     // systems
}

// homogeneousStep is a direction.
type homogeneousStep struct {
	x, y, s    []float64
	tau, kappa float64
}

// embedded solves the program by Mehrotra's predictor-corrector method on its homogeneous
// embedding, with finer systems where it comes near a solution, but not near enough. The answer
// has the status that it reached.
func (k *kkt) embedded(ctx context.Context, o Options) (*Solution, error) {
	sol, err := k.attempt(ctx, o)
	if sol == nil || sol.Status != Inaccurate || !(sol.Residual < polishBelow) || o.Iterations <= sol.Iterations {
		return sol, err
	}
	o.Iterations -= sol.Iterations
	k.above = krylovFine
	again, err2 := k.attempt(ctx, o)
	if again == nil {
		return sol, err
	}
	again.Iterations += sol.Iterations
	if again.Status == Canceled || again.Status == Inaccurate && !(again.Residual < sol.Residual) {
		sol.Iterations = again.Iterations
		return sol, err
	}
	return again, err2
}

// attempt is embedded with systems as they are.
func (k *kkt) attempt(ctx context.Context, o Options) (*Solution, error) {
	h := k.start(ctx)
	if h == nil {
		return nil, ErrNotDefinite
	}
	best := &Solution{Certificate: Certificate{Residual: math.Inf(1)}}
	bx, by, bs := h.x, h.y, h.s
	stall, systems := 0, 1
	end := func(err error) (*Solution, error) {
		if best.X == nil {
			return nil, err
		}
		best.Iterations, best.Status = systems, Inaccurate
		if ctx.Err() != nil {
			best.Status, err = Canceled, ctx.Err()
		}
		return best, fmt.Errorf("%w: KKT residual %.2g, asked for %.2g: %w", ErrInaccurate, best.Residual, o.Tolerance, err)
	}
	for range homogeneousLimit {
		h.measure()
		h.left = o.Iterations - systems
		sol, err := h.proved(ctx)
		systems = o.Iterations - h.left
		if sol != nil {
			sol.Iterations = systems
			return sol, err
		}
		if now := h.answer(h.x, h.y, h.tau); now.Residual < best.Residual && !h.escapes() {
			best, stall = now, 0
			bx, by, bs = scaledBy(1/h.tau, h.x), scaledBy(1/h.tau, h.y), scaledBy(1/h.tau, h.s)
		} else if stall++; stall > homogeneousStall {
			break
		}
		if best.Residual <= interiorShare*o.Tolerance || h.kappa < leastMu*h.tau {
			break
		}
		if systems++; systems > o.Iterations {
			return end(errLimit)
		}
		alpha, err := h.advance(ctx)
		if ctx.Err() != nil {
			return end(ctx.Err())
		}
		if err != nil || !(alpha > shortStep) || !isFinite(h.tau) || !(h.tau > 0) || firstNotFinite(h.x) >= 0 {
			break
		}
	}
	if best.Residual < polishBelow {
		n, sol := k.active(ctx, bx, by, bs, best)
		systems, best = systems+n, sol
	}
	if !(best.Residual <= o.Tolerance) {
		return end(errors.New("no more progress"))
	}
	best.Status, best.Iterations = Optimal, systems
	return best, nil
}

func scaledBy(f float64, x []float64) []float64 { return floats.ScaleTo(make([]float64, len(x)), f, x) }

// start returns the point that the conditions with W = I lead to, moved into the interior.
func (k *kkt) start(ctx context.Context) *homogeneous {
	h := &homogeneous{kkt: k, tau: 1, kappa: 1, tried: farkasNear / farkasFall, rx: make([]float64, k.n), rs: make([]float64, k.m), px: make([]float64, k.n)}
	w := make([]float64, k.m)
	for i := range k.mi {
		w[i] = 1
	}
	if k.factorize(ctx, w) != nil {
		return nil
	}
	z := make([]float64, k.n+k.m)
	k.leaves = k.level()
	k.improve(z, h.sides(), kktSweeps)
	h.x, h.y, h.s = z[:k.n:k.n], make([]float64, k.m), make([]float64, k.m)
	var lowY, lowS float64
	for i, v := range z[k.n:] {
		h.y[i] = -v
		if i < k.mi {
			h.s[i] = v
			lowY, lowS = min(lowY, -v), min(lowS, v)
		}
	}
	for i := range k.mi {
		h.y[i] += 1 - lowY
		h.s[i] += 1 - lowS
	}
	return h
}

// sides returns [-q; c].
func (k *kkt) sides() []float64 {
	b := make([]float64, k.n+k.m)
	floats.SubTo(b[:k.n], b[:k.n], k.cost)
	copy(b[k.n:], k.right)
	return b
}

// measure updates the residuals.
func (h *homogeneous) measure() {
	h.mulP(h.px, h.x)
	h.times(h.rx, true, h.y)
	for j := range h.rx {
		h.rx[j] = h.px[j] + h.cost[j]*h.tau - h.rx[j]
	}
	h.times(h.rs, false, h.x)
	for i := range h.rs {
		h.rs[i] -= h.right[i]*h.tau + h.s[i]
	}
	h.rt = floats.Dot(h.x, h.px)/h.tau + floats.Dot(h.cost, h.x) - floats.Dot(h.right, h.y) + h.kappa
	h.mu = (floats.Dot(h.y, h.s) + h.tau*h.kappa) / float64(h.mi+1)
}

// advance takes a predictor-corrector step and returns its length.
func (h *homogeneous) advance(ctx context.Context) (float64, error) {
	w := make([]float64, h.m)
	for i := range h.mi {
		w[i] = min(h.s[i]/h.y[i], dropped/2)
	}
	if err := h.factorize(ctx, w); err != nil {
		return 0, err
	}
	h.leaves = h.level() || h.kappa > h.tau && h.above > krylovFine
	first := make([]float64, h.n+h.m)
	h.improve(first, h.sides(), kktSweeps)
	predictor := h.direction(first, 0, nil) // a direction that is not taken need not be exact
	rest := 1 - h.longest(predictor)
	d := h.direction(first, rest*rest*rest, &predictor)
	alpha := min(1, boundary*h.longest(d))
	floats.AddScaled(h.x, alpha, d.x)
	floats.AddScaled(h.y, alpha, d.y)
	floats.AddScaled(h.s, alpha, d.s)
	h.tau += alpha * d.tau
	h.kappa += alpha * d.kappa
	return alpha, nil
}

// direction returns the step that reduces the residuals to their share sigma and the
// complementarities to sigma times their mean, the products of the predictor taken off. first
// solves the system for [-q; c].
func (h *homogeneous) direction(first []float64, sigma float64, predictor *homogeneousStep) homogeneousStep {
	center := sigma * h.mu
	target := make([]float64, h.mi)
	tauTarget := center
	for i := range target {
		target[i] = center
		if predictor != nil {
			target[i] -= predictor.y[i] * predictor.s[i]
		}
	}
	if predictor != nil {
		tauTarget -= predictor.tau * predictor.kappa
	}
	b, z := make([]float64, h.n+h.m), make([]float64, h.n+h.m)
	floats.AddScaled(b[:h.n], sigma-1, h.rx)
	floats.AddScaled(b[h.n:], sigma-1, h.rs)
	for i, t := range target {
		b[h.n+i] += t/h.y[i] - h.s[i]
	}
	sweeps := kktSweeps
	if predictor == nil && !h.hard {
		sweeps = 1
	}
	h.improve(z, b, sweeps)

	// κ is eliminated by its complementarity. The denominator is, with ξ = x/τ, minus
	// ‖x₁ - ξ‖_P² + ‖v₁‖_W² + κ/τ, x₁ and v₁ being the parts of first.
	off, poff := make([]float64, h.n), make([]float64, h.n)
	for j := range off {
		off[j] = first[j] - h.x[j]/h.tau
	}
	h.mulP(poff, off)
	denominator := -floats.Dot(off, poff) - h.kappa/h.tau
	for i, w := range h.w {
		denominator -= w * first[h.n+i] * first[h.n+i]
	}
	linear := 2*floats.Dot(h.px, z[:h.n])/h.tau + floats.Dot(h.cost, z[:h.n]) + floats.Dot(h.right, z[h.n:])
	d := homogeneousStep{s: make([]float64, h.m)}
	d.tau = ((sigma-1)*h.rt - tauTarget/h.tau + h.kappa - linear) / denominator
	d.kappa = tauTarget/h.tau - h.kappa - h.kappa/h.tau*d.tau
	floats.AddScaled(z, d.tau, first)
	d.x, d.y = z[:h.n], z[h.n:]
	floats.Scale(-1, d.y)
	for i, t := range target {
		d.s[i] = t/h.y[i] - h.s[i] - h.s[i]/h.y[i]*d.y[i]
	}
	return d
}

// longest returns the largest step, at most 1, that keeps everything positive.
func (h *homogeneous) longest(d homogeneousStep) float64 {
	alpha := 1.0
	bound := func(v, dv float64) {
		if dv < 0 {
			alpha = math.Min(alpha, -v/dv)
		}
	}
	for i := range h.mi {
		bound(h.y[i], d.y[i])
		bound(h.s[i], d.s[i])
	}
	bound(h.tau, d.tau)
	bound(h.kappa, d.kappa)
	return alpha
}

// escapes reports whether the point of a program without objective may be on its way to
// infinity, beside which constraints that contradict each other would hold.
func (h *homogeneous) escapes() bool {
	return h.level() && h.kappa > levelKappa*h.tau
}

// level reports whether there is no objective.
func (k *kkt) level() bool { return len(k.form) == 0 && maxAbs(k.cost) == 0 }

// errFalls is the error of an objective that falls along a ray.
var errFalls = fmt.Errorf("%w: the objective falls without limit along a ray", ErrUnbounded)

// active solves for the rows whose multipliers are larger than their slacks as equalities,
// exchanges what comes out with the wrong sign, and returns the best answer, with the number
// of systems.
func (k *kkt) active(ctx context.Context, x, y, s []float64, best *Solution) (int, *Solution) {
	w := make([]float64, k.m)
	for i := range k.mi {
		if y[i] <= s[i] {
			w[i] = dropped
		}
	}
	k.leaves = k.level()
	for guess := range activeGuesses {
		if k.factorize(ctx, w) != nil {
			return guess, best
		}
		b, z := k.sides(), make([]float64, k.n+k.m)
		copy(z, x)
		for i := range w {
			if w[i] == 0 {
				z[k.n+i] = -y[i]
			} else {
				b[k.n+i] = 0
			}
		}
		k.improve(z, b, activeSweeps)
		at := make([]float64, k.m)
		k.times(at, false, z[:k.n])
		floats.Sub(at, k.right)
		mult := scaledBy(-1, z[k.n:])
		if sol := k.answer(z[:k.n], mult, 1); sol.Residual < best.Residual {
			best = sol
		}
		wrong := 0
		lowY, lowS := -pivotZero*maxAbs(mult), -pivotZero*max(1, maxAbs(at))
		for i := range k.mi {
			if w[i] == 0 && mult[i] < lowY {
				w[i], wrong = dropped, wrong+1
			} else if w[i] != 0 && at[i] < lowS {
				w[i], wrong = 0, wrong+1
			}
		}
		if wrong == 0 {
			return guess + 1, best
		}
	}
	return activeGuesses, best
}
