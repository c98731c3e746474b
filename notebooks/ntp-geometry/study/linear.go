package study

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Scaled is c A.
func Scaled(A mat.Matrix, c float64) *mat.Dense {
	var B mat.Dense
	B.Scale(c, A)
	return &B
}

// Product is A B.
func Product(A, B mat.Matrix) *mat.Dense {
	var C mat.Dense
	C.Mul(A, B)
	return &C
}

// Relative is ‖A - B‖/‖B‖.
func Relative(A, B mat.Matrix) float64 { return matrix.Norm(matrix.Add(A, -1, B)) / matrix.Norm(B) }

// Ones is the column of n ones.
func Ones(n int) *mat.Dense {
	ones := mat.NewDense(n, 1, nil)
	ones.Apply(func(int, int, float64) float64 { return 1 }, ones)
	return ones
}

// Sums are the sums of the columns, 1ᵀA.
func Sums(A mat.Matrix) *mat.Dense {
	V, _ := A.Dims()
	return Product(Ones(V).T(), A)
}

// Centred takes the mean out of every column.
func Centred(A mat.Matrix) *mat.Dense {
	V, _ := A.Dims()
	return matrix.Add(A, -1/float64(V), Product(Ones(V), Sums(A)))
}

// Shuffle puts rows and columns of a matrix into the same random order.
func Shuffle(A *mat.Dense, rng *rand.Rand) *mat.Dense {
	n, _ := A.Dims()
	order := rng.Perm(n)
	B := mat.NewDense(n, n, nil)
	B.Apply(func(i, j int, _ float64) float64 { return A.At(order[i], order[j]) }, B)
	return B
}

// Rows returns the rows of a matrix, as heat-maps take them: in thousandths.
func Rows(A *mat.Dense) [][]float64 {
	n, _ := A.Dims()
	out := make([][]float64, n)
	for i := range out {
		out[i] = mat.Row(nil, i, A)
		for j, x := range out[i] {
			out[i][j] = math.Round(1000*x) / 1000
		}
	}
	return out
}

// Refactored returns ½(‖W B‖² + ‖B⁻¹H‖²) for n random matrices B, from near the identity
// to far from it.
func Refactored(W, H *mat.Dense, n int, rng *rand.Rand) (half []float64) {
	_, r := W.Dims()
	for i := range n {
		B := Scaled(matrix.Gaussian(r, r, rng), math.Pow(10, -4+4*float64(i)/float64(n)))
		for k := range r {
			B.Set(k, k, B.At(k, k)+1)
		}
		var inverse mat.Dense
		if inverse.Inverse(B) == nil {
			half = append(half, Half(Product(W, B), Product(&inverse, H)))
		}
	}
	return half
}

// Half is ½(‖W‖² + ‖H‖²).
func Half(W, H mat.Matrix) float64 {
	return (math.Pow(mat.Norm(W, 2), 2) + math.Pow(mat.Norm(H, 2), 2)) / 2
}

// Over divides every number by d.
func Over(x []float64, d float64) (y []float64) {
	for _, v := range x {
		y = append(y, v/d)
	}
	return y
}
