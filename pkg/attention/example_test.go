package attention_test

import (
	"context"
	"fmt"
	"log"

	"github.com/marginalia-ml/marginalia/pkg/attention"
)

// Two sequences on which descent from zero gets stuck, although the max-margin direction
// exists: the optimal tokens and ‖W_mm‖² = 13/2.
func ExampleStuckPair() {
	p, err := attention.StuckPair(1)
	if err != nil {
		log.Fatal(err)
	}
	svm, err := p.SVM(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("optimal tokens", p.Opt)
	fmt.Printf("‖W_mm‖² = %.6f\n", svm.Norm*svm.Norm)
	// Output:
	// optimal tokens [1 0]
	// ‖W_mm‖² = 6.500000
}
