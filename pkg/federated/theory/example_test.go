package theory_test

import (
	"fmt"
	"log"

	"github.com/marginalia-ml/marginalia/pkg/federated/theory"
)

// The instance that makes the bound exact: no smaller constants will do.
func ExampleClass_Gaps() {
	H, clients := theory.Tight()
	gaps, err := H.Gaps(clients, theory.Uniform(len(clients)))
	if err != nil {
		log.Fatal(err)
	}
	g := gaps[0]
	fmt.Printf("gap %.1f, disc + 2 max Δ %.1f, with a factor of 1 %.1f\n", g.Gap, g.Bound(1, 2), g.Bound(1, 1))
	// Output: gap 0.4, disc + 2 max Δ 0.4, with a factor of 1 0.3
}

// What one model for all loses to a client that is of one group alone.
func ExampleMixture_Regret() {
	x := theory.Mixture{
		W:     [][]float64{{1, 0}, {0, 1}},
		Alpha: [][]float64{{1, 0}, {0.5, 0.5}},
		P:     []float64{0.5, 0.5},
	}
	if err := x.Check(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(x.Regret(0), x.Regret(1), x.RegretBound(0))
	// Output: 0.125 0.125 0.125
}
