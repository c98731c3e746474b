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

// Male is the share of contents whose male text is the nearer one.
func Male(r Row) float64 { return r.Closer.Mean }

// Unbalance is the distance of [Male] from one half, in its standard errors.
func Unbalance(r Row) float64 { return math.Abs(r.Closer.Mean-0.5) / r.Closer.Error }

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

// Sides are the least and the largest share of nearer male texts before debiasing over several
// experiments, and the largest ratio of gaps.
func Sides(all []Results) (least, most, ratio float64) {
	least = 1
	for _, r := range all {
		least, most = min(least, Male(r.Original)), max(most, Male(r.Original))
		ratio = max(ratio, r.Ratio(r.Rows[0]))
	}
	return least, most, ratio
}

// SidesAfter is the range of the shares after the first plan.
func SidesAfter(all []Results) float64 {
	least, most := 1.0, 0.0
	for _, r := range all {
		least, most = min(least, Male(r.Rows[0])), max(most, Male(r.Rows[0]))
	}
	return most - least
}
