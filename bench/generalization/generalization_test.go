package main

import (
	"context"
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/generalization"
	"github.com/marginalia-ml/marginalia/xla"
)

// What the other side is told of the runs says all: trained from it alone, on the host, the first network comes to the loss of ours.
func TestInstance(t *testing.T) {
	b, err := xla.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	const steps = 3
	for _, k := range kinds {
		r, err := k.runs(1)
		if err != nil {
			t.Fatal(err)
		}
		in := newInstance(r)
		if got := max(len(in.X), len(in.Weights)); got != r.Networks() {
			t.Errorf("%s: %d networks, want %d", k.name, got, r.Networks())
		}
		loop, err := r.Loop(b)
		if err != nil {
			t.Fatal(err)
		}
		defer loop.Close()
		points, err := loop.Trace(context.Background(), []int{0, steps})
		if err != nil {
			t.Fatal(err)
		}
		s := r.Samples[0]
		o := &generalization.Objective{Net: r.Net, Sample: s, Weight: in.Weights[0]}
		w, g := append([]float64(nil), in.Starts[0]...), make([]float64, len(in.Starts[0]))
		for range steps {
			o.Gradient(g, w)
			for i := range w {
				w[i] -= in.Eta * g[i]
			}
		}
		want := o.Value(w)
		if got := points[1].Values[0]; !(math.Abs(got-want) <= 1e-12*want) || !(got < points[0].Values[0]) {
			t.Errorf("%s: %d steps take the loss from %g to %g, on the host to %g", k.name, steps, points[0].Values[0], got, want)
		}
	}
}
