package convex

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// Constants of L-BFGS.
const (
	// lbfgsMemory is the number of past steps kept by default. A long path is badly
	// conditioned at its end, where more memory pays.
	lbfgsMemory = 30
	// lbfgsTolerance and lbfgsLimit are the defaults of its options.
	lbfgsTolerance, lbfgsLimit = 1e-8, 10000
	// slopeDrop is the fraction of the first slope that the line search
	// accepts, the curvature condition of Wolfe; for a convex function it
	// alone makes the step long enough and not too long.
	slopeDrop = 0.9
	// searchLimit bounds the evaluations of one line search.
	searchLimit = 40
)

// Smooth is a differentiable function. It returns its value at x and
// stores its gradient in grad.
type Smooth func(grad, x []float64) float64

// LBFGS is the limited-memory method of Broyden, Fletcher, Goldfarb and Shanno (Nocedal and
// Wright, "Numerical Optimization", Algorithm 7.5) for a differentiable function that is
// convex along the lines that are searched, as convex functions are everywhere and others
// near a minimum:
//
//	x ← x - α B ∇f(x),
//
// where B, an estimate of the inverse Hessian, comes from the last steps and the changes of
// the gradient that they made. Lengths of steps α are chosen by slopes alone, which stay
// exact where differences of values have drowned in rounding.
type LBFGS struct {
	F Smooth
	// Memory is the number of steps that B is made of, 30 when zero.
	Memory int
	// Done tells from ‖∇f(x)‖ and ‖x‖ whether x is good enough; when nil, whether
	// ‖∇f(x)‖ ≤ Tolerance max(1, ‖x‖).
	Done func(grad, x float64) bool
}

// Minimum is where a minimization of a smooth function ended.
type Minimum struct {
	X          []float64
	Value      float64   // f(X)
	Grad       []float64 // ∇f(X)
	GradNorm   float64   // ‖∇f(X)‖: for a μ-strongly convex f, X is within GradNorm/μ of the minimizer
	Status     Status    // Optimal, Inaccurate or Canceled
	Iterations int
}

// Minimize goes from x0, which it does not change, until Done. Options.Tolerance is 1e-8
// when zero, Options.Iterations 10,000. The error wraps [ErrInput] for malformed input and a
// function that is not finite at x0, [ErrInaccurate] where rounding or the limit stopped it
// before, or the error of the context; with the last two what was reached is returned as
// well.
func (m *LBFGS) Minimize(ctx context.Context, opts *Options, x0 []float64) (*Minimum, error) {
	o, err := opts.WithDefaults(lbfgsTolerance, lbfgsLimit)
	if err != nil {
		return nil, err
	}
	if m.F == nil || len(x0) == 0 || m.Memory < 0 {
		return nil, inputError("L-BFGS of %d variables with a memory of %d steps: want a function, at least one variable and a memory that is not negative", len(x0), m.Memory)
	}
	if i := firstNotFinite(x0); i >= 0 {
		return nil, inputError("x0[%d] is %v: every value must be finite", i, x0[i])
	}
	done := m.Done
	if done == nil {
		done = func(grad, x float64) bool { return grad <= o.Tolerance*max(1, x) }
	}
	l := &lbfgs{f: m.F, x: slices.Clone(x0), g: make([]float64, len(x0)), memory: m.Memory}
	ctx, cancel := o.Bound(ctx)
	defer cancel()
	k, ok, err := l.run(ctx, o.Iterations, done)
	if !isFinite(l.val) || firstNotFinite(l.g) >= 0 {
		return nil, inputError("the function is %v, its gradient of norm %v at the start: both must be finite", l.val, floats.Norm(l.g, 2))
	}
	end := &Minimum{X: l.x, Value: l.val, Grad: l.g, GradNorm: floats.Norm(l.g, 2), Status: Optimal, Iterations: k}
	switch {
	case err != nil:
		end.Status = Canceled
		err = fmt.Errorf("convex: L-BFGS stopped at a gradient of norm %.2g: %w", end.GradNorm, err)
	case !ok:
		end.Status = Inaccurate
		err = fmt.Errorf("%w: gradient of norm %.2g after %d iterations", ErrInaccurate, end.GradNorm, k)
	}
	return end, err
}

