package main

import (
	"context"
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/xla"
)

// What is measured are the vectors of package encoder and a fine-tuning whose loss falls.
func TestPrograms(t *testing.T) {
	for _, name := range []string{"minilm-weights", "minilm-vocabulary", "brown"} {
		s, err := data.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Open(t.Context()); err != nil {
			t.Skip(err)
		}
	}
	b, err := xla.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	in, err := newInstance(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	own, err := newSide(b, in)
	if err != nil {
		t.Fatal(err)
	}
	defer own.close()
	corpus, err := encoder.Brown(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	task, err := corpus.Task("genre", 1)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := in.encoder.Reader(b, task.Texts(encoder.Train)[:sentences])
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	want, err := reader.Vectors(in.encoder.Params)
	if err != nil {
		t.Fatal(err)
	}
	got, err := own.vectors()
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d numbers, want %d, %v", len(got), len(want), err)
	}
	for i, x := range got {
		if !(math.Abs(x-want[i]) <= vectorTolerance) {
			t.Fatalf("entry %d is %g, want %g", i, x, want[i])
		}
	}
	before, err := own.loss()
	if err != nil || math.Abs(before-math.Ln2) > 1e-6 { // the head is zero
		t.Errorf("the loss begins at %g, want log 2, %v", before, err)
	}
	if err := own.tune(2); err != nil {
		t.Fatal(err)
	}
	if after, err := own.loss(); err != nil || !(after < before) {
		t.Errorf("two steps take the loss from %g to %g, %v", before, after, err)
	}
}
