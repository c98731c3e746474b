package convex

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

const (
	// rankTol is the ratio to the largest singular value below which a
	// singular value counts as zero.
	rankTol = 1e-10
	// fullRankCond bounds the condition number up to which the factor of A Aᵀ
	// shows full rank beyond doubt and two sweeps of Cholesky QR are
	// orthogonal to machine precision (Yamamoto, Nakatsukasa, Yanagisawa and
	// Fukaya, "Roundoff error analysis of the CholeskyQR2 algorithm", 2015,
	// asks for less than 1e8/8).
	fullRankCond = 1e6
)

// LeastSquares is a least squares solution of least norm.
type LeastSquares struct {
	X        []float64
	Residual float64 // largest of |A X - b|
	Rank     int     // of A
}

// MinNorm returns the x of least norm among those that minimize ‖A x - b‖,
// x = A⁺ b. It lies in the row space of A. Singular values below 1e-10 times
// the largest count as zero. Whether A x = b has a solution is told by the
// residual.
func MinNorm(a *mat.Dense, b []float64) (*LeastSquares, error) {
	r, c, err := checkDense(a)
	if err != nil {
		return nil, err
	}
	if len(b) != r {
		return nil, inputError("%d values on the right of %d rows", len(b), r)
	}
	if i := firstNotFinite(b); i >= 0 {
		return nil, inputError("b[%d] is %v: every value must be finite", i, b[i])
	}
	ls := &LeastSquares{X: make([]float64, c)}
	if f := factorRows(a); f != nil {
		ls.Rank = r
		f.solve(ls.X, b)
	} else if ls.Rank, err = pseudoInverse(ls.X, a, b); err != nil {
		return nil, err
	}
	res := make([]float64, r)
	FromDense(a).MulVecTo(res, false, ls.X)
	floats.Sub(res, b)
	ls.Residual = maxAbs(res)
	return ls, nil
}

// Projection is the orthogonal projection on the span of the rows of a matrix.
type Projection struct {
	basis *mat.Dense // orthonormal rows; nil when the span is {0}
	n     int
}

// RowSpace returns the orthogonal projection on the span of the rows of A.
// Singular values below 1e-10 times the largest count as zero.
func RowSpace(a *mat.Dense) (*Projection, error) {
	_, c, err := checkDense(a)
	if err != nil {
		return nil, err
	}
	p := &Projection{n: c}
	if f := factorRows(a); f != nil {
		p.basis = f.basis()
		return p, nil
	}
	v, values, err := rightVectors(a)
	if err != nil {
		return nil, err
	}
	if k := rank(values); k > 0 {
		p.basis = mat.DenseCopyOf(v.Slice(0, c, 0, k).T())
	}
	return p, nil
}

// Rank returns the dimension of the row space.
func (p *Projection) Rank() int {
	if p.basis == nil {
		return 0
	}
	r, _ := p.basis.Dims()
	return r
}

// Apply stores the projection of x on the row space in dst, which may be x.
func (p *Projection) Apply(dst, x []float64) {
	if len(dst) != p.n || len(x) != p.n {
		panic(badVecLength)
	}
	if p.basis == nil {
		clear(dst)
		return
	}
	q := FromDense(p.basis)
	t := make([]float64, p.Rank())
	q.MulVecTo(t, false, x)
	q.MulVecTo(dst, true, t)
}

// checkDense returns the shape of a, with an error if it holds no numbers or
// some that are not finite.
func checkDense(a *mat.Dense) (r, c int, err error) {
	if a == nil || a.IsEmpty() {
		return 0, 0, inputError("matrix without rows")
	}
	r, c = a.Dims()
	for i := range r {
		if j := firstNotFinite(a.RawRowView(i)); j >= 0 {
			return 0, 0, inputError("element (%d, %d) is %v: every value must be finite", i, j, a.At(i, j))
		}
	}
	return r, c, nil
}

