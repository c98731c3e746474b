package convex

import "gonum.org/v1/gonum/floats"

// Certify evaluates the conditions of optimality at a point x with the multipliers mu of the
// inequalities and lambda of the equalities, whoever found them; the package documentation
// defines the parts of the residual. The status stays [Unsolved]. The error wraps [ErrInput],
// for lengths that do not fit and values that are not finite too, or [ErrNotConvex].
func (p *QP) Certify(x, mu, lambda []float64) (Certificate, error) {
	prog, err := p.compile(plain)
	if err != nil {
		return Certificate{}, err
	}
	if len(x) != prog.n || len(mu) != prog.mi || len(lambda) != prog.me {
		return Certificate{}, inputError("point of %d variables with %d and %d multipliers for %d variables, %d inequalities and %d equalities",
			len(x), len(mu), len(lambda), prog.n, prog.mi, prog.me)
	}
	at, y := make([]float64, prog.n), make([]float64, len(prog.c))
	copy(y[copy(y, mu):], lambda)
	floats.DivTo(at, x, prog.col)
	floats.Scale(1/prog.unit, at)
	floats.Div(y, prog.row)
	floats.Scale(1/prog.unit, y)
	for name, v := range map[string][]float64{"x": at, "multipliers": y} {
		if i := firstNotFinite(v); i >= 0 {
			return Certificate{}, inputError("element %d of %s is %v: every value must be finite", i, name, v[i])
		}
	}
	cert := prog.certify(at, y)
	cert.Primal, cert.Dual = cert.Primal*prog.unit*prog.unit, cert.Dual*prog.unit*prog.unit
	return cert, nil
}
