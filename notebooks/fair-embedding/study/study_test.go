package study

import (
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/embedding"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/testkit"
)

// A sphere has its radius; a shifted content is farther by the share, for the last group alone.
func TestContent(t *testing.T) {
	rng := testkit.Rand(1)
	for range 100 {
		c := Sphere(rng, 3, 1+rng.IntN(20), 2)
		for _, d := range c.D() {
			testkit.Near(t, "radius", d, 2, 1e-13)
		}
		d := c.Shifted(0.1).D()
		testkit.Near(t, "first", d[0], 2, 1e-13)
		testkit.Near(t, "last", d[2], 2.2, 1e-13)
	}
	for kind := range 3 {
		for K := 2; K < 8; K++ {
			if d := Spread(rng, K, kind); len(d) != K || Span(d) == 0 {
				t.Errorf("kind %d of %d groups is %v", kind, K, d)
			}
		}
	}
}

// Without content the distributions of two groups are as far apart as their contents are.
func TestJoint(t *testing.T) {
	for _, p := range []float64{0.5, 0.6, 0.9, 1} {
		testkit.Near(t, "total variation", TwoContents(p).Apart(), 2*p-1, 1e-15)
	}
	// Contents of unequal weight: P(A=0) = 0.8·0.9 + 0.2·0.1 = 0.74, of which 0.72 have the first
	// value, and 0.08 of 0.26 in the other group.
	j := TwoContents(0.9)
	j.Content = []float64{0.8, 0.2}
	testkit.Near(t, "unequal contents", j.Apart(), 0.72/0.74-0.08/0.26, 1e-15)
	rng := testkit.Rand(2)
	for range 100 {
		p, l := Independent(rng, 2, 3, 4).Dependent(rng).Unequal()
		testkit.Near(t, "Bayes' rule", p/l, 1, 1e-12)
	}
}

// A probe of noise is at chance on contents that it has not seen, of a common direction it is right.
func TestProbe(t *testing.T) {
	rng := testkit.Rand(3)
	v := Unit(rng, 30)
	if got := testkit.Must(Probe(Pairs(rng, 60, 30, 1, 1, v, false), true))(t); got != 1 {
		t.Errorf("the probe of a common direction is right in %v", got)
	}
	right := 0.0
	for range 40 {
		right += testkit.Must(Probe(Pairs(rng, 60, 30, 1, 1e-3, v, true), false))(t) / 40
	}
	// Each of 40 probes is asked about 60 texts: a standard error of 0.01.
	testkit.Near(t, "the probe of nothing", right, 0.5, 0.05)
}

// The query's own content is tied; of texts on a line the ranks are known.
func TestRank(t *testing.T) {
	all := []Content{
		{[][]float64{{1}, {-1}}, []float64{0}},
		{[][]float64{{3}, {2}}, []float64{2.5}},
		{[][]float64{{2.5}, {6}}, []float64{4.25}},
	}
	got := Rank(all, []float64{0})
	for c, want := range []int{1, 2, 2} { // ranks: ±1, 2, 2.5, 3, 6
		if got[c].Ranks != want {
			t.Errorf("texts of content %d are %d ranks apart, want %d", c, got[c].Ranks, want)
		}
	}
	if n := Tied(got); n != 1 {
		t.Errorf("%d contents are tied, want 1", n)
	}
}

// Of equidistant contents the first is tied for its own query, and is not once it is broken; the
// others are the same.
func TestRankBoth(t *testing.T) {
	equal, broken := RankBoth(Contents(random.Stream(6, "both"), 20, 8), 0.1)
	if Tied(equal[:1]) != 1 || Tied(broken[:1]) != 0 {
		t.Errorf("the query's own content is %v apart, and broken %v", equal[0].Apart, broken[0].Apart)
	}
	for c := range equal[1:] {
		if equal[c+1].Apart != broken[c+1].Apart {
			t.Fatalf("content %d is %v apart, and %v where another is broken", c+1, equal[c+1].Apart, broken[c+1].Apart)
		}
	}
}

