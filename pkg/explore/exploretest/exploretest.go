// Package exploretest has what the tests of all figures to explore share: each draws wherever its
// controls can be set.
package exploretest

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/explore"
)

// Corners has the figure drawn at its start and at every combination of ends of its controls: an
// error, a figure that a page cannot show, and a number that is not finite are faults.
func Corners(t testing.TB, idea *explore.Idea) {
	t.Helper()
	if err := idea.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, at := range idea.Corners() {
		view, err := idea.At(at)
		if err == nil {
			_, err = view.Figure.Spec()
		}
		if err != nil {
			t.Errorf("%v: %v", at, err)
			continue
		}
		for _, f := range view.Facts {
			if x, err := strconv.ParseFloat(f.Value, 64); err == nil && (math.IsNaN(x) || math.IsInf(x, 0)) || f.Value == "" {
				t.Errorf("%v: %s is %q", at, f.Name, f.Value)
			}
		}
	}
}

// Somewhere draws values of all controls between their ends, on their steps.
func Somewhere(idea *explore.Idea, rng *rand.Rand) map[string]float64 {
	at := map[string]float64{}
	for _, c := range idea.Controls {
		at[c.Name] = min(c.Max, c.Min+c.Step*math.Round(rng.Float64()*(c.Max-c.Min)/c.Step))
	}
	return at
}
