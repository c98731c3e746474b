package matrix

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Add returns A + r B.
func Add(A mat.Matrix, r float64, B mat.Matrix) *mat.Dense {
	C := mat.DenseCopyOf(B)
	C.Scale(r, C)
	C.Add(A, C)
	return C
}

// Inner returns the Frobenius inner product <A, B> = tr(Aᵀ B).
func Inner(A, B mat.Matrix) float64 {
	r, c := A.Dims()
	if br, bc := B.Dims(); br != r || bc != c {
		panic(mat.ErrShape)
	}
	sum := 0.0
	for i := range r {
		for j := range c {
			sum += A.At(i, j) * B.At(i, j)
		}
	}
	return sum
}

// Norm returns the Frobenius norm of A, which gonum calls the 2-norm.
func Norm(A mat.Matrix) float64 { return mat.Norm(A, 2) }

// Corr returns <A, B>/(‖A‖ ‖B‖), NaN if one of them is zero.
func Corr(A, B mat.Matrix) float64 {
	return Inner(A, B) / (Norm(A) * Norm(B))
}

// Unit returns A/‖A‖.
func Unit(A mat.Matrix) *mat.Dense {
	U := mat.DenseCopyOf(A)
	U.Scale(1/Norm(A), U)
	return U
}

// MaxAbs returns the largest |a_ij|, NaN if an entry is.
func MaxAbs(A mat.Matrix) float64 {
	r, c := A.Dims()
	largest := 0.0
	for i := range r {
		for j := range c {
			largest = math.Max(largest, math.Abs(A.At(i, j)))
		}
	}
	return largest
}

// Pick returns the entries of column j of L in rows s.
func Pick(L *mat.Dense, j int, s []int) []float64 {
	l := make([]float64, len(s))
	for i, z := range s {
		l[i] = L.At(z, j)
	}
	return l
}
