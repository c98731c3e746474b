package convex

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// balance says which units are chosen.
type balance int

const (
	plain     balance = iota // P has a diagonal near one
	whole                    // the optimality conditions have entries near one
	rowsFirst                // the rows have entries near one
)

// units are those in which a program is solved, powers of two: with x = unit D x' and
// y = unit S y' it is
//
//	minimize    1/2 x'ᵀ (D P D) x' + (D q/unit)ᵀ x'
//	subject to  (S C D) x' ≥ S c/unit
//
// D brings the diagonal of a definite P near one; where P is singular D and S equilibrate the
// rows and columns of the optimality conditions. The unit is a typical distance of a
// constraint from zero. Other units of the data lead to the same program.
type units struct {
	col, row []float64 // D and S
	unit     float64
}

// adopt changes to units in which the program does not depend on those of its data. Rows that
// bring their own engine, and P = I with them, are left as they are by plain ones.
func (p *program) adopt(form mat.Symmetric, kind balance) (err error) {
	p.units = units{col: ones(p.n), row: ones(len(p.c)), unit: 1}
	if form == nil {
		if kind == plain {
			p.quad, err = newQuad(nil, p.n, false)
			return err
		}
		form = mat.NewDiagDense(p.n, ones(p.n))
	}
	if kind != plain {
		p.g, p.a = entrywise(p.g), entrywise(p.a)
		weight := 1.
		if kind == rowsFirst {
			weight = lightForm
		}
		e := powers(equilibrate(coefficients(form, p, weight), p.n+len(p.c)+1))
		p.col, p.row = e[:p.n], e[p.n:p.n+len(p.c)]
	} else {
		var free []int
		for j := range p.col {
			if d := form.At(j, j); d > 0 {
				_, e := math.Frexp(d)
				p.col[j] = math.Ldexp(1, -(e >> 1))
			} else {
				free = append(free, j)
			}
		}
		if _, diag := form.(*mat.DiagDense); diag && len(free) <= freeLimit {
			p.scaleFree(free)
		}
	}
	if p.quad, err = newQuad(scaledForm(form, p.col), p.n, kind != plain); err != nil {
		return err
	}
	p.rescale()
	return nil
}

// scaleFree chooses the units of a few columns without curvature, such as an intercept: those
// in which the largest entry beside the others of its row is near one.
func (p *program) scaleFree(free []int) {
	if len(free) == 0 || !storable(p) {
		return
	}
	most := make([]float64, len(free))
	for _, m := range []Matrix{p.g, p.a} {
		if m == nil {
			continue
		}
		eachBlock(m, func(_ int, rows *mat.Dense) {
			k, _ := rows.Dims()
			for i := range k {
				row := rows.RawRowView(i)
				others := 0.0
				for j, v := range row {
					if !slices.Contains(free, j) {
						others = max(others, math.Abs(v)*p.col[j])
					}
				}
				for a, j := range free {
					if v := math.Abs(row[j]) / others; isFinite(v) {
						most[a] = max(most[a], v)
					}
				}
			}
		})
	}
	for a, j := range free {
		if most[a] > 0 {
			_, e := math.Frexp(most[a])
			p.col[j] = math.Ldexp(1, -e)
		}
	}
}

// balanced returns the program in other units, or nil where it is too large for that.
func (p *program) balanced(kind balance) *program {
	entries := 0
	for _, m := range []Matrix{p.g, p.a} {
		switch m := m.(type) {
		case nil:
		case *CSR:
			entries += len(m.val)
		default:
			r, c := m.Dims()
			entries += r * c
		}
	}
	if entries > 4*kktEntries || p.n*p.n > storeLimit {
		return nil
	}
	b, err := p.origin.compile(kind)
	if err != nil {
		return nil
	}
	return b
}

