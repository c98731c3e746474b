package explore

import (
	"fmt"
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/explore/exploretest"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

func TestCornersAreDrawn(t *testing.T) { exploretest.Corners(t, Idea()) }

// The star is below the curve everywhere, and exchanging the classes inverts the weight.
func TestStarIsLeast(t *testing.T) {
	rng := random.Stream(1, "explore/test")
	for range 100 {
		at := exploretest.Somewhere(Idea(), rng)
		view, err := Idea().At(at)
		if err != nil {
			t.Errorf("%v: %v", at, err)
			continue
		}
		var least float64
		fmt.Sscan(view.Facts[1].Value, &least)
		for i, e := range view.Figure.Panels[0].Series[0].Y {
			if e < least*(1-1e-3)-1e-12 {
				t.Errorf("%v: the error %g at δ = %g is below the least, %g", at, e, view.Figure.Panels[0].Series[0].X[i], least)
			}
		}
		at["noise"] = 1
		one, err := Idea().At(at)
		at["pi"] = 1 - at["pi"]
		other, err2 := Idea().At(at)
		var a, b float64
		if err != nil || err2 != nil {
			t.Error(err, err2)
		} else if n, _ := fmt.Sscan(one.Facts[0].Value, &a); n == 1 {
			if fmt.Sscan(other.Facts[0].Value, &b); math.Abs(a*b-1) > 1e-3 {
				t.Errorf("%v: δ* is %g, with the classes exchanged %g", at, a, b)
			}
		}
	}
}
