package delta

import (
	"errors"
	"math"
	"slices"
	"testing"
)

// Both closed forms against a grid.
func TestClosedForms(t *testing.T) {
	rng := stream("closed")
	for range 300 {
		f := Of(influences(rng))
		p := rates[rng.IntN(len(rates))]
		value := func(q float64) float64 { return math.Abs(f.Bias(p, q)) + Bound(p, q, f.Q, 0.05) }
		q := ByBound(f, p, 0.05)
		least := math.Abs(f.S) // at q = ∞
		if !math.IsInf(q, 1) {
			least = value(q)
		}
		for k := range 200 {
			if other := (1 - p) * math.Exp(float64(k)*0.05); value(other) < least*(1-1e-12) {
				t.Fatalf("%+v, p = %v: the bound at q = %v is below that at %v", f, p, other, q)
			}
		}
		if f.S > 1e-6 {
			eta := math.Exp(3 * rng.NormFloat64())
			q := ByChernoff(f, p, eta)
			for _, factor := range []float64{0.5, 0.99, 1.01, 2} {
				if Chernoff(f, p, q*factor, eta, 0.05) < Chernoff(f, p, q, eta, 0.05)-1e-12*(1+math.Abs(eta*f.S)) {
					t.Fatalf("%+v, p = %v, η = %v: q = %v is not the best", f, p, eta, q)
				}
			}
		}
	}
}

// A layer of one row: the grid finds the best q where the objective is positive there, and
// the closed form is cut to [1−p, 1].
func TestByRows(t *testing.T) {
	f := Of([]float64{0.3, 0.2, -0.1, 0.4})
	const p, eta = 0.9, 1.0
	q, err := ByRows([]Influence{f}, p, eta, 0.001)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "q of one row", q, ByChernoff(f, p, eta), 0.001)
	closed, err := ByClosedForm([]Influence{f, {N: 1}}, p, eta)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "q with a row of zeros", closed, (ByChernoff(f, p, eta)+0.1)/2, 1e-12)
	closed, _ = ByClosedForm([]Influence{f}, p, 1e6)
	near(t, "cut to 1", closed, 1, 0)
	closed, _ = ByClosedForm([]Influence{f}, p, 1e-9)
	near(t, "cut to 1−p", closed, 0.1, 1e-15)
	// Nine rows are past their best at once, one would go on to the end: the grid stops after the second q.
	outlier := append(slices.Repeat([]Influence{{N: 1, S: 1, Q: 1e-9}}, 9), Influence{N: 1, S: -0.1, Q: 10})
	q, _ = ByRows(outlier, p, eta, 0.001)
	near(t, "mean with an outlier", q, 0.1, 0.001)
	_, err = ByRows(nil, p, eta, 0.001)
	wants(t, err, "0 rows")
	_, err = ByRows([]Influence{f}, p, -1, 0.001)
	wants(t, err, "η = -1")
	_, err = ByClosedForm(nil, p, 1)
	wants(t, err, "0 rows")
	_, err = ByClosedForm([]Influence{f}, 1, 1)
	wants(t, err, "p is")
}

// The search finds the top of a hill to a fine step, tries DARE first, and stops early.
func TestSearch(t *testing.T) {
	best, all, err := Search(0.99, 0.05, 1, func(q float64) (float64, error) { return -math.Abs(q - 0.273), nil })
	if err != nil {
		t.Fatal(err)
	}
	near(t, "best q", best.Q, 0.273, 0.003)
	near(t, "first q", all[0].Q, 0.01, 1e-15)
	if len(all) > 35 {
		t.Errorf("%d divisors tried, want the coarse grid to stop after four that were no better", len(all))
	}
	flat, _, _ := Search(0.9, 0.05, 1, func(q float64) (float64, error) { return -q, nil })
	near(t, "q where DARE is best", flat.Q, 0.1, 1e-15)
	_, _, err = Search(0.9, 0.05, 1, func(float64) (float64, error) { return math.NaN(), nil })
	wants(t, err, "empty")
	_, _, err = Search(0.9, 0.05, 1, func(float64) (float64, error) { return 0, errors.New("no sentence") })
	wants(t, err, "no sentence", "q = 0.")
	_, _, err = Search(0.9, 0, 1, nil)
	wants(t, err, "positive step")
	_, _, err = Search(1, 0.1, 1, nil)
	wants(t, err, "p is")
}

func TestChange(t *testing.T) {
	d, err := Change([]float64{1, 2, 3}, []float64{2, 2, 1})
	if err != nil || d != 1 {
		t.Errorf("the change is %v, %v, want 1", d, err)
	}
	_, err = Change(nil, nil)
	wants(t, err, "at least one")
	_, err = Change([]float64{1}, nil)
	wants(t, err, "1 and 0")
	near(t, "without the farthest", WithoutFarthest([]float64{1, 2, 3, 100}), 2, 1e-12)
	near(t, "of two", WithoutFarthest([]float64{1, 3}), 2, 0)
}