// lbfgs is a run of LBFGS.
type lbfgs struct {
	f      Smooth
	x, g   []float64
	s, y   [][]float64 // steps and changes of the gradient, oldest first
	rho    []float64   // 1 / sᵀy
	val    float64
	memory int // lbfgsMemory when zero
}

// run iterates until done, given the norms of gradient and x, reports true. It
// returns the number of iterations and whether it got there; it did not when
// the limit is reached or no step brings the slope down any more.
func (l *lbfgs) run(ctx context.Context, limit int, done func(grad, x float64) bool) (int, bool, error) {
	l.val = l.f(l.g, l.x)
	for k := range limit {
		if done(floats.Norm(l.g, 2), floats.Norm(l.x, 2)) {
			return k, true, nil
		}
		if err := ctx.Err(); err != nil {
			return k, false, err
		}
		if !l.step() {
			if len(l.s) == 0 {
				return k, false, nil
			}
			l.forget()
		}
	}
	return limit, done(floats.Norm(l.g, 2), floats.Norm(l.x, 2)), nil
}

// forget drops the memory, so that the next step is one of steepest descent.
func (l *lbfgs) forget() { l.s, l.y, l.rho = nil, nil, nil }

// step takes one step and reports whether the line search found one.
func (l *lbfgs) step() bool {
	d := l.direction()
	slope := floats.Dot(d, l.g)
	if !(slope < 0) {
		return false
	}
	length := 1.0
	if len(l.s) == 0 {
		length = min(1, 1/floats.Norm(l.g, 2))
	}
	x, g := make([]float64, len(l.x)), make([]float64, len(l.x))
	low, high := 0.0, math.Inf(1)
	for range searchLimit {
		floats.AddScaledTo(x, l.x, length, d)
		val := l.f(g, x)
		at := floats.Dot(d, g)
		switch {
		case math.Abs(at) <= slopeDrop*-slope && isFinite(val):
			l.accept(x, g, val)
			return true
		case at < 0 && isFinite(val):
			low = length
		default:
			high = length
		}
		if math.IsInf(high, 1) {
			length *= 4
		} else {
			length = low + (high-low)/2
		}
		if length == low {
			break
		}
	}
	return false
}

// accept moves to x and remembers the step.
func (l *lbfgs) accept(x, g []float64, val float64) {
	s := floats.SubTo(make([]float64, len(x)), x, l.x)
	y := floats.SubTo(make([]float64, len(x)), g, l.g)
	copy(l.x, x)
	copy(l.g, g)
	l.val = val
	sy := floats.Dot(s, y)
	if !(sy > 0) {
		return
	}
	if len(l.s) == cmp.Or(l.memory, lbfgsMemory) {
		l.s, l.y, l.rho = l.s[1:], l.y[1:], l.rho[1:]
	}
	l.s, l.y, l.rho = append(l.s, s), append(l.y, y), append(l.rho, 1/sy)
}

// direction returns minus the inverse Hessian estimate times the gradient, by
// the two loops of Nocedal and Wright, "Numerical Optimization", Algorithm 7.4.
func (l *lbfgs) direction() []float64 {
	d := make([]float64, len(l.g))
	floats.ScaleTo(d, -1, l.g)
	k := len(l.s)
	alpha := make([]float64, k)
	for i := k - 1; i >= 0; i-- {
		alpha[i] = l.rho[i] * floats.Dot(l.s[i], d)
		floats.AddScaled(d, -alpha[i], l.y[i])
	}
	if k > 0 {
		y := l.y[k-1]
		floats.Scale(1/(l.rho[k-1]*floats.Dot(y, y)), d)
	}
	for i := range k {
		beta := l.rho[i] * floats.Dot(l.y[i], d)
		floats.AddScaled(d, alpha[i]-beta, l.s[i])
	}
	return d
}
