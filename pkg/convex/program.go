package convex

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

// program is a checked QP with inequalities and equalities stacked: C = [G; A],
// c = [h; b], and a scale for every row.
type program struct {
	n, mi, me int
	quad      *quad
	q, c      []float64
	g, a      Matrix
	system    System    // of g and a together, where their structure helps
	scale     []float64 // 1 / norm of the row of C in the metric of (P + ρ I)⁻¹, 1 for a row of zeros
	zero      []bool    // rows of zeros
}

// mulC stores C x in dst.
func (p *program) mulC(dst, x []float64) {
	if p.system != nil {
		p.system.MulVecTo(dst, false, x)
		return
	}
	if p.g != nil {
		p.g.MulVecTo(dst[:p.mi], false, x)
	}
	if p.a != nil {
		p.a.MulVecTo(dst[p.mi:], false, x)
	}
}

// mulCT stores Cᵀ y in dst.
func (p *program) mulCT(dst, y []float64) {
	if p.system != nil {
		p.system.MulVecTo(dst, true, y)
		return
	}
	clear(dst)
	if p.g != nil {
		p.g.MulVecTo(dst, true, y[:p.mi])
	}
	if p.a != nil {
		if p.g == nil {
			p.a.MulVecTo(dst, true, y)
			return
		}
		t := make([]float64, p.n)
		p.a.MulVecTo(t, true, y[p.mi:])
		floats.Add(dst, t)
	}
}

// scaleRows computes the scales, which make the diagonal of the dual's Hessian
// one whatever the units of rows and objective.
func (p *program) scaleRows() error {
	p.scale = make([]float64, len(p.c))
	p.zero = make([]bool, len(p.c))
	if p.g != nil {
		p.quad.rowNorms(p.scale[:p.mi], p.g)
	}
	if p.a != nil {
		p.quad.rowNorms(p.scale[p.mi:], p.a)
	}
	for i, s := range p.scale {
		switch {
		case !isFinite(s):
			name, k := p.rowName(i)
			return inputError("row %d of %s has norm %v: every value must be finite", k, name, s)
		case s == 0:
			p.scale[i], p.zero[i] = 1, true
		default:
			p.scale[i] = 1 / s
		}
	}
	return nil
}

// rowName returns the name and number of row i of C as the caller knows it.
func (p *program) rowName(i int) (string, int) {
	if i < p.mi {
		return "G", i
	}
	return "A", i - p.mi
}

// emptyRow returns the Farkas vector of a row of zeros that asks for the
// impossible, or nil.
func (p *program) emptyRow() []float64 {
	for i, z := range p.zero {
		if z && (p.c[i] > 0 || i >= p.mi && p.c[i] != 0) {
			y := make([]float64, len(p.c))
			y[i] = 1 / p.c[i]
			return y
		}
	}
	return nil
}

// certify evaluates the KKT conditions at x and y, as the package
// documentation defines them.
func (p *program) certify(x, y []float64) Certificate {
	rows := make([]float64, len(p.c))
	p.mulC(rows, x)
	px := make([]float64, p.n)
	p.quad.mul(px, x)
	grad := make([]float64, p.n)
	p.mulCT(grad, y)

	xpx := floats.Dot(x, px)
	primal := 0.5*xpx + floats.Dot(p.q, x)
	dual := floats.Dot(p.c, y) - 0.5*xpx
	value := max(1, math.Abs(primal))

	var violation, slackness, negative float64
	for i, r := range rows {
		s := r - p.c[i]
		if i >= p.mi {
			violation = max(violation, math.Abs(s))
			continue
		}
		violation = max(violation, -s)
		slackness = max(slackness, math.Abs(s*y[i]))
		negative = max(negative, -y[i])
	}
	scale := max(1, maxAbs(px), maxAbs(p.q))
	for i := range grad {
		grad[i] = px[i] + p.q[i] - grad[i]
	}
	cert := Certificate{
		Primal:          primal,
		Dual:            dual,
		PrimalResidual:  violation / max(1, maxAbs(p.c), maxAbs(rows)),
		DualResidual:    max(maxAbs(grad)/scale, negative/max(1, maxAbs(y[:p.mi]))),
		Complementarity: slackness / value,
		Gap:             math.Abs(primal-dual) / value,
	}
	cert.Residual = max(cert.PrimalResidual, cert.DualResidual, cert.Complementarity, cert.Gap)
	return cert
}

// farkas returns the answer for an infeasible program, y being its Farkas
// vector with cᵀ y = 1.
func (p *program) farkas(y []float64) *Solution {
	t := make([]float64, p.n)
	p.mulCT(t, y)
	return &Solution{
		Mu:     y[:p.mi:p.mi],
		Lambda: y[p.mi:],
		Certificate: Certificate{
			Status:   PrimalInfeasible,
			Primal:   math.Inf(1),
			Dual:     math.Inf(1),
			Residual: maxAbs(t),
		},
	}
}

func infeasibleError(s *Solution) error {
	return fmt.Errorf("%w: the multipliers combine the constraints to 0 ≥ 1 up to %.2g; no point of ‖x‖₁ below %.2g exists",
		ErrInfeasible, s.Residual, 1/s.Residual)
}
