package delta_test

import (
	"fmt"
	"math"

	"github.com/marginalia-ml/marginalia/pkg/delta"
	"github.com/marginalia-ml/marginalia/pkg/model"
)

// A neuron of 300 influences of +1 and 100 of −1: DARE at p = .99 errs by as much as the
// neuron says, the best divisor by seven tenths of it.
func ExampleInfluence_Best() {
	c := make([]float64, 400)
	for j := range c {
		c[j] = 1
		if j >= 300 {
			c[j] = -1
		}
	}
	f := delta.Of(c)
	const p = 0.99
	q := f.Best(p)
	fmt.Printf("κ = %.0f, q* = %.4f\n", f.Coherence(), q)
	fmt.Printf("error over output: DARE %.3f, q* %.3f\n", math.Sqrt(f.MSE(p, 1-p))/f.S, math.Sqrt(f.MSE(p, q))/f.S)
	// Output:
	// κ = 100, q* = 0.0199
	// error over output: DARE 0.995, q* 0.705
}

// A delta that is pruned by DARE and added to the network again.
func ExampleDrop() {
	layout := model.Layout{{Name: "w", Shape: []int{2, 4}, Init: model.Normal(1)}}
	base, tuned := model.Draw(layout, 1, "pre-trained"), model.Draw(layout, 1, "fine-tuned")
	d, err := delta.Between(tuned, base)
	if err != nil {
		fmt.Println(err)
		return
	}
	const seed, p = 2, 0.75
	pruned, err := delta.Drop(d, seed, p, 1-p)
	if err != nil {
		fmt.Println(err)
		return
	}
	kept := 0
	for i, v := range pruned.Get("w") {
		if v != 0 {
			kept++
			fmt.Printf("entry %d: %.2f times Δ\n", i, v/d.Get("w")[i])
		}
	}
	merged := base.Add(1, pruned)
	fmt.Println(kept, "of 8 entries are kept")
	fmt.Printf("the base has moved by %.2f of the delta\n", merged.Sub(base).Norm()/d.Norm())
	// Output:
	// entry 1: 4.00 times Δ
	// entry 2: 4.00 times Δ
	// entry 3: 4.00 times Δ
	// entry 4: 4.00 times Δ
	// 4 of 8 entries are kept
	// the base has moved by 3.30 of the delta
}

// Influences of one sign err upwards, with a chance γ, by less than the two-sided bound of 2γ says.
func ExampleOneSided() {
	const p, Q, gamma = 0.9, 1.0, 0.01
	fmt.Printf("%.2f, two-sided %.2f\n", delta.OneSided(p, Q, gamma), delta.Bound(p, 1-p, Q, 2*gamma))
	// Output:
	// 9.10, two-sided 12.95
}
