package convex

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Matrix is a linear map given by its products: the rows of constraints. Two more methods
// are used where a Matrix has them:
//
//	RowTo(dst []float64, i int)   // overwrite dst with row i: products are saved
//	RowNormsTo(dst []float64)     // store the Euclidean norms of all rows
//
// and one that is [Structured] may bring an engine of its own.
type Matrix interface {
	// Dims returns the number of rows and of columns.
	Dims() (r, c int)
	// MulVecTo stores M x in dst, or Mᵀ x when trans is true. It must not
	// change x and must not keep either slice. It panics where lengths do not fit.
	MulVecTo(dst []float64, trans bool, x []float64)
}

// rowMatrix is a Matrix that writes its rows without a product.
type rowMatrix interface {
	Matrix
	RowTo(dst []float64, i int)
}

// blockRows is the number of rows that go into a product at once.
const blockRows = 256

const (
	badVecLength = "convex: length of vector does not fit the matrix"
	badRowIndex  = "convex: row or column index out of range"
)

// dense is a Matrix with every entry stored.
type dense struct {
	m blas64.General
}

// FromDense returns m as a Matrix. It shares the elements of a *mat.Dense and
// copies anything else.
func FromDense(m mat.Matrix) Matrix {
	if d, ok := m.(*mat.Dense); ok {
		return dense{d.RawMatrix()}
	}
	return dense{mat.DenseCopyOf(m).RawMatrix()}
}

func (d dense) Dims() (r, c int) { return d.m.Rows, d.m.Cols }

func (d dense) MulVecTo(dst []float64, trans bool, x []float64) {
	t, nx, nd := blas.NoTrans, d.m.Cols, d.m.Rows
	if trans {
		t, nx, nd = blas.Trans, d.m.Rows, d.m.Cols
	}
	if len(x) != nx || len(dst) != nd {
		panic(badVecLength)
	}
	blas64.Gemv(t, 1, d.m, blas64.Vector{N: nx, Data: x, Inc: 1}, 0, blas64.Vector{N: nd, Data: dst, Inc: 1})
}

func (d dense) RowTo(dst []float64, i int) {
	copy(dst, d.m.Data[i*d.m.Stride:i*d.m.Stride+d.m.Cols])
}

func (d dense) RowNormsTo(dst []float64) {
	for i := range dst {
		dst[i] = floats.Norm(d.m.Data[i*d.m.Stride:i*d.m.Stride+d.m.Cols], 2)
	}
}

// rowsOf returns m with every entry stored.
func rowsOf(m Matrix) *mat.Dense {
	r, c := m.Dims()
	out := mat.NewDense(r, c, nil)
	eachBlock(m, func(first int, rows *mat.Dense) {
		k, _ := rows.Dims()
		out.Slice(first, first+k, 0, c).(*mat.Dense).Copy(rows)
	})
	return out
}

// rowNorms stores the Euclidean norm of every row of m in dst.
func rowNorms(dst []float64, m Matrix) {
	if n, ok := m.(interface{ RowNormsTo([]float64) }); ok {
		n.RowNormsTo(dst)
		return
	}
	eachBlock(m, func(first int, rows *mat.Dense) {
		k, _ := rows.Dims()
		for i := range k {
			dst[first+i] = floats.Norm(rows.RawRowView(i), 2)
		}
	})
}

// eachBlock calls f with the rows of m, a block at a time, and the number of
// the first of them. f may change the block.
func eachBlock(m Matrix, f func(first int, rows *mat.Dense)) {
	r, c := m.Dims()
	rm, known := m.(rowMatrix)
	unit := make([]float64, r)
	for first := 0; first < r; first += blockRows {
		b := mat.NewDense(min(blockRows, r-first), c, nil)
		k, _ := b.Dims()
		for i := range k {
			if known {
				rm.RowTo(b.RawRowView(i), first+i)
				continue
			}
			unit[first+i] = 1
			m.MulVecTo(b.RawRowView(i), true, unit)
			unit[first+i] = 0
		}
		f(first, b)
	}
}
