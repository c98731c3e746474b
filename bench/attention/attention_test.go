package main

import (
	"context"
	"encoding/json"
	"math"
	"slices"
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

// What is handed over is the whole instance.
func TestHanded(t *testing.T) {
	p, err := sized(1, 20, 8)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(handed(p))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		N, T, D  int
		X, Score []float64
		Opt      []int
		Eta      float64
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.N != 20 || got.T != 10 || got.D != 8 || got.Eta != eta || !slices.Equal(got.X, p.X) || !slices.Equal(got.Score, p.Score) || !slices.Equal(got.Opt, p.Opt) {
		t.Errorf("handed over %s", text)
	}
	if len(got.X) != 20*10*8 || len(got.Score) != 20*10 || len(got.Opt) != 20 {
		t.Errorf("%d numbers of x, %d scores, %d best tokens", len(got.X), len(got.Score), len(got.Opt))
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
	if got, want := bytes(p), 8.0*(2*20*10*8+4*20*8+4*8*8+4*20*10); got != want {
		t.Errorf("%g bytes a step, want %g", got, want)
	}
}
