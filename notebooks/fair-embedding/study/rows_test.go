package study

import (
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/embedding"
	"github.com/marginalia-ml/marginalia/pkg/testkit"
)

// made is a row whose numbers are all different.
func made(name string, gap, relative, occupations float64, distances ...float64) Row {
	return Row{Plan: Plan{Name: name}, OccupationMean: occupations,
		Measures: embedding.Measures{Gap: embedding.Estimate{Mean: gap}, Relative: embedding.Estimate{Mean: relative}, Distances: distances}}
}

// What the claims read of rows: of which of two numbers, with which sign, over which row.
func TestReadings(t *testing.T) {
	r := Results{Original: made("original", 0.4, 0.2, 0.5, 3, 1),
		Rows:  []Row{made("CCD", 0.1, 0.02, -0.25, 1, 2), made("projection", 0.3, 0.16, 0.4, 2, 2), made("CCD", 0.2, 0.01, 0.05, 2, 1)},
		Kinds: []Kind{{"pronouns alone", 3, embedding.Estimate{Mean: 0.3}}, {"nouns alone", 2, embedding.Estimate{Mean: 0.6}}}}
	ccd := r.Named("CCD")
	testkit.Near(t, "ratio of gaps", r.Ratio(ccd[0]), 0.25, 1e-15)
	testkit.Near(t, "the worst of them", MostOf(ccd, r.Ratio), 0.5, 1e-15)
	testkit.Near(t, "their mean", MeanOf(ccd, r.Ratio), 0.375, 1e-15)
	testkit.Near(t, "the largest of negative numbers", MostOf(ccd, func(x Row) float64 { return -x.Gap.Mean }), -0.1, 1e-15)
	testkit.Near(t, "ratio of relative gaps", RelativeTo(r.Original)(ccd[0]), 0.1, 1e-15)
	testkit.Near(t, "occupations, on the other side", OccupationsTo(r.Original)(ccd[0]), 0.5, 1e-15)
	testkit.Near(t, "mean distance", MeanDistance(r.Original), 2, 1e-15)
	testkit.Near(t, "nouns", r.Closer("nouns alone"), 0.6, 0)
	if x := r.Closer("titles"); !math.IsNaN(x) {
		t.Errorf("a kind that is not there is %g", x)
	}

	other := Results{Original: made("original", 0.5, 0.2, 0.5, 1, 1), Rows: []Row{made("CCD", 0.4, 0.1, 0.1, 3, 3), made("projection", 0.1, 0.1, 0.1, 1, 1)}}
	before, after := Sides([]Results{r, other})
	testkit.Near(t, "range before", before, 1, 1e-15)
	testkit.Near(t, "range after, of the first plan", after, 2.0/3, 1e-15)
	testkit.Near(t, "worst of several", WorstRatio([]Results{r, other}, "CCD"), 0.8, 1e-15)
	testkit.Near(t, "worst projection", WorstRatio([]Results{r, other}, "projection"), 0.75, 1e-15)

	seat := func(effects ...float64) (row Row) {
		for _, e := range effects {
			row.Seat = append(row.Seat, embedding.Result{Effect: e})
		}
		return row
	}
	testkit.Near(t, "largest change, downwards", SeatChange(seat(0.5, 1, -1))(seat(0.6, 0.3, -1.1)), 0.7, 1e-15)
}
