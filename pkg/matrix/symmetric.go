package matrix

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// NewSymmetric returns the n by n matrix of zeros, stored in its upper triangle.
func NewSymmetric(n int) blas64.Symmetric { return ResizeSymmetric(blas64.Symmetric{}, n) }

// ResizeSymmetric returns an n by n matrix of any content in the memory of s
// if that is enough.
func ResizeSymmetric(s blas64.Symmetric, n int) blas64.Symmetric {
	if cap(s.Data) < n*n {
		s.Data = make([]float64, n*n)
	}
	return blas64.Symmetric{N: n, Stride: max(1, n), Data: s.Data[:n*n], Uplo: blas.Upper}
}

// GatherSymmetric stores the rows and columns idx, increasing, of src in dst.
func GatherSymmetric(dst blas64.Symmetric, src blas64.General, idx []int) {
	for a, i := range idx {
		row := src.Data[i*src.Stride : i*src.Stride+src.Cols]
		out := dst.Data[a*dst.Stride : a*dst.Stride+dst.N]
		for b := a; b < len(idx); b++ {
			out[b] = row[idx[b]]
		}
	}
}

// ScatterSymmetric adds src to the rows and columns idx, increasing, of dst.
func ScatterSymmetric(dst, src blas64.Symmetric, idx []int) {
	for a, i := range idx {
		row := src.Data[a*src.Stride : a*src.Stride+src.N]
		out := dst.Data[i*dst.Stride : i*dst.Stride+dst.N]
		for b := a; b < len(idx); b++ {
			out[idx[b]] += row[b]
		}
	}
}

// SolveCholesky overwrites x with the solution for the factor Uᵀ U stored in chol.
func SolveCholesky(chol blas64.Symmetric, x []float64) {
	if chol.N == 0 {
		return
	}
	u := blas64.Triangular{Uplo: blas.Upper, Diag: blas.NonUnit, N: chol.N, Stride: chol.Stride, Data: chol.Data}
	v := blas64.Vector{N: chol.N, Inc: 1, Data: x}
	blas64.Trsv(blas.Trans, u, v)
	blas64.Trsv(blas.NoTrans, u, v)
}
