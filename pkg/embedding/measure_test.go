package embedding

import (
	"fmt"
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/testkit"
)

// Triples whose distances are known: (3, 5), (2, 2) and (4, 1).
func byHand() (t Embedded, documents []string) {
	return Embedded{
		Neutral: [][]float64{{0, 0}, {10, 0}, {0, 10}},
		Groups:  [][][]float64{{{3, 0}, {10, 2}, {0, 14}}, {{0, 5}, {8, 0}, {1, 10}}},
	}, []string{"a", "a", "b"}
}

func TestMeasure(t *testing.T) {
	x, documents := byHand()
	frozen := [][]float64{{0, 0}, {10, 3}, {4, 13}}
	m, err := Measure(x, documents, frozen, 2, testkit.Rand(50))
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, want float64) { t.Helper(); testkit.Near(t, what, got, want, 1e-14) }
	near("d_m", m.Distances[0], 3)
	near("d_f", m.Distances[1], 8./3)
	near("gap", m.Gap.Mean, 5./3)
	near("relative gap", m.Relative.Mean, (2*2./8+0+2*3./5)/3)
	near("closer", m.Closer.Mean, 0.5) // the first is, the second a tie, the third is not
	near("drift", m.Drift, (0+3+5.)/3)
	near("d/ρ", m.OverRho, 17./6/2)
	near("spread", m.Spread, (10+math.Sqrt(200))/2) // 1 and 2 are of one document
	posterior := 0.0
	for _, d := range [][]float64{{3, 5}, {2, 2}, {4, 1}} {
		posterior += PosteriorGap(d[0], d[1], 2) / 3
	}
	near("posterior gap", m.Posterior.Mean, posterior)
	if m.Contents != 3 || m.Documents != 2 {
		t.Errorf("%d contents of %d documents", m.Contents, m.Documents)
	}
	near("mean distance", MeanDistance(x), 17./6)
}

// With three groups a content counts by its pairs.
func TestMeasurePairs(t *testing.T) {
	x := Embedded{Neutral: [][]float64{{0, 0}}, Groups: [][][]float64{{{1, 0}}, {{2, 0}}, {{0, 4}}}}
	m := testkit.Must(Measure(x, []string{"a"}, x.Neutral, 1, testkit.Rand(1)))(t)
	testkit.Near(t, "gap", m.Gap.Mean, (1+2+3.)/3, 1e-15)
	testkit.Near(t, "relative gap", m.Relative.Mean, 2*(1./3+2./6+3./5)/3, 1e-15)
	same := Embedded{Neutral: x.Neutral, Groups: [][][]float64{x.Neutral, x.Neutral}}
	m = testkit.Must(Measure(same, []string{"a"}, x.Neutral, 1, testkit.Rand(1)))(t)
	if m.Relative.Mean != 0 || m.Posterior.Mean != 0 || m.Closer.Mean != 0.5 {
		t.Errorf("texts that are one: %+v", m)
	}
}

func TestSpread(t *testing.T) {
	v := [][]float64{{0, 0}, {3, 4}, {0, 8}}
	testkit.Near(t, "one document", Spread(v, []string{"a", "a", "a"}), (5+8+5)/3., 1e-15)
	testkit.Near(t, "two", Spread(v, []string{"a", "b", "a"}), 5, 1e-15)
}

// The bootstrap over documents knows a mean of independent values to s/√n, and copies of a value
// in its document no better; one document says nothing.
func TestBootstrap(t *testing.T) {
	rng := testkit.Rand(51)
	const n, copies = 200, 5
	var values, repeated []float64
	var names, documents []string
	for i := range n {
		v := rng.NormFloat64()
		values, names = append(values, v), append(names, fmt.Sprint(i))
		for range copies {
			repeated, documents = append(repeated, v), append(documents, fmt.Sprint(i))
		}
	}
	mean, s := sum(values)/n, 0.0
	for _, v := range values {
		s += (v - mean) * (v - mean)
	}
	want := math.Sqrt(s/n) / math.Sqrt(n)
	for _, c := range []struct {
		values []float64
		names  []string
	}{{values, names}, {repeated, documents}} {
		e := testkit.Must(Bootstrap(c.values, c.names, rng))(t)
		testkit.Near(t, "mean", e.Mean, mean, 1e-12)
		// the error of 400 draws is known to 1/√800, six times which no run in 10⁸ leaves
		testkit.Near(t, "error", e.Error/want, 1, 6/math.Sqrt(800))
		testkit.Near(t, "interval", (e.High-e.Low)/(2*1.96*want), 1, 0.25)
		if !(e.Low < e.Mean && e.Mean < e.High) {
			t.Errorf("%+v", e)
		}
	}
	one := testkit.Must(Bootstrap([]float64{1, 2, 6}, []string{"a", "a", "a"}, rng))(t)
	testkit.Near(t, "one document: error", one.Error, 0, 1e-7) // the root of the round-off of a square
	testkit.Near(t, "one document: low", one.Low, 3, 1e-15)
	uneven := testkit.Must(Bootstrap([]float64{0, 0, 0, 4}, []string{"a", "a", "a", "b"}, rng))(t)
	testkit.Near(t, "a mean is over contents", uneven.Mean, 1, 1e-15)
	if uneven.Low != 0 || uneven.High != 4 {
		t.Errorf("draws of one document alone are among four hundred: %+v", uneven)
	}
}

func TestBadMeasures(t *testing.T) {
	x, documents := byHand()
	rng := testkit.Rand(1)
	_, err := Measure(x, documents[:2], x.Neutral, 1, rng)
	fails(t, err, "3 contents", "2 documents")
	_, err = Measure(x, documents, x.Neutral, 0, rng)
	fails(t, err, "ρ = 0")
	_, err = Measure(Embedded{Neutral: x.Neutral, Groups: x.Groups[:1]}, documents, x.Neutral, 1, rng)
	fails(t, err, "1 groups")
	_, err = Bootstrap(nil, nil, rng)
	fails(t, err, "0 values")
}
