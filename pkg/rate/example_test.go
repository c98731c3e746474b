package rate_test

import (
	"fmt"

	"github.com/marginalia-ml/marginalia/pkg/rate"
)

// The law of a power, from the window behind its transient.
func ExampleLogLog() {
	var x, y []float64
	for _, t := range rate.Grid(10, 1e4, 20) {
		x, y = append(x, t), append(y, 3/(t*t))
	}
	fit := rate.LogLog(x, y)
	fmt.Printf("slope %.3f, %v\n", fit.Slope, fit.Err)
	fmt.Println(rate.LogLog([]float64{1, 2, 3}, []float64{1, 0, 2}).Err)
	// Output:
	// slope -2.000, <nil>
	// rate: a value cannot be drawn on its axis: y[1] = 0
}
