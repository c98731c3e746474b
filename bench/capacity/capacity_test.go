package main

import (
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/capacity"
)

// What the other side is told of a corpus and its runs is complete.
func TestInstance(t *testing.T) {
	c, err := corpus(8)
	if err != nil {
		t.Fatal(err)
	}
	runs := []capacity.Training{{Hidden: 3, Steps: 5, Rate: 1, Seed: 1}, {Hidden: 5, Steps: 5, Rate: 1, Seed: 1}}
	in := newInstance(c, runs)
	if len(in.Tokens) != len(c.Contexts) || len(in.Counts) != len(c.Contexts) || len(in.Positions) != 9 || len(in.Runs) != 2 {
		t.Fatalf("%d contexts, %d counts, %d positions, %d runs", len(in.Tokens), len(in.Counts), len(in.Positions), len(in.Runs))
	}
	for j, context := range c.Contexts {
		sum := 0
		for _, k := range in.Counts[j] {
			sum += k
		}
		if in.Lengths[j] != len(context) || in.Tokens[j][len(context)-1] != context[len(context)-1] || sum != c.Total(j) {
			t.Errorf("context %d: %v of length %d, %d continuations", j, in.Tokens[j], in.Lengths[j], sum)
		}
	}
	for i, run := range in.Runs {
		size := 0
		for _, v := range run {
			switch v := v.(type) {
			case []float64:
				size += len(v)
			case [][]float64:
				size += len(v) * len(v[0])
			}
		}
		if want := capacity.TrainedCount(c.Zeta, runs[i].Hidden); size != want {
			t.Errorf("run %d: %d parameters, want %d", i, size, want)
		}
	}
}
