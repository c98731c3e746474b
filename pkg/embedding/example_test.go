package embedding_test

import (
	"fmt"
	"log"

	"github.com/marginalia-ml/marginalia/pkg/embedding"
)

// What a text tells of the group, by its distance from the neutral one: with equal distances
// nothing, and not equally little for every pair that the loss finds nearly as good.
func ExampleLogPosterior() {
	const rho = 1
	prior := []float64{0.5, 0.5}
	for _, d := range [][]float64{{1, 1}, {1, 2}, {5, 6}} {
		p, err := embedding.LogPosterior(prior, d, rho)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("d = %v: loss %.1e, log-odds %.1f\n", d, embedding.BiasLoss(d, rho), p[0]-p[1])
	}
	// Output:
	// d = [1 1]: loss 0.0e+00, log-odds 0.0
	// d = [1 2]: loss 9.4e-01, log-odds 1.5
	// d = [5 6]: loss 7.4e-06, log-odds 5.5
}
