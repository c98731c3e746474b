package explore

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/explore/exploretest"
	"github.com/marginalia-ml/marginalia/pkg/federated"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

func TestCornersAreDrawn(t *testing.T) { exploretest.Corners(t, Idea()) }

// The prompt that is shown is the minimum of the paper's formula, in angles, and what the library selects.
func TestPickedIsTheLeastOfTheFormula(t *testing.T) {
	rng, seen := random.Stream(1, "explore/test"), map[int]int{}
	for range 500 {
		at := exploretest.Somewhere(Idea(), rng)
		view, err := Idea().At(at)
		if err != nil {
			t.Fatal(err)
		}
		q := min(max(at["feature"], 0), 90) // the positive part, turned into the quarter
		var factor []float64
		counts := Counts(at["share"])
		score := make([]float64, prompts)
		for g := range score {
			score[g] = 1 - math.Cos((q-at[fmt.Sprint("k", g+1)])*math.Pi/180)
			if at["when"] == 1 {
				score[g] *= float64(counts[g])/float64(counts[0]+counts[1]+counts[2]) + 5e-4
			}
		}
		if at["when"] == 1 {
			factor = federated.Factor(counts)
		}
		pick := federated.Select(Query(at["feature"]), Keys(at), 2, factor)[0]
		if view.Facts[0].Value != fmt.Sprint(pick+1) {
			t.Errorf("%v: prompt %s, the library picks %d", at, view.Facts[0].Value, pick+1)
		}
		for g, s := range score {
			if score[pick] > s+1e-6 {
				t.Errorf("%v: prompt %d of %v is picked, %d is less", at, pick+1, score, g+1)
			}
		}
		seen[pick]++
	}
	if len(seen) != prompts {
		t.Errorf("only %v are picked", seen)
	}
}

// At test time earlier picks change nothing; in training the more a prompt has had, the fewer pick it.
func TestFactorTurnsPicksAway(t *testing.T) {
	first := func(share, when float64) (n int) {
		view, err := Idea().At(map[string]float64{"share": share, "when": when})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Sscan(strings.TrimSuffix(strings.Fields(view.Facts[4].Value)[0], ","), &n)
		return n
	}
	last := math.MaxInt
	for share := 0.0; share <= 100; share += 20 {
		if first(share, 0) != first(50, 0) {
			t.Errorf("%g %% of earlier picks change a choice at test time", share)
		}
		if n := first(share, 1); n >= last {
			t.Errorf("%d queries pick the first prompt after %g %% of all earlier picks, %d after fewer", n, share, last)
		} else {
			last = n
		}
	}
	// equal counts multiply every distance by the same
	if a, b := federated.Select(Query(40), Keys(map[string]float64{"k1": 10, "k2": 35, "k3": 80}), 2, federated.Factor([]int{5, 5, 5})), 1; a[0] != b {
		t.Errorf("with equal counts prompt %d is picked, the nearest is %d", a[0]+1, b+1)
	}
}

// A feature outside of the quarter is asked about as the nearest direction in it.
func TestQueriesLieInTheQuarter(t *testing.T) {
	for degrees, want := range map[float64]float64{-80: 0, -1: 0, 0: 0, 30: 30, 90: 90, 91: 90, 170: 90} {
		q := Query(degrees)
		if got := math.Atan2(float64(q[1]), float64(q[0])) * 180 / math.Pi; math.Abs(got-want) > 1e-5 || math.Abs(math.Hypot(float64(q[0]), float64(q[1]))-1) > 1e-6 {
			t.Errorf("the query of %g degrees lies at %g, want %g", degrees, got, want)
		}
	}
}
