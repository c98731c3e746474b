package study

import "math"

// MeanOf is the mean of f over rows.
func MeanOf(rows []Row, f func(Row) float64) float64 {
	sum := 0.0
	for _, r := range rows {
		sum += f(r) / float64(len(rows))
	}
	return sum
}

// MostOf is the largest f of rows.
func MostOf(rows []Row, f func(Row) float64) float64 {
	most := math.Inf(-1)
	for _, r := range rows {
		most = max(most, f(r))
	}
	return most
}

// Drift is the mean way of neutral texts.
func Drift(r Row) float64 { return r.Measures.Drift }

// MeanDistance is the mean over groups of the mean distances.
func MeanDistance(r Row) float64 {
	sum := 0.0
	for _, d := range r.Distances {
		sum += d / float64(len(r.Distances))
	}
	return sum
}

// RelativeTo is the relative gap over that of another row.
func RelativeTo(o Row) func(Row) float64 {
	return func(r Row) float64 { return r.Relative.Mean / o.Relative.Mean }
}

// SeatChange is the largest change of an effect of the association tests from another row.
func SeatChange(o Row) func(Row) float64 {
	return func(r Row) float64 {
		most := 0.0
		for i, t := range r.Seat {
			most = max(most, math.Abs(t.Effect-o.Seat[i].Effect))
		}
		return most
	}
}

// Closer is the share of nearer male texts of a kind, NaN if there is none of it.
func (r Results) Closer(kind string) float64 {
	for _, k := range r.Kinds {
		if k.Name == kind {
			return k.Closer.Mean
		}
	}
	return math.NaN()
}

// Sides are the ranges of 2(d_1 − d_2)/(d_1 + d_2), of mean distances, over several experiments before
// and after their first plan.
func Sides(all []Results) (before, after float64) {
	side := func(r Row) float64 { return 2 * (r.Distances[0] - r.Distances[1]) / (r.Distances[0] + r.Distances[1]) }
	var was, is []float64
	for _, r := range all {
		was, is = append(was, side(r.Original)), append(is, side(r.Rows[0]))
	}
	return Span(was), Span(is)
}

// WorstRatio is the largest ratio of gaps of a plan over several experiments.
func WorstRatio(all []Results, name string) float64 {
	worst := math.Inf(-1)
	for _, r := range all {
		worst = max(worst, MostOf(r.Named(name), r.Ratio))
	}
	return worst
}

// OccupationsTo is the size of the mean difference over occupations over that of another row.
func OccupationsTo(o Row) func(Row) float64 {
	return func(r Row) float64 { return math.Abs(r.OccupationMean / o.OccupationMean) }
}
