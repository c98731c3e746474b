// Package exploretest has what the tests of all figures to explore share: each draws wherever its
// controls can be set.
package exploretest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/explore"
)

// Corners has the figure drawn at its start and at every combination of ends of its controls, there
// and back: an error, a figure that a page cannot show, a number that is not finite, and a figure that
// depends on what was drawn before are faults.
func Corners(t testing.TB, idea *explore.Idea) {
	t.Helper()
	if err := idea.Validate(); err != nil {
		t.Fatal(err)
	}
	corners := idea.Corners()
	seen := make([]string, len(corners))
	for i, at := range corners {
		view, said, err := drawn(idea, at)
		if err != nil {
			t.Errorf("%v: %v", at, err)
			continue
		}
		seen[i] = said
		for _, f := range view.Facts {
			if x, err := strconv.ParseFloat(f.Value, 64); err == nil && (math.IsNaN(x) || math.IsInf(x, 0)) || f.Value == "" {
				t.Errorf("%v: %s is %q", at, f.Name, f.Value)
			}
		}
	}
	for i, at := range slices.Backward(corners) {
		if _, again, _ := drawn(idea, at); again != seen[i] {
			t.Errorf("%v: drawn again, after other values, it is another figure", at)
		}
	}
}

// drawn is what a page shows at values, and that as a text.
func drawn(idea *explore.Idea, at map[string]float64) (explore.View, string, error) {
	view, err := idea.At(at)
	if err != nil {
		return view, "", err
	}
	spec, err := view.Figure.Spec()
	return view, fmt.Sprintf("%s %q", spec, view.Facts), err
}

// Somewhere draws values of all controls between their ends, on their steps.
func Somewhere(idea *explore.Idea, rng *rand.Rand) map[string]float64 {
	at := map[string]float64{}
	for _, c := range idea.Controls {
		at[c.Name] = min(c.Max, c.Min+c.Step*math.Round(rng.Float64()*(c.Max-c.Min)/c.Step))
	}
	return at
}
