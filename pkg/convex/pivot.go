package convex

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Constants of principal pivoting.
const (
	// freeLimit is the number of variables without curvature up to which it is tried.
	freeLimit = 8
	// pivotLimit bounds the guesses of the active rows; three to six are usual.
	pivotLimit = 100
	// pivotPatience is the number of guesses in a row that may have no fewer wrong rows
	// than the best before. Then rows are exchanged one at a time, which cannot cycle
	// (Murty, "Note on a Bard-type scheme for solving the complementarity problem", 1974).
	pivotPatience = 5
	// pivotZero is the size beside the largest below which a multiplier or a slack is
	// rounding.
	pivotZero = 1e-13
	// pivotSweeps bounds the sweeps of refinement; one is usual.
	pivotSweeps = 3
	// gramBlock is the number of rows that are multiplied at once.
	gramBlock = 128
)

// pivoting solves a program whose P is diagonal and zero for a few variables only, as for the
// intercept of a support vector machine, and that has fewer rows than other variables. With
// the columns N of the free variables, the others whitened by their curvature and made
// orthogonal to N in R, and any t > 0, the conditions of optimality are
//
//	s = A y + N v - r,  Nᵀ y = g,  A = R Rᵀ + t N Nᵀ,  y, s ≥ 0 and yᵀ s = 0 on the inequalities
//
// since N Nᵀ y is constant. All rows are taken to be active first; what comes out with the
// wrong sign changes sides, until nothing does (block principal pivoting: Júdice and Pires,
// "A block principal pivoting algorithm for large-scale strictly monotone linear
// complementarity problems", 1994). The inner products A are computed once.
type pivoting struct {
	*program
	free []int      // the variables without curvature
	r    *mat.Dense // [m, n], zero in the columns of the free ones
	n    *mat.Dense // N, [m, k]
	m    *mat.Dense // what R has less than C, as multiples of N, [k, n]
	t    float64
	root []float64 // 1/√P of every variable, 0 for the free ones

	gram   blas64.Symmetric // A
	active []int            // the rows that are not dropped, increasing
	chol   blas64.Symmetric // of A in the active rows
	border *mat.Dense       // A⁻¹ N there
	small  mat.Cholesky     // of Nᵀ A⁻¹ N there
}

// pivoted returns the solution by principal pivoting, or nil where the program is not of its
// form or an answer within the tolerance was not found.
func (p *program) pivoted(ctx context.Context, o Options) *Solution {
	h := p.newPivoting()
	if h == nil {
		return nil
	}
	right, g := h.right()
	isDropped := make([]bool, len(p.c))
	fewest, patience := len(p.c)+1, pivotPatience
	var wrong []int
	exchange := func() {
		for _, i := range wrong {
			isDropped[i] = !isDropped[i]
		}
	}
	for guess := range min(pivotLimit, o.Iterations) {
		if ctx.Err() != nil {
			return nil
		}
		if !h.factorize(isDropped) { // too few rows are left for the free variables
			if len(wrong) < 2 {
				return nil
			}
			exchange()
			wrong = wrong[len(wrong)-1:]
			exchange()
			continue
		}
		y, v := h.solve(right, g)
		wrong = h.wrong(y, h.slacks(y, v, right), isDropped)
		if len(wrong) == 0 {
			sol := h.refined(y, v, g)
			if !(sol.Residual <= o.Tolerance) {
				return nil
			}
			sol.Status, sol.Iterations = Optimal, guess+1
			return sol
		}
		if len(wrong) < fewest {
			fewest, patience = len(wrong), pivotPatience
		} else {
			patience--
		}
		if patience < 0 {
			wrong = wrong[len(wrong)-1:]
		}
		exchange()
	}
	return nil
}

// newPivoting returns nil where the program is not of the form, or N has no full rank.
func (p *program) newPivoting() *pivoting {
	m := len(p.c)
	h := &pivoting{program: p, root: make([]float64, p.n)}
	if p.quad.diag == nil || m == 0 || m > gramLimit || !storable(p) {
		return nil
	}
	least, largest := math.Inf(1), floats.Max(p.quad.diag)
	for j, d := range p.quad.diag {
		if d == 0 {
			h.free = append(h.free, j)
		} else {
			least, h.root[j] = min(least, d), 1/math.Sqrt(d)
		}
	}
	if k := len(h.free); k == 0 || k > freeLimit || m+k > p.n || !(least > singularRatio*largest) {
		return nil
	}
	if !h.split() {
		return nil
	}
	h.multiply()
	return h
}

