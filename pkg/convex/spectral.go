package convex

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Polar returns U Qᵀ for the compact singular value decomposition X = U Σ Qᵀ, and
// all singular values in decreasing order. Values below 1e-10 times the largest
// count as zero. U Qᵀ is the subgradient of ‖X‖_* of least norm.
func Polar(x *mat.Dense) (*mat.Dense, []float64, error) {
	r, c, err := checkDense(x)
	if err != nil {
		return nil, nil, err
	}
	polar := mat.NewDense(r, c, nil)
	u, values, v, err := matrix.SVD(x)
	if err != nil {
		return nil, nil, err
	}
	if k := rank(values); values[0] > 0 {
		polar.Mul(u.Slice(0, r, 0, k), v.Slice(0, c, 0, k).T())
	}
	return polar, values, nil
}

// shrink stores in dst the matrix X of least 1/2 ‖X - Y‖² + τ ‖X‖_*, which is Y with
// τ taken off its singular values, or all of one that is smaller.
func shrink(dst, y *mat.Dense, tau float64) error {
	u, values, v, err := matrix.SVD(y)
	if err != nil {
		return err
	}
	k := 0
	for k < len(values) && values[k] > tau {
		k++
	}
	dst.Zero()
	if k == 0 {
		return nil
	}
	rows, cols := y.Dims()
	left := mat.DenseCopyOf(u.Slice(0, rows, 0, k))
	for i := range rows {
		row := left.RawRowView(i)
		for j := range row {
			row[j] *= values[j] - tau
		}
	}
	dst.Mul(left, v.Slice(0, cols, 0, k).T())
	return nil
}

// SpectralBall projects matrices of one shape on the balls of the spectral norm.
type SpectralBall struct {
	gram         blas64.Symmetric
	values, work []float64
	scaled, f    *mat.Dense
}

// NewSpectralBall returns the projection for matrices of rows by cols.
func NewSpectralBall(rows, cols int) *SpectralBall {
	k := min(rows, cols)
	b := &SpectralBall{
		gram:   matrix.NewSymmetric(k),
		values: make([]float64, k),
		scaled: mat.NewDense(k, k, nil),
		f:      mat.NewDense(k, k, nil),
	}
	size := make([]float64, 1)
	lapack64.Syev(lapack.EVCompute, b.gram, b.values, size, -1)
	b.work = make([]float64, int(size[0]))
	return b
}

// Project stores in dst the matrix nearest to x with spectral norm at most radius,
//
//	X f(Xᵀ X),  f(λ) = min(1, radius/√λ),
//
// or f(X Xᵀ) X where X has fewer rows. The eigenvectors of the smaller Gram matrix
// cost a fraction of a singular value decomposition, and as f is constant below
// radius² the loss of digits in small singular values does not show: the error is
// that of machine precision times (‖X‖₂/radius)².
func (b *SpectralBall) Project(dst, x *mat.Dense, radius float64) error {
	rows, cols := x.Dims()
	raw := x.RawMatrix()
	full := blas64.General{Rows: b.gram.N, Cols: b.gram.N, Stride: b.gram.Stride, Data: b.gram.Data}
	if rows <= cols {
		blas64.Gemm(blas.NoTrans, blas.Trans, 1, raw, raw, 0, full)
	} else {
		blas64.Gemm(blas.Trans, blas.NoTrans, 1, raw, raw, 0, full)
	}
	if !lapack64.Syev(lapack.EVCompute, b.gram, b.values, b.work, len(b.work)) {
		return inputError("eigenvalue decomposition does not converge")
	}
	vectors := mat.NewDense(full.Rows, full.Cols, full.Data)
	for i := range full.Rows {
		row, from := b.scaled.RawRowView(i), vectors.RawRowView(i)
		for j, v := range b.values {
			row[j] = from[j] * radius / math.Sqrt(math.Max(v, radius*radius))
		}
	}
	b.f.Mul(b.scaled, vectors.T())
	if rows <= cols {
		dst.Mul(b.f, x)
	} else {
		dst.Mul(x, b.f)
	}
	return nil
}