// The flow ends with both distances where the formula has them, in a hundred steps to 10⁻⁵.
func TestFlow(t *testing.T) {
	rng := testkit.Rand(4)
	for range 20 {
		c := Sphere(rng, 2, 1+rng.IntN(4), 0.3+rng.Float64()).Shifted(1)
		d := c.D()
		want := testkit.Must(embedding.CommonDistance(d[0], d[1], 1))(t)
		for _, got := range Flow(c, 1, 100) {
			testkit.Near(t, "where the flow ends", got/want, 1, 1e-5)
		}
	}
}

// Descent lowers the loss of free embeddings; its gradient is that of the loss; the least of a list
// is not its last.
func TestFree(t *testing.T) {
	rng := testkit.Rand(5)
	x := NewFree(rng, 5, 3)
	for range 10 {
		x.Step(1, 0.5, 0.05)
	}
	before := x.Losses(1).Total(0.5)
	start := append([]float64(nil), x.Contents[0].N...)
	const h = 1e-6
	x.Contents[0].N[1] = start[1] + h
	up := x.Losses(1).Total(0.5)
	x.Contents[0].N[1] = start[1] - h
	down := x.Losses(1).Total(0.5)
	x.Contents[0].N[1] = start[1]
	x.Step(1, 0.5, 1e-3)
	testkit.Near(t, "the step of a neutral text", (x.Contents[0].N[1]-start[1])/1e-3, -5*(up-down)/(2*h), 1e-6)
	if after := x.Losses(1).Total(0.5); after >= before {
		t.Errorf("a small step leads from %v to %v", before, after)
	}
	if got := Least([]Losses{{3, 0}, {1, 1}, {2, 2}}, 1); got != (Losses{1, 1}) {
		t.Errorf("the least loss is %v", got)
	}
	there, half := x.Bisector(1, 1), x.Bisector(1, 0.5)
	testkit.Near(t, "L_bias at the bisector", there.Bias, 0, 1e-14)
	if !(half.Bias > 0.01) {
		t.Errorf("L_bias half the way is %v", half.Bias)
	}
}

// Distances on the sphere have the mean and the variance that were asked for, at length one.
func TestOnSphere(t *testing.T) {
	all := OnSphere(testkit.Rand(6), 20000, 8, 0.09, math.Sqrt(0.0018))
	mean, variance := MeanVariance(all)
	testkit.Near(t, "mean", mean, 0.09, 0.001) // standard error 0.0002
	testkit.Near(t, "variance", variance/0.0018, 1, 0.06)
	for _, f := range all[0].F {
		testkit.Near(t, "length", squared(f), 1, 1e-12)
	}
}

// squared is ‖x‖².
func squared(x []float64) float64 { return embedding.SquaredDistance(x, make([]float64, len(x))) }

// A word that differs outside the swapped places, in any text, is counted, as is a listed word.
func TestDiffering(t *testing.T) {
	words := func(s ...string) []string { return s }
	good := embedding.Triple{Groups: [][]string{words("he", "sang"), words("she", "sang")}, Neutral: words("they", "sang"), Swapped: []int{0}}
	bad := embedding.Triple{Groups: [][]string{words("he", "sang"), words("she", "sings")}, Neutral: words("his", "sang"), Swapped: []int{0}}
	for want, all := range map[[2]float64][]embedding.Triple{{0, 0}: {good}, {1, 1}: {good, bad}} {
		outside, listed := Differing(all, false)
		if got := [2]float64{outside, listed}; got != want {
			t.Errorf("%v places and words, want %v", got, want)
		}
	}
	if _, listed := Differing([]embedding.Triple{good}, true); listed != 2 {
		t.Errorf("%v listed words in the texts of groups, want 2", listed)
	}
}
