package imbalance_test

import (
	"fmt"

	"github.com/marginalia-ml/marginalia/pkg/imbalance"
)

// A class of one fifth of the examples should have twice the margin of the other, five times if it is the noisier one, and the
// smaller margin of the two if it is the quieter one.
func ExampleMixture_Best() {
	for _, noise := range [][2]float64{{1, 1}, {1.5, 0.7}, {0.7, 1.5}} {
		best, err := imbalance.Mixture{Pi: 0.2, Plus: noise[0], Minus: noise[1], S: 2}.Best(1.5)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%g %g: %.2f\n", noise[0], noise[1], best.Delta)
	}
	// Output:
	// 1 1: 2.16
	// 1.5 0.7: 5.36
	// 0.7 1.5: 0.92
}

// The mean of the worst fifth of ten class errors.
func ExampleObjective_Value() {
	errors := []float64{0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.5, 0.7, 0.9}
	fmt.Printf("%.2f", imbalance.Objective{Kind: "cvar", A: 0.2}.Value(errors))
	// Output: 0.80
}

// The margins of LDAM, largest for the rarest class, are taken off an example's own score.
func ExampleLDAMScores() {
	margins, err := imbalance.LDAM([]int{1000, 100, 10}, 0.5)
	if err != nil {
		panic(err)
	}
	fmt.Printf("margins %.3f\n", margins)
	fmt.Printf("scores %.2f\n", imbalance.LDAMScores([]float64{2, 1, 1}, 2, margins, 10))
	// Output:
	// margins [0.158 0.281 0.500]
	// scores [20.00 10.00 5.00]
}

// The classes of the long-tailed CIFAR-10 of imbalance 100, for training and for validation.
func ExampleCIFARCounts() {
	fit, held, err := imbalance.CIFARCounts(10)
	if err != nil {
		panic(err)
	}
	fmt.Println(fit, held)
	// Output:
	// [4000 2398 1438 862 517 310 186 112 67 40] [1000 600 360 216 130 78 47 28 17 10]
}
