package main

import (
	"context"
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/xla"
)

// The two programs are two ways to write the same steps, and they go down.
func TestPrograms(t *testing.T) {
	b, err := xla.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	const steps = 20
	losses := map[string]float64{}
	for name, step := range programs {
		loop, err := xla.NewLoop(b, step, measure)
		if err != nil {
			t.Fatal(err)
		}
		defer loop.Close()
		if err := loop.Start(newInstance(1).tensors()); err != nil {
			t.Fatal(err)
		}
		points, err := loop.Trace(context.Background(), []int{0, steps})
		if err != nil {
			t.Fatal(err)
		}
		losses[name] = points[1].Values[0]
		if first := points[0].Values[0]; !(losses[name] < first/2) {
			t.Errorf("%s: %d steps take the loss from %g to %g", name, steps, first, losses[name])
		}
	}
	if a, b := losses["derived"], losses["written"]; !(math.Abs(a-b) <= tolerance*a) {
		t.Errorf("the programs arrive at losses %g and %g", a, b)
	}
}