// rescale applies D and S.
func (p *program) rescale() {
	p.q = floats.MulTo(make([]float64, p.n), p.q, p.col)
	floats.Mul(p.c, p.row)
	if slices.Max(p.col) != 1 || slices.Min(p.col) != 1 || len(p.row) > 0 && (slices.Max(p.row) != 1 || slices.Min(p.row) != 1) {
		p.g, p.a = rescaled(p.g, p.row[:p.mi], p.col), rescaled(p.a, p.row[p.mi:], p.col)
		p.system = nil
	}
}

// scaledForm returns D P D.
func scaledForm(form mat.Symmetric, d []float64) mat.Symmetric {
	n := len(d)
	if diag, ok := form.(*mat.DiagDense); ok {
		out := mat.NewDiagDense(n, nil)
		for i, f := range d {
			out.SetDiag(i, f*diag.At(i, i)*f)
		}
		return out
	}
	out := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i + 1 {
			if v := form.At(i, j); v != 0 {
				out.SetSym(i, j, d[i]*v*d[j])
			}
		}
	}
	return out
}

// measureUnit stores the norm of every row in its units, and finds the unit: the median of the
// distances |c_i|/‖row i‖ that are not zero, or the size of q, where P is definite and that is
// larger, or where there are no distances. A linear program without any has x = 0 or no solution.
func (p *program) measureUnit() error {
	p.norm = make([]float64, len(p.c))
	if p.g != nil {
		rowNorms(p.norm[:p.mi], p.g)
	}
	if p.a != nil {
		rowNorms(p.norm[p.mi:], p.a)
	}
	var far []float64
	for i, v := range p.norm {
		switch {
		case !isFinite(v):
			name, k := p.rowName(i)
			return inputError("row %d of %s has norm %v: every value must be finite", k, name, v)
		case v == 0 && i < p.mi && p.c[i] < 0:
			p.c[i] = 0 // how far from it a row of zeros asks to be is in no unit
		case v > 0 && p.c[i] != 0:
			far = append(far, math.Abs(p.c[i])/v)
		}
	}
	u := 0.0
	if len(far) > 0 {
		slices.Sort(far)
		u = far[len(far)/2]
	}
	if p.quad.rho == 0 || u == 0 && p.quad.curved() {
		u = max(u, maxAbs(p.q))
	}
	if u > 0 && isFinite(u) {
		_, e := math.Frexp(u)
		p.unit = math.Ldexp(1, e)
		p.q = floats.ScaleTo(make([]float64, p.n), 1/p.unit, p.q)
		floats.Scale(1/p.unit, p.c)
	}
	return nil
}

// accepts reports whether an answer of the same program in the units of b is one in those of p:
// what is far in the one, and makes a proof of infeasibility, need not be far in the other.
func (p *program) accepts(sol *Solution, b *program) bool {
	if sol.Status != PrimalInfeasible {
		return true
	}
	y := slices.Concat(sol.Mu, sol.Lambda)
	for i := range y {
		y[i] *= b.row[i] / b.unit * p.unit / p.row[i]
	}
	return p.proves(y)
}

// restore takes an answer back to the units of the data.
func (p *program) restore(sol *Solution) *Solution {
	if sol == nil {
		return nil
	}
	for i, v := range p.norm { // a row of zeros that asks for nothing presses nothing
		if v > 0 || p.c[i] != 0 {
			continue
		}
		if i < p.mi {
			sol.Mu[i] = 0
		} else {
			sol.Lambda[i-p.mi] = 0
		}
	}
	y := p.unit
	switch sol.Status {
	case PrimalInfeasible:
		y = 1 / p.unit
	case DualInfeasible:
		floats.Scale(1/p.unit, sol.X)
		floats.Mul(sol.X, p.col)
	default:
		floats.Scale(p.unit, sol.X)
		floats.Mul(sol.X, p.col)
		sol.Primal, sol.Dual = sol.Primal*p.unit*p.unit, sol.Dual*p.unit*p.unit
	}
	floats.Scale(y, sol.Mu)
	floats.Scale(y, sol.Lambda)
	floats.Mul(sol.Mu, p.row[:p.mi])
	floats.Mul(sol.Lambda, p.row[p.mi:])
	return sol
}
