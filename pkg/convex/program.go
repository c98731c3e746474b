package convex

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

// program is a checked QP with inequalities and equalities stacked, C = [G; A],
// c = [h; b], in units of its own, and with a scale for every row.
type program struct {
	n, mi, me int
	units
	origin *QP
	quad   *quad
	q, c   []float64
	g, a   Matrix
	system System    // of g and a together, where their structure helps
	norm   []float64 // of the rows of C
	scale  []float64 // 1 / norm of the row of C in the metric of (P + ρ I)⁻¹, 1 for a row of zeros
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
func (p *program) scaleRows() {
	if p.scale != nil {
		return
	}
	p.scale = make([]float64, len(p.c))
	if p.quad.identity() {
		copy(p.scale, p.norm)
	} else {
		if p.g != nil {
			p.quad.rowNorms(p.scale[:p.mi], p.g)
		}
		if p.a != nil {
			p.quad.rowNorms(p.scale[p.mi:], p.a)
		}
	}
	for i, s := range p.scale {
		if p.norm[i] == 0 || s == 0 {
			p.scale[i] = 1
		} else {
			p.scale[i] = 1 / s
		}
	}
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
	for i, v := range p.norm {
		if v == 0 && p.c[i] != 0 { // those that ask for less than zero have been left out
			y := make([]float64, len(p.c))
			y[i] = 1 / p.c[i]
			return y
		}
	}
	return nil
}

// farkas returns the answer for an infeasible program, y being its Farkas
// vector with cᵀ y = 1.
func (p *program) farkas(y []float64) *Solution {
	t := make([]float64, p.n)
	p.mulCT(t, y)
	for j, d := range p.col {
		t[j] /= p.unit * d
	}
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

// proves reports whether y with cᵀ y = 1 combines the rows to zero: to farkasTol of
// what cancels where the right sides are of the size of the unit or larger, and to rounding where they are
// much smaller.
func (p *program) proves(y []float64) bool {
	size := 0.0
	for i, v := range y {
		size += math.Abs(v) * p.norm[i]
	}
	return p.combination(y) <= max(farkasTol*min(1, size), min(farkasRounding*size, farkasMost))
}

// combination returns the largest entry of |Cᵀ y|.
func (p *program) combination(y []float64) float64 {
	t := make([]float64, p.n)
	p.mulCT(t, y)
	return maxAbs(t)
}

func infeasibleError(s *Solution) error {
	return fmt.Errorf("%w: the multipliers combine the constraints to 0 ≥ 1 up to %.2g; no point of ‖x‖₁ below %.2g exists",
		ErrInfeasible, s.Residual, 1/s.Residual)
}
