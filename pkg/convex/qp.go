package convex

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"gonum.org/v1/gonum/mat"
)

// DefaultTolerance is the KKT residual at which a solve stops by default. An
// answer usually comes out well below it, since the last Newton step is exact.
const DefaultTolerance = 1e-10

// DefaultTime bounds a solve whose options do not say how long it may take.
const DefaultTime = time.Hour

// defaultIterations bounds the Newton systems of one solve. Random programs
// take about ten, degenerate ones several dozen.
const defaultIterations = 1000

// manyRows is the number of rows from which on programs that have manyTimes as many of them as
// variables are left to the interior point method first: the systems of the dual are as large
// as the number of rows, its own as that of variables.
const manyRows, manyTimes = 256, 4

// QP is the program
//
//	minimize    1/2 xᵀ P x + qᵀ x
//	subject to  G x ≥ h,  A x = b
//
// P is positive semidefinite; nil stands for the identity, and a
// *mat.DiagDense is kept diagonal. A nil Q is zero. G and A may be nil, and
// H and B then empty.
type QP struct {
	P mat.Symmetric
	Q []float64
	G Matrix
	H []float64
	A Matrix
	B []float64
}

// Options tune a solve. The zero value, or nil, means the defaults.
type Options struct {
	// Tolerance is the residual to reach; when zero, DefaultTolerance or what the
	// method's documentation says.
	Tolerance float64
	// Iterations bounds the number of Newton systems, or of iterations of methods
	// that have none; when zero, 1000 or what the documentation says.
	Iterations int
	// Time bounds what a solve may take, from its call on; when zero, DefaultTime. The context
	// may end it before. Either way what was reached is returned, with its certificate.
	Time time.Duration
}

// Solution is the answer to a QP.
type Solution struct {
	// X is the minimizer. It is nil when the program is infeasible, and a
	// direction of unlimited descent when it is unbounded.
	X []float64
	// Mu and Lambda are the multipliers of inequalities and equalities, with
	// P X + q = Gᵀ Mu + Aᵀ Lambda. When the program is infeasible they are a
	// Farkas vector, Mu ≥ 0, Gᵀ Mu + Aᵀ Lambda = 0, scaled to hᵀ Mu + bᵀ Lambda = 1,
	// and Residual is the largest entry of |Gᵀ Mu + Aᵀ Lambda|: then no point x
	// with Σ |xᵢ| < 1/Residual satisfies the constraints.
	Mu, Lambda []float64

	Certificate
}

// Solve solves the program. The error is nil only when the KKT residual is
// within the tolerance. Otherwise it wraps ErrInput, ErrNotConvex,
// ErrInfeasible, ErrUnbounded, ErrInaccurate or the error of the context, and
// except for the first two the solution is returned as well, with a status
// that says the same and the certificate of what was reached.
func (p *QP) Solve(ctx context.Context, opts *Options) (*Solution, error) {
	o, err := opts.WithDefaults(DefaultTolerance, defaultIterations)
	if err != nil {
		return nil, err
	}
	ctx, cancel := o.Bound(ctx)
	defer cancel()
	if ctx.Err() != nil { // before P is factorized
		prog, err := p.checked()
		if err != nil {
			return nil, err
		}
		return &Solution{
			X: make([]float64, prog.n), Mu: make([]float64, prog.mi), Lambda: make([]float64, prog.me),
			Certificate: Certificate{Status: Canceled, Dual: math.Inf(-1), Residual: math.Inf(1)},
		}, fmt.Errorf("convex: stopped before the first system: %w", ctx.Err())
	}
	prog, err := p.compile(plain)
	if err != nil {
		return nil, err
	}
	sol, err := prog.solve(ctx, o)
	if no, why := prog.contradicted(ctx, o, sol); no != nil {
		sol, err = no, why
	}
	return prog.restore(sol), err
}

// solve returns the answer in the units of the program.
func (p *program) solve(ctx context.Context, o Options) (*Solution, error) {
	if y := p.emptyRow(); y != nil {
		sol := p.farkas(y)
		return sol, infeasibleError(sol)
	}
	if sol := p.pivoted(ctx, o); sol != nil {
		return sol, nil
	}
	var first rough
	if p.quad.rho > 0 {
		if b := p.balanced(whole); b != nil {
			*p = *b
		}
		if k := newKKT(ctx, p); k != nil {
			sol, err := k.embedded(ctx, o)
			if sol != nil && sol.Status != Inaccurate {
				return sol, err
			}
			if sol != nil {
				first = rough{sol, p, err}
			}
		}
	}
	s := newSolver(p, nil, o)
	s.rough = first
	if p.quad.rho > 0 {
		s.tried = 1
	}
	defer func() {
		if s.found != nil {
			*p = *s.found
		}
	}()
	if p.quad.rho == 0 && len(p.c) >= manyRows && len(p.c) > manyTimes*p.n {
		if sol, err := s.alternative(ctx); sol != nil {
			return sol, err
		}
	}
	p.scaleRows()
	s.engine = newEngine(ctx, p)
	sol, err := s.run(ctx)
	if sol != nil && sol.Status == Inaccurate {
		if sol, err := s.alternative(ctx); sol != nil {
			return sol, err
		}
		if no, err := p.without(ctx, o); no != nil {
			no.Iterations += sol.Iterations
			return no, err
		}
		if r := s.rough; r.Solution != nil && r.Residual < sol.Residual {
			r.Iterations = sol.Iterations
			s.found, sol, err = r.in, r.Solution, r.err
		}
	}
	return sol, err
}

