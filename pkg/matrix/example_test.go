package matrix_test

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

func Example() {
	A := mat.NewDense(2, 2, []float64{3, 0, 0, 4})
	B := mat.NewDense(2, 2, []float64{1, 0, 0, 0})
	fmt.Println(matrix.Norm(A), matrix.Inner(A, B), matrix.Corr(A, B))
	fmt.Println(matrix.Nuclear(A), matrix.Spectral(A))
	// Output:
	// 5 3 0.6
	// 7 4
}
