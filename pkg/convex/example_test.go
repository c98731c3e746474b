package convex_test

import (
	"context"
	"fmt"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"gonum.org/v1/gonum/mat"
)

// The point of the triangle x ≥ 1, y ≥ 1, x + y ≤ 3 that is nearest to the origin, with
// what proves it.
func Example() {
	program := &convex.QP{
		G: convex.FromDense(mat.NewDense(3, 2, []float64{1, 0, 0, 1, -1, -1})),
		H: []float64{1, 1, -3},
	}
	s, err := program.Solve(context.Background(), nil)
	if err != nil {
		panic(err)
	}
	fmt.Printf("x = %.3f, multipliers %.3f\n", s.X, s.Mu)
	fmt.Println(s.Status, s.Residual <= convex.DefaultTolerance)
	// Output:
	// x = [1.000 1.000], multipliers [1.000 1.000 0.000]
	// optimal true
}

func ExampleLBFGS() {
	bowl := func(grad, x []float64) float64 { // (x - 1)² + 10 (y + 2)²
		u, v := x[0]-1, x[1]+2
		grad[0], grad[1] = 2*u, 20*v
		return u*u + 10*v*v
	}
	m, err := (&convex.LBFGS{F: bowl}).Minimize(context.Background(), nil, []float64{0, 0})
	if err != nil {
		panic(err)
	}
	fmt.Printf("x = %.4f, ‖∇f‖ ≤ 1e-8 max(1, ‖x‖): %v\n", m.X, m.GradNorm <= 3e-8)
	// Output: x = [1.0000 -2.0000], ‖∇f‖ ≤ 1e-8 max(1, ‖x‖): true
}