// split makes N, R and what connects them with C. It reports whether N has full rank.
func (h *pivoting) split() bool {
	m, k := len(h.c), len(h.free)
	h.r, h.n = mat.NewDense(m, h.program.n, nil), mat.NewDense(m, k, nil)
	first := 0
	for _, part := range []Matrix{h.g, h.program.a} {
		if part != nil {
			rows, _ := part.Dims()
			h.r.Slice(first, first+rows, 0, h.program.n).(*mat.Dense).Copy(rowsOf(part))
			first += rows
		}
	}
	for i := range m {
		row := h.r.RawRowView(i)
		for a, j := range h.free {
			h.n.Set(i, a, row[j])
		}
		floats.Mul(row, h.root)
	}
	var square mat.SymDense
	square.SymOuterK(1, h.n.T())
	var chol mat.Cholesky
	if !chol.Factorize(&square) || chol.Cond() > 1/singularRatio {
		return false
	}
	h.m = new(mat.Dense)
	h.m.Mul(h.n.T(), h.r)
	if chol.SolveTo(h.m, h.m) != nil {
		return false
	}
	h.t = math.Pow(h.r.Norm(2)/h.n.Norm(2), 2) // so that both parts of A are as large
	for i := range m {
		row := h.r.RawRowView(i)
		for a := range k {
			floats.AddScaled(row, -h.n.At(i, a), h.m.RawRowView(a))
		}
	}
	return true
}

// multiply computes A.
func (h *pivoting) multiply() {
	m := len(h.c)
	h.gram = matrix.NewSymmetric(m)
	all := h.r.RawMatrix()
	for first := 0; first < m; first += gramBlock { // the upper triangle, by blocks of rows
		last := min(first+gramBlock, m)
		block, right := all, all
		block.Rows, block.Data = last-first, all.Data[first*all.Stride:]
		right.Rows, right.Data = m-first, block.Data
		blas64.Gemm(blas.NoTrans, blas.Trans, 1, block, right, 0,
			blas64.General{Rows: last - first, Cols: m - first, Stride: m, Data: h.gram.Data[first*m+first:]})
	}
	for a := range h.free {
		blas64.Syr(h.t, vector(mat.Col(nil, a, h.n)), h.gram)
	}
}

// right returns the right sides r and g of the conditions.
func (h *pivoting) right() (r, g []float64) {
	g = make([]float64, len(h.free))
	for a, j := range h.free {
		g[a] = h.q[j]
	}
	r = make([]float64, len(h.c))
	mat.NewVecDense(len(r), r).MulVec(h.r, h.shift(g))
	floats.Add(r, h.c)
	return r, g
}

// shift is the whitened q where Nᵀ y = g: R has other columns than C.
func (h *pivoting) shift(g []float64) *mat.VecDense {
	q := floats.MulTo(make([]float64, h.program.n), h.q, h.root)
	for a, v := range g {
		floats.AddScaled(q, -v, h.m.RawRowView(a))
	}
	return mat.NewVecDense(len(q), q)
}

// factorize prepares solve for the rows that are not dropped. It reports whether their
// system is definite.
func (h *pivoting) factorize(dropped []bool) bool {
	h.active = h.active[:0]
	for i, d := range dropped {
		if !d {
			h.active = append(h.active, i)
		}
	}
	n, k := len(h.active), len(h.free)
	if n < k {
		return false
	}
	h.chol = matrix.ResizeSymmetric(h.chol, n)
	matrix.GatherSymmetric(h.chol, blas64.General{Rows: h.gram.N, Cols: h.gram.N, Stride: h.gram.Stride, Data: h.gram.Data}, h.active)
	if _, ok := lapack64.Potrf(h.chol); !ok {
		return false
	}
	h.border = mat.NewDense(n, k, nil)
	for a := range k {
		column := h.gather(mat.Col(nil, a, h.n))
		matrix.SolveCholesky(h.chol, column)
		h.border.SetCol(a, column)
	}
	square := mat.NewSymDense(k, nil)
	for a := range k {
		column := h.gather(mat.Col(nil, a, h.n))
		for b := a; b < k; b++ {
			square.SetSym(a, b, floats.Dot(column, mat.Col(nil, b, h.border)))
		}
	}
	return h.small.Factorize(square)
}

