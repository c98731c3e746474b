package explore

import (
	"fmt"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/capacity"
	"github.com/marginalia-ml/marginalia/pkg/explore/exploretest"
)

func TestCornersAreDrawn(t *testing.T) { exploretest.Corners(t, Idea()) }

// settings are all that the controls can be set to.
func settings() (all []capacity.Config) {
	at := []map[string]float64{{}}
	for _, c := range Idea().Controls {
		var longer []map[string]float64
		for _, v := range at {
			for x := c.Min; x <= c.Max; x += c.Step {
				w := map[string]float64{c.Name: x}
				for name, y := range v {
					w[name] = y
				}
				longer = append(longer, w)
			}
		}
		at = longer
	}
	for _, v := range at {
		all = append(all, Config(v))
	}
	return all
}

// The last layer has the rank of min(n, m) contexts; all parameters together that of k_eff where it is known, and never more
// than the count allows; and no rank is in doubt.
func TestRanksAreThoseOfTheTheory(t *testing.T) {
	known := 0
	for _, c := range settings() {
		p, J, err := Derivative(c, Shown(c))
		if err != nil {
			t.Fatal(err)
		}
		free, rows, last := c.Zeta-1, J.RawMatrix().Rows, 0
		for i, g := range Groups(p) {
			rank, gap := capacity.NumericRank(J.Slice(0, rows, g.From, c.Params()))
			if gap < 1e3 {
				t.Errorf("%+v, %s: rank %d with a gap of %.2g", c, g.Name, rank, gap)
			}
			if rank < last || rank > c.Params()-g.From {
				t.Errorf("%+v, %s: rank %d of %d parameters, of fewer of them %d", c, g.Name, rank, c.Params()-g.From, last)
			}
			if last = rank; i == 0 && rank != c.M*free {
				t.Errorf("%+v: the last layer has rank %d, want m(ζ-1) = %d", c, rank, c.M*free)
			}
		}
		eff, err := c.Effective()
		if err == nil {
			known++
		}
		if last > c.Dimensions() || err == nil && last != min(eff, c.Dimensions()) {
			t.Errorf("%+v: rank %d, k_eff %d (%v), at most %d", c, last, eff, err, c.Dimensions())
		}
	}
	if known < 100 {
		t.Errorf("k_eff is known of %d settings only", known)
	}
}

// What is skipped in a staircase is what would have been measured.
func TestStaircaseIsTheRankOfEachStep(t *testing.T) {
	for i, c := range settings() {
		if i%9 != 0 {
			continue
		}
		p, J, err := Derivative(c, Shown(c))
		if err != nil {
			t.Fatal(err)
		}
		free := c.Zeta - 1
		for _, g := range Groups(p) {
			for n, got := range Staircase(J, free, g.From) {
				want, _ := capacity.NumericRank(J.Slice(0, (n+1)*free, g.From, c.Params()))
				if got != want {
					t.Errorf("%+v, %s: %d for %d contexts, measured %d", c, g.Name, got, n+1, want)
				}
			}
		}
	}
}

// What is shown is what the library counts, and the groups are the parameters that their names say.
func TestFactsAreTheLibrarys(t *testing.T) {
	v := map[string]float64{"zeta": 5, "m": 6, "d": 3, "heads": 2, "d1": 2}
	c := Config(v)
	view, err := Idea().At(v)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{fmt.Sprint(c.Params()), fmt.Sprint(c.Dimensions()), "6", fmt.Sprintf("%.4g", capacity.Upper(c.Params(), 5)), "rank 24, all of 6 contexts"} {
		if view.Facts[i].Value != want {
			t.Errorf("%s: %s, want %s", view.Facts[i].Name, view.Facts[i].Value, want)
		}
	}
	p, _, err := Derivative(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	all := p.Flat()
	for i, first := range []float64{p.V[0], p.W[0], p.W1[0][0], p.Z[0][0]} {
		if g := Groups(p)[i]; all[g.From] != first {
			t.Errorf("%s begins with %g, want %g", g.Name, all[g.From], first)
		}
	}
}
