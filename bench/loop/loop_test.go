package main

import (
	"context"
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/xla"
)

// The three programs are three ways to write the same steps, and they go down.
func TestPrograms(t *testing.T) {
	b, err := xla.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	in := newInstance(1, 1)
	o, err := newOurs(b, in)
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	states := map[string][]float64{}
	for _, name := range programs {
		if _, err := o.run(context.Background(), name, 200); err != nil {
			t.Fatal(err)
		}
		if states[name], err = o.state(name); err != nil {
			t.Fatal(err)
		}
		if d := distance(states[name], states[programs[0]]); !(d <= tolerance) {
			t.Errorf("%s arrives %g away from %s", name, d, programs[0])
		}
	}
	if d := distance(states[programs[0]], in.W); !(d > 0.1) {
		t.Errorf("200 steps moved W by %g", d)
	}
}

func TestInstance(t *testing.T) {
	in := newInstance(1, 1)
	sum := 0.0
	for j, pi := range in.Pi {
		sum += pi
		row, support := 0.0, 0
		for _, p := range in.P[j*in.V : (j+1)*in.V] {
			row += p
			if p > 0 {
				support++
			}
		}
		if !(math.Abs(row-1) <= 1e-15) || support != 6 {
			t.Errorf("context %d: %d tokens of sum %g", j, support, row)
		}
	}
	if !(math.Abs(sum-1) <= 1e-14) {
		t.Errorf("weights of sum %g", sum)
	}
	if y := transposed([]float64{1, 2, 3, 4, 5, 6}, 2); distance(y, []float64{1, 4, 2, 5, 3, 6}) != 0 {
		t.Errorf("transpose %v", y)
	}
	if d := distance([]float64{1}, nil); !math.IsNaN(d) {
		t.Errorf("distance of unequal lengths %g", d)
	}
}
