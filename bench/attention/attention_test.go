package main

import (
	"context"
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/xla"
)

// The two gradients are two ways to write the same steps, away from the start.
func TestMethods(t *testing.T) {
	b, err := xla.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	p, err := sized(1, 20, 8)
	if err != nil {
		t.Fatal(err)
	}
	ends := map[string][]float64{}
	for name, method := range methods {
		loop, err := xla.NewLoop(b, method.Step(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer loop.Close()
		if err := start(loop, method, p); err != nil {
			t.Fatal(err)
		}
		if err := loop.Run(context.Background(), agreeSteps); err != nil {
			t.Fatal(err)
		}
		state, err := loop.State()
		if err != nil {
			t.Fatal(err)
		}
		if ends[name], err = tensors.CopyFlatData[float64](state[0]); err != nil {
			t.Fatal(err)
		}
	}
	norm := 0.0
	for i, w := range ends["stable"] {
		norm += w * w
		if v := ends["naive"][i]; !(math.Abs(w-v) <= tolerance) {
			t.Fatalf("entry %d of W is %g with the stable gradient, %g with the naive one", i, w, v)
		}
	}
	// Every step has length eta: W cannot be farther than that from 0, and is some way off.
	if norm = math.Sqrt(norm); !(norm > eta && norm <= eta*agreeSteps*(1+tolerance)) {
		t.Errorf("‖W‖ = %g after %d steps of %g", norm, agreeSteps, eta)
	}
}

func TestOperations(t *testing.T) {
	p, err := sized(1, 20, 8)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := operations(p), 4.0*20*8*(8+10); got != want {
		t.Errorf("%g operations a step, want %g", got, want)
	}
}
