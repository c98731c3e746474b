package generalization_test

import (
	"fmt"
	"log"

	"github.com/marginalia-ml/marginalia/pkg/generalization"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// XOR in 64 dimensions with a step size of the order of the width: a few steps, each on
// fresh examples, where log₂ 64 = 6.
func ExampleQuadratic() {
	const d, m, n = 64, 512, 4096
	rng := random.Stream(1, "example")
	q, err := generalization.NewQuadratic(d, m, rng)
	if err != nil {
		log.Fatal(err)
	}
	held, err := generalization.XOR(n, d, rng)
	if err != nil {
		log.Fatal(err)
	}
	steps := 0
	for ; q.ErrorOn(held) > 0.01; steps++ {
		batch, err := generalization.XOR(n, d, rng)
		if err != nil {
			log.Fatal(err)
		}
		q.Step(batch, m)
	}
	plus, minus, _ := q.Signals(1)
	fmt.Printf("error below 1 %% after %d steps; neurons of sign +1 look along e₁ + e₂: %t\n", steps, plus > 10*minus)
	// Output: error below 1 % after 3 steps; neurons of sign +1 look along e₁ + e₂: true
}

// The stability of gradient descent costs a factor e where κρ*² = 3/28, and there is no bound from 1/2 on.
func ExampleStabilityConstant() {
	fmt.Printf("%.4f %v\n", generalization.StabilityConstant(3./28), generalization.StabilityConstant(0.5))
	// Output:
	// 2.7183 +Inf
}
