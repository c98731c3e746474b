package main

import (
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/embedding"
	"github.com/marginalia-ml/marginalia/xla"
)

// What is measured is the loss of package embedding on the first batch, which falls.
func TestPrograms(t *testing.T) {
	s, err := data.Lookup("brown")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(t.Context()); err != nil {
		t.Skip(err)
	}
	b, err := xla.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	in, err := newInstance(t.Context(), b, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	own, err := newSide(b, in)
	if err != nil {
		t.Fatal(err)
	}
	defer own.close()
	before, err := own.loss()
	if err != nil || !(before > 0) {
		t.Fatalf("the loss begins at %g, %v", before, err)
	}
	want := in.Beta * 1e-6 // of f₀ itself
	d := len(in.Frozen) / (in.S * in.B)
	if d != in.embedder.Net.Dim || len(in.Tokens) != in.S*in.B*in.M*in.T {
		t.Fatalf("%d frozen numbers a triple, %d tokens", d, len(in.Tokens))
	}
	bias := 0.0
	all, err := in.embedder.TripleReader(b, in.triples[:in.B])
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	v, err := all.Read(in.embedder.Params)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range v.Distances() {
		bias += embedding.BiasLoss(d, in.Rho) / float64(in.B)
	}
	if !(math.Abs(before-bias-want) < 1e-5) {
		t.Errorf("the loss begins at %g, want %g", before, bias+want)
	}
	if err := own.tune(agreeSteps); err != nil {
		t.Fatal(err)
	}
	if after, err := own.loss(); err != nil || !(after < before) {
		t.Errorf("%d steps take the loss from %g to %g, %v", agreeSteps, before, after, err)
	}
}
