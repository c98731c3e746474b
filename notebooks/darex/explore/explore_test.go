package explore

import (
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/delta"
	"github.com/marginalia-ml/marginalia/pkg/explore/exploretest"
)

func TestCornersAreDrawn(t *testing.T) { exploretest.Corners(t, Idea()) }

// The distribution has the exact moments of the influences, and is that of all masks where they can be listed.
func TestChangeHasItsMoments(t *testing.T) {
	for _, c := range []struct {
		n    int
		p, q float64
	}{{20, 0.5, 0.5}, {200, 0.99, 0.05}, {1000, 0.999, 0.001}, {10, 0.9, 0.3}} {
		at, pr, err := Change(c.n, c.p, c.q)
		if err != nil {
			t.Fatal(err)
		}
		f := delta.Influence{N: c.n, S: float64(c.n), Q: float64(c.n), Most: 1}
		whole, mean, square := 0.0, 0.0, 0.0
		for i, h := range at {
			whole, mean, square = whole+pr[i], mean+pr[i]*h, square+pr[i]*h*h
		}
		for name, pair := range map[string][2]float64{"whole": {whole, 1}, "mean": {mean, f.Bias(c.p, c.q) / f.S}, "square": {square, f.MSE(c.p, c.q) / f.S / f.S}} {
			if math.Abs(pair[0]-pair[1]) > 1e-9*(1+math.Abs(pair[1])) {
				t.Errorf("%+v: %s is %g, want %g", c, name, pair[0], pair[1])
			}
		}
	}
	at, pr, _ := Change(6, 0.7, 0.4)
	ones := []float64{1, 1, 1, 1, 1, 1}
	atoms, err := delta.Enumerate(ones, 0.7, 0.4)
	if err != nil {
		t.Fatal(err)
	}
	third := func(h float64) float64 { return h * h * h }
	sum := 0.0
	for i, h := range at {
		sum += pr[i] * third(6*h)
	}
	if want := delta.Mean(atoms, third); math.Abs(sum-want) > 1e-9*math.Abs(want) {
		t.Errorf("third moment %g, by all masks %g", sum, want)
	}
}
