package convex

import (
	"math"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"
)

const (
	// singularRatio is the ratio of smallest to largest curvature of P below
	// which the proximal term of the primal variables is switched on. Above it
	// P⁻¹ loses at most half of the digits.
	singularRatio = 1e-8
	// negativeRatio is the most negative curvature, relative to the largest entry and
	// for each variable, that is put down to rounding.
	negativeRatio = 1e-10
	// primalProx is the weight of the proximal term of the primal variables
	// relative to the largest curvature of P. Where P is singular an outer
	// iteration shrinks the distance to the solution by about this factor, and
	// x loses as many digits to it.
	primalProx = 1e-4
)

// quad is the quadratic form P of a program and the inverse of P + ρ I.
type quad struct {
	n    int
	diag []float64     // P when it is diagonal
	sym  *mat.SymDense // P when it is dense; the identity when both are nil
	chol *mat.Cholesky // of P + ρ I when P is dense; [quad.factor]
	low  *mat.TriDense // lower factor of the same
	rho  float64       // 0 where P is safely definite
	flat bool          // P = 0
	once sync.Once     // for the factor of a singular P, which not every method needs
}

// newQuad prepares the form p of n variables, nil for the identity. It finds out whether p is
// singular, unless that is known.
func newQuad(p mat.Symmetric, n int, singular bool) (*quad, error) {
	q := &quad{n: n}
	switch p := p.(type) {
	case nil:
		return q, nil
	case *mat.DiagDense:
		q.diag = make([]float64, n)
		for i := range q.diag {
			q.diag[i] = p.At(i, i)
		}
		low, high := floats.Min(q.diag), floats.Max(q.diag)
		q.flat = !(high > 0)
		if low < 0 && !(low >= -negativeRatio*high) {
			return nil, ErrNotConvex
		}
		if singular || low <= singularRatio*high {
			q.rho = primalProx * curvatureOf(high)
		}
	default:
		q.sym = mat.NewSymDense(n, nil)
		q.sym.CopySym(p)
		q.flat = maxAbs(upper(q.sym, q.touched())) == 0
		if err := q.factorize(singular); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// curvatureOf returns the largest curvature v, and one for a linear program.
func curvatureOf(v float64) float64 {
	if v > 0 {
		return v
	}
	return 1
}

// factorize computes the Cholesky factor of a dense P, or finds that it is singular, unless that is
// known.
func (q *quad) factorize(singular bool) error {
	known, high := singular, 0.0
	for i := range q.n {
		high = max(high, q.sym.At(i, i))
		singular = singular || q.sym.At(i, i) == 0
	}
	high = curvatureOf(high)
	if !singular {
		q.chol = new(mat.Cholesky)
		if q.chol.Factorize(q.sym) && q.chol.Cond() <= 1/singularRatio {
			return nil
		}
		q.chol = nil
	}
	if !known && !q.convex(float64(q.n)*negativeRatio*high) {
		return ErrNotConvex
	}
	q.rho = primalProx * high
	return nil
}

// touched are the variables with an entry of P.
func (q *quad) touched() []int {
	raw := q.sym.RawSymmetric()
	any := make([]bool, q.n)
	for i := range q.n {
		for j, v := range raw.Data[i*raw.Stride+i : i*raw.Stride+q.n] {
			if v != 0 {
				any[i], any[i+j] = true, true
			}
		}
	}
	var out []int
	for i, v := range any {
		if v {
			out = append(out, i)
		}
	}
	return out
}

// upper returns the rows and columns of the given variables, with an upper triangle.
func upper(sym *mat.SymDense, vars []int) []float64 {
	raw, out := sym.RawSymmetric(), make([]float64, len(vars)*len(vars))
	for a, i := range vars {
		for b, j := range vars[a:] {
			out[a*len(vars)+a+b] = raw.Data[i*raw.Stride+j]
		}
	}
	return out
}

// convex reports whether P has no curvature below -shift.
func (q *quad) convex(shift float64) bool {
	vars := q.touched()
	n := len(vars)
	if n == 0 {
		return true
	}
	a := blas64.Symmetric{Uplo: blas.Upper, N: n, Stride: n, Data: upper(q.sym, vars)}
	for i := range n {
		a.Data[i*n+i] += shift
	}
	_, ok := lapack64.Potrf(a)
	return ok
}

// factor returns the Cholesky factor of a dense P + ρ I.
func (q *quad) factor() *mat.Cholesky {
	q.once.Do(func() {
		if q.chol == nil {
			shifted := mat.NewSymDense(q.n, nil)
			shifted.CopySym(q.sym)
			for i := range q.n {
				shifted.SetSym(i, i, shifted.At(i, i)+q.rho)
			}
			q.chol = new(mat.Cholesky)
			q.chol.Factorize(shifted) // ρ is far above what rounding may have taken
		}
		q.low = new(mat.TriDense)
		q.chol.LTo(q.low)
	})
	return q.chol
}

// identity reports whether P is the identity.
func (q *quad) identity() bool { return q.diag == nil && q.sym == nil }

// curved reports whether P is other than zero.
func (q *quad) curved() bool { return !q.flat }

// curvature returns element j of a diagonal P + ρ I.
func (q *quad) curvature(j int) float64 {
	if q.diag == nil {
		return 1
	}
	return q.diag[j] + q.rho
}

// rowNorms stores the norm of every row of m in the metric of (P + ρ I)⁻¹ in
// dst.
func (q *quad) rowNorms(dst []float64, m Matrix) {
	if q.identity() {
		rowNorms(dst, m)
		return
	}
	eachBlock(m, func(first int, rows *mat.Dense) {
		q.whiten(rows)
		k, _ := rows.Dims()
		for i := range k {
			dst[first+i] = floats.Norm(rows.RawRowView(i), 2)
		}
	})
}

// fill stores P + ρ I in dst, both triangles where P is dense.
func (q *quad) fill(dst blas64.Symmetric) {
	clear(dst.Data)
	for i := range q.n {
		row := dst.Data[i*dst.Stride : i*dst.Stride+q.n]
		if q.sym == nil {
			row[i] = q.curvature(i)
			continue
		}
		for j := range row {
			row[j] = q.sym.At(i, j)
		}
		row[i] += q.rho
	}
}

// mul stores P x in dst.
func (q *quad) mul(dst, x []float64) {
	switch {
	case q.sym != nil:
		mat.NewVecDense(q.n, dst).MulVec(q.sym, mat.NewVecDense(q.n, x))
	case q.diag != nil:
		floats.MulTo(dst, q.diag, x)
	default:
		copy(dst, x)
	}
}

// solve overwrites x with (P + ρ I)⁻¹ x.
func (q *quad) solve(x []float64) {
	switch {
	case q.sym != nil:
		v := mat.NewVecDense(q.n, x)
		// The only error is a warning about the condition number, which
		// factorize has bounded.
		_ = q.factor().SolveVecTo(v, v)
	case q.diag != nil:
		for i, d := range q.diag {
			x[i] /= d + q.rho
		}
	}
}

// whiten overwrites every row c of m with L⁻¹ c, where L Lᵀ = P + ρ I, so that
// inner products of the rows become products in the metric of (P + ρ I)⁻¹.
func (q *quad) whiten(m *mat.Dense) {
	switch {
	case q.sym != nil:
		q.factor()
		var t mat.Dense
		_ = t.Solve(q.low, m.T()) // triangular with positive diagonal
		m.Copy(t.T())
	case q.diag != nil:
		r, _ := m.Dims()
		for i := range r {
			row := m.RawRowView(i)
			for j, d := range q.diag {
				row[j] /= math.Sqrt(d + q.rho)
			}
		}
	}
}
