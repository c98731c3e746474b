package claim

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	property "testing/quick"
)

// TestAllHoldsIfAllHold: CheckAll holds exactly if all of its numbers do; a control with
// "each" fails exactly if all of its numbers are finite and fail; one with "some" if all
// are finite and one fails.
func TestAllHoldsIfAllHold(t *testing.T) {
	t.Parallel()
	f := func(seed uint64) bool {
		r := rand.New(rand.NewPCG(seed, 1))
		xs, ys, zs, rule := values(r), values(r), values(r), anyRule(r)
		l := memory(t)
		l.Part("cell").Claim("C1").CheckAll("a", xs, rule).Control("each", ys...).ControlSome("some", zs...)
		e := outcome(t, l, "C1").Checks[0]
		holds := func(x float64) bool { return satisfied(x, rule) }
		fails := func(x float64) bool { return finite(x) && !holds(x) }
		each, some := e.Controls[0], e.Controls[1]
		good := func(c Control) bool { return finite(float64(c.Measured)) && !c.Holds }
		if rule.broken() { // whatever was measured, nothing holds
			return !e.Holds
		}
		return e.Holds == every(xs, holds) && good(each) == every(ys, fails) &&
			good(some) == (every(zs, finite) && slices.ContainsFunc(zs, fails)) && len(e.edited()) == 0
	}
	if err := property.Check(f, &property.Config{MaxCount: 8000}); err != nil {
		t.Error(err)
	}
}

// TestSeriesFailOnBadInput: of a sequence that holds a NaN every function makes NaN, and so
// does every function of one that is empty.
func TestSeriesFailOnBadInput(t *testing.T) {
	t.Parallel()
	functions := map[string]func(xs []float64) float64{
		"Worst, one side": func(xs []float64) float64 { return Worst(xs, AtMost(1)) }, "Worst, two sides": func(xs []float64) float64 { return Worst(xs, Within(1, 0.1)) },
		"Worst, open": func(xs []float64) float64 { return Worst(xs, Above(1)) }, "Largest": Largest, "Smallest": Smallest,
		"LargestIncrease": LargestIncrease, "LargestDecrease": LargestDecrease,
		"Inversions": func(xs []float64) float64 { return Inversions(xs, make([]float64, len(xs))) },
		"Tail":       func(xs []float64) float64 { return Tail(xs, 1, len(xs)) }, "Contraction": func(xs []float64) float64 { return Contraction(xs, 1, len(xs)) },
		"furthest": func(xs []float64) float64 { return furthest(xs, Within(1, 0.1)) }, "nearest": func(xs []float64) float64 { return nearest(xs, Within(1, 0.1)) },
		"lastWorst": func(xs []float64) float64 { return lastWorst(xs, Rule{name: converges, tail: len(xs)}) },
	}
	r := rand.New(rand.NewPCG(1, 3))
	for name, f := range functions {
		if x := f(nil); !math.IsNaN(x) {
			t.Errorf("%s of nothing is %v, want NaN", name, x)
		}
		for range 200 {
			xs := make([]float64, 2+r.IntN(5))
			for i := range xs {
				xs[i] = r.NormFloat64()
			}
			if x := f(xs); math.IsNaN(x) {
				t.Errorf("%s of %v is NaN", name, xs)
			}
			xs[r.IntN(len(xs))] = math.NaN()
			if x := f(xs); !math.IsNaN(x) {
				t.Errorf("%s of %v is %v, want NaN", name, xs, x)
			}
		}
	}
	for name, x := range map[string]float64{
		"a difference of infinities": LargestIncrease([]float64{math.Inf(1), math.Inf(1)}),
		"no order with infinities":   Inversions([]float64{math.Inf(1), math.Inf(1)}, []float64{1, 2}),
		"a tail at an infinity":      Tail([]float64{math.Inf(1)}, math.Inf(1), 1),
		"nearer to an infinity":      Contraction([]float64{1, 2}, math.Inf(1), 2),
	} {
		if finite(x) {
			t.Errorf("%s: %v, want no finite number", name, x)
		}
	}
}

// TestEntriesDescribeTheirRules: a rule is read back from its entry as it was.
func TestEntriesDescribeTheirRules(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 4))
	for range 2000 {
		rule := anyRule(r)
		e := newEntry("a", value(r), 1, rule, 0)
		back, err := e.rule()
		if rule.broken() {
			continue // NaN differs from itself
		}
		if err != nil || !reflect.DeepEqual(back, rule) && !(back.String() == rule.String() && len(rule.rivals) == 0 && back.low == rule.low && back.high == rule.high) {
			t.Fatalf("%+v became %+v (%v)", rule, back, err)
		}
		if strings.Contains(e.Expected, "no rule") {
			t.Errorf("%+v says no rule", rule)
		}
	}
}

// TestSizesOfDifferences: records are compared to
// their tolerance and no more, and what an entry says of itself is not believed.
func TestSizesOfDifferences(t *testing.T) {
	t.Parallel()
	e := newEntry("z", 1, 1, Within(1, 0.5), 0)
	d := &differ{tolerance: 1e-3}
	for _, near := range []struct {
		b    float64
		want bool
	}{{1, true}, {1.001, true}, {1.002, false}, {1.01, false}, {0.9, false}} {
		if got := d.near(e, 1, Number(near.b)); got != near.want {
			t.Errorf("1 and %g are near at a tolerance of 0.001: %v", near.b, got)
		}
	}
	red := newEntry("z", 5, 1, AtMost(1), 0)
	if red.Holds || len(red.edited()) != 0 {
		t.Fatalf("%+v", red)
	}
	if red.Holds = true; len(red.edited()) == 0 {
		t.Error("a check that does not hold is believed to")
	}
	green := newEntry("z", 0.5, 1, AtMost(1), 0)
	if green.Holds = false; len(green.edited()) == 0 {
		t.Error("a check that holds is believed not to")
	}
}
