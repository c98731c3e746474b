package convex

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// leastShare is the share of the program's unit below which distances and forces count as
// zeros, and its square that of values, beside which nothing can be relative.
const leastShare = 0x1p-10

// certify evaluates the KKT conditions at x and y, as the package documentation defines them.
// Values are in the units of the program, residuals in none.
func (p *program) certify(x, y []float64) Certificate {
	rows := make([]float64, len(p.c))
	p.mulC(rows, x)
	px := make([]float64, p.n)
	p.quad.mul(px, x)
	grad := make([]float64, p.n)
	p.mulCT(grad, y)

	xpx, linear := floats.Dot(x, px), floats.Dot(p.q, x)
	primal := 0.5*xpx + linear
	dual := floats.Dot(p.c, y) - 0.5*xpx

	// Distances from the constraints and forces, which are distances where P = I.
	var reach, force float64
	for i, r := range rows {
		if n := p.norm[i]; n > 0 {
			reach = max(reach, math.Abs(r)/n)
			force = max(force, math.Abs(y[i])*n)
		}
	}
	far, near := leastShare, 0.0 // least sizes that count, of distances and of forces
	if p.quad.curved() {
		near = far
	}
	value := max(math.Abs(primal), math.Abs(dual), xpx/2, far*max(near, leastShare*maxAbs(p.q)))
	var violation, slackness, negative float64
	for i, r := range rows {
		s := r - p.c[i]
		n := p.norm[i]
		if n == 0 {
			n = 1
		}
		size := max(far, reach, math.Abs(p.c[i])/n)
		if i >= p.mi {
			violation = max(violation, ratio(math.Abs(s)/n, size))
			continue
		}
		violation = max(violation, ratio(-s/n, size))
		slackness = max(slackness, math.Abs(s*y[i]))
		negative = max(negative, -y[i]*n)
	}
	for i := range grad {
		grad[i] = px[i] + p.q[i] - grad[i]
	}
	cert := Certificate{
		Primal:          primal,
		Dual:            dual,
		PrimalResidual:  violation,
		DualResidual:    max(ratio(maxAbs(grad), max(near, maxAbs(px), maxAbs(p.q))), ratio(negative, max(near, force))),
		Complementarity: ratio(slackness, value),
		Gap:             ratio(math.Abs(primal-dual), value),
	}
	cert.Residual = max(cert.PrimalResidual, cert.DualResidual, cert.Complementarity, cert.Gap)
	return cert
}

// ratio returns a/b, and zero where a is.
func ratio(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	return a / b
}
