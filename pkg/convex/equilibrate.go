package convex

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

const (
	// meanSystems bounds the iterations of [geometric], meanResidual its residual.
	meanSystems, meanResidual = 400, 1e-11
	// maxSweeps is the number of sweeps of maxima.
	maxSweeps = 4
	// borderWeight is what the coefficients of q and c count beside those of P and C.
	borderWeight = 1. / 64
	// lightForm is what those of P count where rows come first.
	lightForm = 1. / 16
	// tie moves numbers away from the halves at which rounding is not sure.
	tie = 0.137
)

// coefficient is an entry of the matrix of a program's optimality conditions,
//
//	K = [P  Cᵀ  q; C  0  c; qᵀ  cᵀ  0]
//
// by the numbers of its row and column, rows of C after the variables and q and c last, its
// weight, and log₂ of its size.
type coefficient struct {
	row, col    int
	weight, log float64
}

// equilibrate returns exponents e for which 2^(e_a + e_b) |K_ab| is near one: geometric means
// first, which other units of the program move by exactly what they are (Curtis and Reid, "On
// the automatic scaling of matrices for Gaussian elimination", 1972), then maxima of P and C
// (Ruiz, "A scaling algorithm to equilibrate both rows and columns norms in matrices", 2001).
// What q and c say decides where nothing else does, and a P that counts less than C has a say
// in maxima only where there is no C.
func equilibrate(k []coefficient, order int) []int {
	e := geometric(k, order)
	most, counted := make([]float64, order), make([]bool, order)
	for _, c := range k {
		if c.weight == 1 {
			counted[c.row], counted[c.col] = true, true
		}
	}
	for range maxSweeps {
		for a := range most {
			most[a] = math.Inf(-1)
		}
		for _, c := range k {
			if c.weight == 1 || c.weight == lightForm && !counted[c.row] && !counted[c.col] {
				v := c.log + e[c.row] + e[c.col]
				most[c.row], most[c.col] = max(most[c.row], v), max(most[c.col], v)
			}
		}
		for a := range e {
			if !math.IsInf(most[a], -1) {
				e[a] -= most[a] / 2
			}
		}
	}
	out := make([]int, order)
	for a, v := range e {
		out[a] = int(math.Round(v + tie))
	}
	return out
}

// geometric returns the e of least Σ weight (log₂|K_ab| + e_a + e_b)², by conjugate gradients
// with the diagonal as preconditioner.
func geometric(k []coefficient, order int) []float64 {
	e, diag := make([]float64, order), make([]float64, order)
	r, p, ap := make([]float64, order), make([]float64, order), make([]float64, order)
	for _, c := range k {
		r[c.row] -= c.weight * c.log
		r[c.col] -= c.weight * c.log
		diag[c.row] += c.weight
		diag[c.col] += c.weight
		if c.row == c.col {
			diag[c.row] += 2 * c.weight
		}
	}
	z := make([]float64, order)
	precondition := func() float64 {
		for a, d := range diag {
			if d > 0 {
				z[a] = r[a] / d
			}
		}
		return floats.Dot(r, z)
	}
	size := precondition()
	least := meanResidual * meanResidual * size
	copy(p, z)
	for i := 0; i < meanSystems && size > least; i++ {
		clear(ap)
		for _, c := range k {
			v := c.weight * (p[c.row] + p[c.col])
			ap[c.row] += v
			ap[c.col] += v
		}
		curvature := floats.Dot(p, ap)
		if !(curvature > 0) {
			break
		}
		floats.AddScaled(e, size/curvature, p)
		floats.AddScaled(r, -size/curvature, ap)
		next := precondition()
		floats.Scale(next/size, p)
		floats.Add(p, z)
		size = next
	}
	return e
}

// coefficients returns those of the program, of P its lower triangle with the given weight.
func coefficients(form mat.Symmetric, p *program, weight float64) []coefficient {
	k := make([]coefficient, 0, p.n+known(p.g)+known(p.a)+len(p.c)+p.n)
	n := p.n
	note := func(row, col int, v float64) {
		if v != 0 {
			k = append(k, coefficient{row, col, weight, math.Log2(math.Abs(v))})
		}
	}
	if d, ok := form.(*mat.DiagDense); ok {
		for i := range n {
			note(i, i, d.At(i, i))
		}
	} else {
		for i := range n {
			for j := range i + 1 {
				note(i, j, form.At(i, j))
			}
		}
	}
	first := n
	weight = 1
	for _, m := range []Matrix{p.g, p.a} {
		if m == nil {
			continue
		}
		eachEntry(m, func(i, j int, v float64) { note(first+i, j, v) })
		r, _ := m.Dims()
		first += r
	}
	weight = borderWeight
	for a, v := range slices.Concat(p.q, p.c) {
		note(first, a, v)
	}
	return k
}

