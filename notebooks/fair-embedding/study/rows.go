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

// Unbalance is the distance of [Male] from one half.
func Unbalance(r Row) float64 { return math.Abs(r.Closer.Mean - 0.5) }

// Drift is the mean way of neutral texts.
func Drift(r Row) float64 { return r.Measures.Drift }

// RelativeTo is the relative gap over that of another row.
func RelativeTo(o Row) func(Row) float64 {
	return func(r Row) float64 { return r.Relative.Mean / o.Relative.Mean }
}