// rowFactor is A = S⁻¹ Â with rows of norm one in Â and L Lᵀ = Â Âᵀ.
type rowFactor struct {
	scale []float64
	rows  *mat.Dense // Â
	chol  mat.Cholesky
}

// factorRows returns the factor of a matrix whose rows are independent beyond
// doubt, nil for others.
func factorRows(a *mat.Dense) *rowFactor {
	r, c := a.Dims()
	if r > c {
		return nil
	}
	f := &rowFactor{scale: make([]float64, r), rows: mat.DenseCopyOf(a)}
	for i := range f.scale {
		row := f.rows.RawRowView(i)
		norm := floats.Norm(row, 2)
		if norm == 0 {
			return nil
		}
		f.scale[i] = 1 / norm
		floats.Scale(f.scale[i], row)
	}
	if floats.Max(f.scale)/floats.Min(f.scale) > fullRankCond {
		return nil
	}
	// The condition number of Â Âᵀ is the square of that of Â.
	if !f.chol.Factorize(gramOf(f.rows)) || math.Sqrt(f.chol.Cond()) > fullRankCond {
		return nil
	}
	return f
}

// solve stores the solution of A x = b of least norm in x.
func (f *rowFactor) solve(x, b []float64) {
	const sweeps = 3 // the second refines, the third only confirms
	rows := FromDense(f.rows)
	left := floats.MulTo(make([]float64, len(b)), b, f.scale)
	t, step := make([]float64, len(b)), make([]float64, len(x))
	clear(x)
	for range sweeps {
		v := mat.NewVecDense(len(left), left)
		_ = f.chol.SolveVecTo(v, v) // factorRows has bounded the condition number
		rows.MulVecTo(step, true, left)
		floats.Add(x, step)
		rows.MulVecTo(t, false, x)
		for i := range left {
			left[i] = b[i]*f.scale[i] - t[i]
		}
	}
}

// gramOf returns M Mᵀ. The general product is used since gonum's symmetric one
// runs on one core.
func gramOf(m *mat.Dense) *mat.SymDense {
	r, _ := m.Dims()
	var full mat.Dense
	full.Mul(m, m.T())
	return mat.NewSymDense(r, full.RawMatrix().Data)
}

// basis returns orthonormal rows that span those of A, by two sweeps of
// Cholesky QR.
func (f *rowFactor) basis() *mat.Dense {
	q := f.rows
	divideFactor(&f.chol, q)
	var second mat.Cholesky
	if second.Factorize(gramOf(q)) { // within 1e-4 of the identity
		divideFactor(&second, q)
	}
	return q
}

// divideFactor overwrites q with L⁻¹ q.
func divideFactor(chol *mat.Cholesky, q *mat.Dense) {
	l := chol.RawU().(*mat.TriDense).RawTriangular()
	blas64.Trsm(blas.Left, blas.Trans, 1, l, q.RawMatrix())
}

// rightVectors returns the right singular vectors of a, as columns, and the
// singular values.
func rightVectors(a *mat.Dense) (*mat.Dense, []float64, error) {
	var svd mat.SVD
	if !svd.Factorize(a, mat.SVDThinV) {
		return nil, nil, inputError("singular value decomposition does not converge")
	}
	var v mat.Dense
	svd.VTo(&v)
	return &v, svd.Values(nil), nil
}

// rank counts the singular values, in decreasing order, that are not zero.
func rank(values []float64) int {
	k := 0
	for k < len(values) && values[k] > rankTol*values[0] {
		k++
	}
	return k
}

// pseudoInverse stores A⁺ b in x and returns the rank of A.
func pseudoInverse(x []float64, a *mat.Dense, b []float64) (int, error) {
	var svd mat.SVD
	if !svd.Factorize(a, mat.SVDThin) {
		return 0, inputError("singular value decomposition does not converge")
	}
	k := rank(svd.Values(nil))
	if k == 0 {
		clear(x)
		return 0, nil
	}
	var sol mat.Dense
	svd.SolveTo(&sol, mat.NewDense(len(b), 1, b), k)
	mat.Col(x, 0, &sol)
	return k, nil
}
