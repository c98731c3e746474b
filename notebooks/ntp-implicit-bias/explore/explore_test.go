package explore

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/explore/exploretest"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/ntp"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

func TestCornersAreDrawn(t *testing.T) { exploretest.Corners(t, Idea()) }

// The decoder is there exactly where the origin is inside the triangle of the contexts; its margins are one and more.
func TestSeparableInsideTheTriangle(t *testing.T) {
	rng, idea, count := random.Stream(1, "explore/test"), Idea(), [2]int{}
	for range 100 {
		at := map[string]float64{"steps": 0}
		for _, c := range idea.Controls[:4] {
			at[c.Name] = c.Min + rng.Float64()*(c.Max-c.Min)
		}
		in, err := Contexts(at)
		if err != nil {
			t.Fatal(err)
		}
		turn := func(i, j int) float64 { return in.H.At(0, i)*in.H.At(1, j) - in.H.At(1, i)*in.H.At(0, j) }
		a, b, c := turn(0, 1), turn(1, 2), turn(2, 0)
		if min(math.Abs(a), math.Abs(b), math.Abs(c)) < 0.01 {
			continue
		}
		inside := a > 0 == (b > 0) && b > 0 == (c > 0)
		bias, err := in.Bias()
		if inside != (err == nil) || err != nil && !errors.Is(err, ntp.ErrNotSeparable) {
			t.Errorf("%v: inside is %v, error %v", at, inside, err)
		}
		if err == nil && in.MinMargin(bias.Wmm) < 1-1e-9 {
			t.Errorf("%v: least margin %g", at, in.MinMargin(bias.Wmm))
		}
		view, err := idea.At(at)
		if want := map[bool]int{true: 5, false: 2}[inside]; err != nil || len(view.Facts) != want {
			t.Errorf("%v: %v, %v, want %d facts", at, view.Facts, err, want)
		} else if inside && view.Facts[1].Value != fmt.Sprintf("%.4g", matrix.Norm(bias.Wmm)) {
			t.Errorf("%v: %v", at, view.Facts[1])
		}
		count[map[bool]int{true: 1}[inside]]++
	}
	if count[0] < 10 || count[1] < 10 {
		t.Errorf("%v triangles without and with the origin", count)
	}
}

func TestDescentLowersTheLoss(t *testing.T) {
	in, err := ntp.Toy(ntp.ToyAngles, ntp.ToyRadii, random.Stream(1, "explore"))
	if err != nil {
		t.Fatal(err)
	}
	last := math.Inf(1)
	for steps := 0; steps <= 60; steps += 10 {
		if e := in.Excess(Descended(in, steps)); e < last {
			last = e
		} else {
			t.Errorf("after %d steps the loss is %g above its infimum, before it was %g", steps, e, last)
		}
	}
}
