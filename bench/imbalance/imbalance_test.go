package main

import (
	"context"
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/imbalance"
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

// The search can be handed over: three lists for as many parameters and seven more, and rows of examples that there are;
// and coefficients that differ by more than the sign of a step are an error.
func TestSearchHanded(t *testing.T) {
	s, err := newSearch()
	if err != nil {
		t.Fatal(err)
	}
	in, err := handedSearch(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(in.State) != 3*4+4 || len(in.Arguments) != 11 {
		t.Fatalf("a state of %d and %d arguments, want 16 and 11", len(in.State), len(in.Arguments))
	}
	for i, x := range append(in.State, in.Arguments...) {
		size := 1
		for _, n := range x.Shape {
			size *= n
		}
		if size != len(x.Values) {
			t.Errorf("tensor %d of shape %v has %d entries", i, x.Shape, len(x.Values))
		}
	}
	for _, row := range in.Arguments[5].Values {
		if row < 0 || int(row) >= len(s.Fit.Y) {
			t.Fatalf("example %g of %d", row, len(s.Fit.Y))
		}
	}

	found := &imbalance.Searched{V: []float64{1, -2, 0.5, 0.25}}
	width := len(in.State[12].Values) / 2
	theirs := make([]float64, 2*width)
	theirs[0], theirs[1], theirs[width], theirs[width+1] = 1, -2, 0.5, 0.26
	if apart, err := searchesApart(s, found, theirs); err != nil || math.Abs(apart-0.005) > 1e-12 {
		t.Errorf("0.01 of 2 apart: %g, %v", apart, err)
	}
	theirs[1] = -1.9
	if _, err := searchesApart(s, found, theirs); err == nil {
		t.Error("0.1 of 2 apart is no error")
	}
}