// Bound returns the context that ends with ctx, or when the time of the options is over.
func (o Options) Bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, o.Time)
}

// WithDefaults returns the options with the given values for what is zero, or all of them
// for nil. The error wraps [ErrInput].
func (o *Options) WithDefaults(tolerance float64, iterations int) (Options, error) {
	out := Options{Tolerance: tolerance, Iterations: iterations, Time: DefaultTime}
	if o == nil {
		return out, nil
	}
	if math.IsNaN(o.Tolerance) || o.Tolerance < 0 || o.Iterations < 0 || o.Time < 0 {
		return out, inputError("options %+v: tolerance, iterations and time must not be negative", *o)
	}
	if o.Tolerance > 0 {
		out.Tolerance = o.Tolerance
	}
	if o.Iterations > 0 {
		out.Iterations = o.Iterations
	}
	if o.Time > 0 {
		out.Time = o.Time
	}
	return out, nil
}

// compile checks the data and returns the program in the solver's form and units.
func (p *QP) compile(kind balance) (*program, error) {
	prog, err := p.checked()
	if err != nil {
		return nil, err
	}
	if err := prog.adopt(p.P, kind); err != nil {
		return nil, fmt.Errorf("quadratic form P of %d variables: %w", prog.n, err)
	}
	return prog, prog.measureUnit()
}

// checked returns the program as it is given.
func (p *QP) checked() (*program, error) {
	n, err := p.variables()
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, inputError("no variables: give P, Q, G or A")
	}
	prog := &program{n: n, origin: p, g: p.G, a: p.A, q: p.Q, system: systemOf(p.G, p.A)}
	if prog.q == nil {
		prog.q = make([]float64, n)
	}
	if p.G != nil {
		prog.mi, _ = p.G.Dims()
	}
	if p.A != nil {
		prog.me, _ = p.A.Dims()
	}
	if len(p.H) != prog.mi || len(p.B) != prog.me {
		return nil, inputError("%d values in H and %d in B for %d inequalities and %d equalities",
			len(p.H), len(p.B), prog.mi, prog.me)
	}
	prog.c = append(append(make([]float64, 0, prog.mi+prog.me), p.H...), p.B...)
	for name, v := range map[string][]float64{"Q": prog.q, "H": p.H, "B": p.B} {
		if i := firstNotFinite(v); i >= 0 {
			return nil, inputError("%s[%d] is %v: every value must be finite", name, i, v[i])
		}
	}
	return prog, p.checkForm()
}

// variables returns the number of variables, which all parts must agree on.
func (p *QP) variables() (int, error) {
	n := 0
	agree := func(name string, k int) error {
		if n != 0 && k != n {
			return inputError("%s has %d variables where others have %d", name, k, n)
		}
		n = k
		return nil
	}
	var errs []error
	if p.P != nil {
		errs = append(errs, agree("P", p.P.SymmetricDim()))
	}
	if p.Q != nil {
		errs = append(errs, agree("Q", len(p.Q)))
	}
	for _, m := range []struct {
		name string
		m    Matrix
	}{{"G", p.G}, {"A", p.A}} {
		if m.m != nil {
			_, c := m.m.Dims()
			errs = append(errs, agree(m.name, c))
		}
	}
	return n, errors.Join(errs...)
}

// checkForm looks for values of P that are not finite.
func (p *QP) checkForm() error {
	if p.P == nil {
		return nil
	}
	diag, isDiag := p.P.(*mat.DiagDense)
	for i := range p.P.SymmetricDim() {
		if isDiag {
			if v := diag.At(i, i); !isFinite(v) {
				return inputError("P[%d, %d] is %v: every value must be finite", i, i, v)
			}
			continue
		}
		for j := range i + 1 {
			if v := p.P.At(i, j); !isFinite(v) {
				return inputError("P[%d, %d] is %v: every value must be finite", i, j, v)
			}
		}
	}
	return nil
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// firstNotFinite returns the index of the first NaN or infinity, or -1.
func firstNotFinite(v []float64) int {
	for i, x := range v {
		if !isFinite(x) {
			return i
		}
	}
	return -1
}

// maxAbs returns the maximum norm of v, NaN if an element is.
func maxAbs(v []float64) float64 {
	most := 0.0
	for _, x := range v {
		if x = math.Abs(x); x > most || x != x {
			most = x
		}
	}
	return most
}
