package maxmargin_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/maxmargin"
)

// Two orthonormal contexts over three tokens: token 0 follows the first, tokens 1 and 2 the
// second. The solution is the centred support matrix times Hᵀ.
func Example() {
	H := mat.NewDense(2, 2, []float64{1, 0, 0, 1})
	program, err := maxmargin.NewNextToken(H, 3, [][]int{{0}, {1, 2}})
	if err != nil {
		panic(err)
	}
	s, err := program.Solve(context.Background(), nil)
	if err != nil {
		panic(err)
	}
	fmt.Printf("W = %.3f\nmargin %.4f, %v\n", mat.Formatted(s.W, mat.Prefix("    ")), s.Margin, s.Status)
	// Output:
	// W = ⎡ 0.667  -0.667⎤
	//     ⎢-0.333   0.333⎥
	//     ⎣-0.333   0.333⎦
	// margin 0.8660, optimal
}
