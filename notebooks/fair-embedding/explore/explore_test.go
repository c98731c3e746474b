package explore

import (
	"fmt"
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/explore/exploretest"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

func TestCornersAreDrawn(t *testing.T) { exploretest.Corners(t, Idea()) }

// P_1 is Bayes' rule with Gaussian kernels, at any angle, and one half on the diagonal.
func TestPosteriorIsBayes(t *testing.T) {
	rng := random.Stream(1, "explore/test")
	for k := range 200 {
		at := exploretest.Somewhere(Idea(), rng)
		if k%4 == 0 {
			at["d2"] = at["d1"]
		}
		view, err := Idea().At(at)
		var p float64
		if err == nil {
			_, err = fmt.Sscan(view.Facts[0].Value, &p)
		}
		kernel := func(d float64) float64 { return math.Exp(-d * d / (2 * at["rho"] * at["rho"])) }
		if want := kernel(at["d1"]) / (kernel(at["d1"]) + kernel(at["d2"])); err != nil || math.Abs(p-want) > 1e-3*want+1e-12 {
			t.Errorf("%v: P_1 = %s, %v, want %g", at, view.Facts[0].Value, err, want)
		}
		if k%4 == 0 && p != 0.5 {
			t.Errorf("%v: P_1 = %g at equal distance", at, p)
		}
	}
}
