package explore

import (
	"fmt"
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/explore/exploretest"
)

func TestCornersAreDrawn(t *testing.T) { exploretest.Corners(t, Idea()) }

// Without imbalance all means are a simplex: every cosine is -1/(k-1).
func TestBalancedIsASimplex(t *testing.T) {
	for k1 := 2; k1 <= 6; k1++ {
		for k2 := 2; k2 <= 6; k2++ {
			view, err := Idea().At(map[string]float64{"ratio": 0, "k1": float64(k1), "k2": float64(k2), "tau": 0.3})
			if err != nil || len(view.Facts) != 5 {
				t.Fatal(view.Facts, err)
			}
			for _, f := range view.Facts[1:4] {
				var cosine float64
				if fmt.Sscan(f.Value, &cosine); math.Abs(cosine+1/float64(k1+k2-1)) > 1e-4 {
					t.Errorf("%d and %d classes: %s %s, want %g", k1, k2, f.Name, f.Value, -1/float64(k1+k2-1))
				}
			}
		}
	}
}

func TestMinoritiesMergeBeyondTheThreshold(t *testing.T) {
	for _, tau := range []float64{0.1, 0.5, 1} {
		threshold, err := step(1, tau, 3, 3).Threshold()
		if err != nil {
			t.Fatal(err)
		}
		for factor, want := range map[float64]string{0.99: "no", 1.01: "yes"} {
			at := math.Log10(threshold * factor)
			if at < 0 || at > 4 {
				continue
			}
			view, err := Idea().At(map[string]float64{"ratio": at, "tau": tau, "k1": 3, "k2": 3})
			if err != nil || view.Facts[4].Value != want {
				t.Errorf("τ = %g at %g of the threshold %g: %v, %v", tau, factor, threshold, view.Facts, err)
			}
		}
	}
}