// eachEntry calls f with the entries of m that are stored, row by row.
func eachEntry(m Matrix, f func(i, j int, v float64)) {
	if c, ok := m.(*CSR); ok {
		r, _ := c.Dims()
		for i := range r {
			idx, val := c.row(i)
			for k, j := range idx {
				f(i, j, val[k])
			}
		}
		return
	}
	eachRows := func(first int, rows *mat.Dense) {
		k, _ := rows.Dims()
		for i := range k {
			for j, v := range rows.RawRowView(i) {
				f(first+i, j, v)
			}
		}
	}
	if d, ok := m.(dense); ok {
		if r, _ := d.Dims(); r > 0 {
			var whole mat.Dense
			whole.SetRawMatrix(d.m)
			eachRows(0, &whole)
		}
		return
	}
	eachBlock(m, eachRows)
}

// known returns the number of entries that m has at hand.
func known(m Matrix) int {
	switch m := m.(type) {
	case *CSR:
		return len(m.val)
	case dense:
		return m.m.Rows * m.m.Cols
	}
	return 0
}

// rescaled returns diag(row) M diag(col), whose factors are powers of two, so that nothing is rounded.
func rescaled(m Matrix, row, col []float64) Matrix {
	switch m := m.(type) {
	case nil:
		return nil
	case *CSR:
		out := &CSR{cols: m.cols, ptr: m.ptr, idx: m.idx, val: make([]float64, len(m.val))}
		for i := range row {
			for k := m.ptr[i]; k < m.ptr[i+1]; k++ {
				out.val[k] = row[i] * m.val[k] * col[m.idx[k]]
			}
		}
		return out
	case dense:
		out := rowsOf(m)
		for i, f := range row {
			r := out.RawRowView(i)
			floats.Mul(r, col)
			floats.Scale(f, r)
		}
		return dense{out.RawMatrix()}
	}
	if e := entrywise(m); known(e) > 0 {
		return rescaled(e, row, col)
	}
	return &scaledMatrix{m, row, col}
}

// entrywise returns m with its entries at hand, if they are known and not too many: all of them where few
// are zero.
func entrywise(m Matrix) Matrix {
	switch m.(type) {
	case nil, *CSR, dense:
		return m
	case rowMatrix:
		if r, c := m.Dims(); r*c <= 4*kktEntries {
			s := stored(m)
			if float64(len(s.val)) >= denseShare*float64(r)*float64(c) {
				return dense{rowsOf(s).RawMatrix()}
			}
			return s
		}
	}
	return m
}

// stored returns m with the entries that are not zero.
func stored(m Matrix) *CSR {
	r, c := m.Dims()
	out := &CSR{cols: c, ptr: make([]int, 1, r+1)}
	eachEntry(m, func(i, j int, v float64) {
		for len(out.ptr) <= i {
			out.ptr = append(out.ptr, len(out.idx))
		}
		if v != 0 {
			out.idx, out.val = append(out.idx, j), append(out.val, v)
		}
	})
	for len(out.ptr) <= r {
		out.ptr = append(out.ptr, len(out.idx))
	}
	return out
}

// scaledMatrix is diag(row) M diag(col) for an M that is known by its products.
type scaledMatrix struct {
	m        Matrix
	row, col []float64
}

func (s *scaledMatrix) Dims() (r, c int) { return s.m.Dims() }

func (s *scaledMatrix) MulVecTo(dst []float64, trans bool, x []float64) {
	from, to := s.col, s.row
	if trans {
		from, to = to, from
	}
	if len(x) != len(from) || len(dst) != len(to) {
		panic(badVecLength)
	}
	s.m.MulVecTo(dst, trans, floats.MulTo(make([]float64, len(x)), x, from))
	floats.Mul(dst, to)
}

// powers returns 2^e.
func powers(e []int) []float64 {
	out := make([]float64, len(e))
	for i, k := range e {
		out[i] = math.Ldexp(1, k)
	}
	return out
}

// ones returns n ones.
func ones(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = 1
	}
	return out
}
