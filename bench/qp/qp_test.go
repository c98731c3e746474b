package main

import (
	"context"
	"encoding/json"
	"math"
	"testing"
)

var small = size{v: 5, m: 6, d: 9, support: 2}

// The answer of ours holds every constraint by their definition, and a smaller one does not.
func TestViolation(t *testing.T) {
	in := newInstance(1, small)
	mm, _, err := solve(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	const rounding = 1e-12
	w := mm.W.RawMatrix().Data
	if v := in.violation(w); !(v <= rounding) {
		t.Errorf("our answer violates a constraint by %g", v)
	}
	half := make([]float64, len(w))
	for i := range w {
		half[i] = w[i] / 2
	}
	if v := in.violation(half); math.Abs(v-0.5) > rounding {
		t.Errorf("half of it violates a constraint by %g, want 1/2: its active margins are 1", v)
	}
	if d := relativeDistance(half, w); math.Abs(d-0.5) > rounding {
		t.Errorf("relative distance %g, want 1/2", d)
	}
}

// What is handed over is the whole instance.
func TestHanded(t *testing.T) {
	in := newInstance(2, small)
	text, err := json.Marshal(in.handed())
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		D, M, V  int
		H        []float64
		Supports [][]int
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.D != small.d || got.M != small.m || got.V != small.v || len(got.Supports) != small.m || len(got.H) != small.d*small.m {
		t.Fatalf("handed over %s", text)
	}
	for i := range small.d {
		for j := range small.m {
			if got.H[i*small.m+j] != in.h.At(i, j) {
				t.Fatalf("h[%d,%d] is %g there", i, j, got.H[i*small.m+j])
			}
		}
	}
}

// The count of operations grows like the cube of n where one token's systems dominate, and
// every term counts.
func TestOperations(t *testing.T) {
	in := newInstance(1, small)
	mm, _, err := solve(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	m, v := float64(small.m), float64(small.v)
	coupled := m*m*m/3 + 4*v*m*m
	active := 0.0
	for i := range small.v {
		n := 0.0
		for _, u := range mm.U.RawRowView(i) {
			if u != 0 {
				n++
			}
		}
		active += n * n * n
	}
	if got := operations(mm, in); got != coupled+active || active == 0 {
		t.Errorf("%g operations, want %g and, of the tokens, %g", got, coupled, active)
	}
}
