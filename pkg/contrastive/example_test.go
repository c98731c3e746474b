package contrastive_test

import (
	"context"
	"fmt"
	"log"

	"github.com/marginalia-ml/marginalia/pkg/contrastive"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// Where four classes go, two of which have ten times as many samples, and the proof: the full
// problem in five dimensions has the loss that the certificate says is least.
func Example() {
	s, err := contrastive.Step{R: 1, K1: 2, K2: 2, Major: 50, Minor: 5}.Solve()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("cosines %.4f, %.4f, %.4f, loss %.4f\n", s.Alpha, s.Beta, s.Gamma, s.Loss)

	p, err := contrastive.New(1, contrastive.StepSizes(10, 2, 2, 5)...)
	if err != nil {
		log.Fatal(err)
	}
	H, err := p.Sphere(context.Background(), contrastive.RandomSphere(5, p.N(), random.Stream(1, "start")))
	if err != nil {
		log.Fatal(err)
	}
	c, err := p.Certify(H)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("loss %.4f, no point has less than %.4f\n", c.Loss, c.Lower)
	// Output:
	// cosines -0.8954, -0.2012, 0.5474, loss 444.8139
	// loss 444.8139, no point has less than 444.8139
}

// Eight opposite points of two classes: a strict local minimum on the sphere at τ = 0.1.
func ExamplePolytope() {
	p, H, err := contrastive.Polytope(10, 4, 4)
	if err != nil {
		log.Fatal(err)
	}
	values, err := p.HessianValues(H)
	if err != nil {
		log.Fatal(err)
	}
	best, err := p.Reduced(context.Background(), random.Stream(1, "start"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("least eigenvalue %.1f, loss %.2f, least loss %.2f\n", values[0], p.ByDefinition(H), best.Loss)
	// Output: least eigenvalue 22.4, loss 41.00, least loss 8.79
}