// gather returns the active entries.
func (h *pivoting) gather(x []float64) []float64 {
	out := make([]float64, len(h.active))
	for a, i := range h.active {
		out[a] = x[i]
	}
	return out
}

// solve returns y, zero in the dropped rows, and v with A y + N v = r in the active ones and
// Nᵀ y = g.
func (h *pivoting) solve(r, g []float64) (y, v []float64) {
	k := len(g)
	x := h.gather(r)
	matrix.SolveCholesky(h.chol, x)
	v = make([]float64, k)
	for a := range k {
		v[a] = floats.Dot(h.gather(mat.Col(nil, a, h.n)), x) - g[a]
	}
	at := mat.NewVecDense(k, v)
	_ = h.small.SolveVecTo(at, at) // the only error is a warning about the condition number
	for a := range k {
		floats.AddScaled(x, -v[a], mat.Col(nil, a, h.border))
	}
	y = make([]float64, len(r))
	for a, i := range h.active {
		y[i] = x[a]
	}
	return y, v
}

// slacks returns A y + N v - r.
func (h *pivoting) slacks(y, v, r []float64) []float64 {
	s := make([]float64, len(r))
	mat.NewVecDense(len(s), s).MulVec(h.n, mat.NewVecDense(len(v), v))
	floats.Sub(s, r)
	blas64.Symv(1, h.gram, vector(y), 1, vector(s))
	return s
}

// wrong are the inequalities with a negative multiplier or slack.
func (h *pivoting) wrong(y, slack []float64, dropped []bool) (wrong []int) {
	zero, zeroSlack := -pivotZero*maxAbs(y), -pivotZero*max(maxAbs(slack), maxAbs(h.c))
	for i := range h.mi {
		if dropped[i] && slack[i] < zeroSlack || !dropped[i] && y[i] < zero {
			wrong = append(wrong, i)
		}
	}
	return wrong
}

// refined takes out what rounding has left in the conditions, judged by the rows as given.
func (h *pivoting) refined(y, v, g []float64) (best *Solution) {
	for range pivotSweeps + 1 {
		x := h.point(y, v, g)
		cert := h.certify(x, y)
		if best != nil && !(cert.Residual < best.Residual) {
			break
		}
		best = &Solution{X: x, Mu: append([]float64(nil), y[:h.mi]...), Lambda: append([]float64(nil), y[h.mi:]...), Certificate: cert}
		off := make([]float64, len(y))
		h.mulC(off, x)
		floats.SubTo(off, h.c, off)
		dy, dv := h.solve(off, h.balance(y, g))
		floats.Add(y, dy)
		floats.Add(v, dv)
	}
	return best
}

// balance returns g - Nᵀ y.
func (h *pivoting) balance(y, g []float64) []float64 {
	d := make([]float64, len(g))
	mat.NewVecDense(len(g), d).MulVec(h.n.T(), mat.NewVecDense(len(y), y))
	floats.SubTo(d, g, d)
	return d
}

// point returns x: (Cᵀ y - q)/P, and for the free variables v less what R has been given.
func (h *pivoting) point(y, v, g []float64) []float64 {
	x := make([]float64, h.program.n)
	h.mulCT(x, y)
	floats.Sub(x, h.q)
	for j, w := range h.root {
		x[j] *= w // whitened
	}
	whitened := mat.NewVecDense(len(x), x)
	moved := mat.NewVecDense(len(v), nil)
	moved.MulVec(h.m, whitened)
	for j, w := range h.root {
		x[j] *= w
	}
	off := h.balance(y, g)
	for a, j := range h.free {
		x[j] = v[a] + h.t*(g[a]-off[a]) - moved.AtVec(a)
	}
	return x
}
