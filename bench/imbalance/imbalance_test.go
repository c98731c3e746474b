package main

import (
	"context"
	"testing"
)

// Ours has no residual; a longer w, and one that violates a margin, have.
func TestResidual(t *testing.T) {
	s, err := instance(size{20, 30})
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.SVM(context.Background(), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer := append(append([]float64{}, v.W...), v.B)
	const tolerance = 1e-9 // of the solver
	if r := residual(s, v, answer); !(r <= tolerance) {
		t.Errorf("ours: %g", r)
	}
	for _, c := range []float64{0.9, 1.1} {
		scaled := append([]float64{}, answer...)
		for i := range scaled {
			scaled[i] *= c
		}
		if r := residual(s, v, scaled); !(r > 0.05) {
			t.Errorf("scaled by %g: %g", c, r)
		}
	}
}
