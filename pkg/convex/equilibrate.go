package convex

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

const (
	// meanSweeps bounds the sweeps of geometric means, each of which halves what is left, and
	// maxSweeps those of maxima.
	meanSweeps, maxSweeps = 24, 4
)

// coefficient is an entry of the matrix of a program's optimality conditions,
//
//	K = [P  Cᵀ; C  0]
//
// by the numbers of its row and column, rows of C after the variables, and log₂ of its size.
type coefficient struct {
	row, col int
	log      float64
}

// equilibrate returns exponents e for which 2^(e_a + e_b) |K_ab| is near one: geometric means
// of rows first, which other units of the program move by exactly what they are (Curtis and
// Reid, "On the automatic scaling of matrices for Gaussian elimination", 1972), then maxima
// (Ruiz, "A scaling algorithm to equilibrate both rows and columns norms in matrices", 2001).
func equilibrate(k []coefficient, order int) []int {
	e := make([]float64, order)
	sum, count := make([]float64, order), make([]float64, order)
	for range meanSweeps {
		clear(sum)
		clear(count)
		for _, c := range k {
			v := c.log + e[c.row] + e[c.col]
			sum[c.row] += v
			count[c.row]++
			if c.col != c.row {
				sum[c.col] += v
				count[c.col]++
			}
		}
		for a := range e {
			if count[a] > 0 {
				e[a] -= sum[a] / count[a] / 2
			}
		}
	}
	for range maxSweeps {
		for a := range sum {
			sum[a] = math.Inf(-1)
		}
		for _, c := range k {
			v := c.log + e[c.row] + e[c.col]
			sum[c.row], sum[c.col] = max(sum[c.row], v), max(sum[c.col], v)
		}
		for a := range e {
			if !math.IsInf(sum[a], -1) {
				e[a] -= sum[a] / 2
			}
		}
	}
	out := make([]int, order)
	for a, v := range e {
		out[a] = int(math.Round(v))
	}
	return out
}

// coefficients returns those of the forms's lower triangle and of the given rows.
func coefficients(n int, form mat.Symmetric, parts ...Matrix) []coefficient {
	var k []coefficient
	note := func(row, col int, v float64) {
		if v != 0 {
			k = append(k, coefficient{row, col, math.Log2(math.Abs(v))})
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
	for _, m := range parts {
		if m == nil {
			continue
		}
		eachEntry(m, func(i, j int, v float64) { note(first+i, j, v) })
		r, _ := m.Dims()
		first += r
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
	eachBlock(m, func(first int, rows *mat.Dense) {
		k, _ := rows.Dims()
		for i := range k {
			for j, v := range rows.RawRowView(i) {
				f(first+i, j, v)
			}
		}
	})
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
	return &scaledMatrix{m, row, col}
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
