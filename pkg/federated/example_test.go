package federated_test

import (
	"fmt"

	"github.com/marginalia-ml/marginalia/pkg/federated"
)

// Three queries nearest to one key: the factor of past picks draws two of them to a key that is rarely picked.
func ExampleSelect() {
	queries := []float32{1, 0, 0.9, 0.1, 0.8, 0.3}
	keys := []float32{1, 0, 0, 1}
	fmt.Println("at test time:", federated.Select(queries, keys, 2, nil))

	picked := []int{98, 2}
	fmt.Println("in training: ", federated.Select(queries, keys, 2, federated.Factor(picked)))
	// Output:
	// at test time: [0 0 0]
	// in training:  [0 1 1]
}
