package metric

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Pearson returns the correlation of two lists of numbers,
//
//	Σ_i (x_i - x̄)(y_i - ȳ) / √(Σ_i (x_i - x̄)² Σ_i (y_i - ȳ)²)
//
// between -1 and 1 (Pearson, Notes on Regression and Inheritance in the Case of Two Parents,
// 1895). It is NaN if one of them is constant, as all of fewer than two are, or has a number
// that is not finite. It panics if the lengths differ.
func Pearson(x, y []float64) float64 {
	sameLength("Pearson", x, y)
	x, y = unit(x), unit(y)
	if x == nil || y == nil {
		return math.NaN()
	}
	return math.Max(-1, math.Min(1, stat.Correlation(x, y, nil)))
}

// unit moves and scales numbers to between 0 and 2, so that no square overflows and a large
// common part is gone before anything is rounded. It returns nil if they are all the same or
// not all finite.
func unit(x []float64) []float64 {
	top := 0.0
	for _, v := range x {
		top = math.Max(top, math.Abs(v)) // NaN stays
	}
	if len(x) < 2 || math.IsNaN(top) || math.IsInf(top, 0) || slices.Min(x) == slices.Max(x) {
		return nil
	}
	_, e := math.Frexp(top)
	least, spread := math.Ldexp(slices.Min(x), -e), 0.0
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Ldexp(v, -e) - least
		spread = math.Max(spread, out[i])
	}
	for i := range out {
		out[i] /= spread
	}
	return out
}

// Spearman returns the correlation of the ranks of two lists of numbers (Spearman, The Proof
// and Measurement of Association between Two Things, 1904), in which equal numbers share the
// mean of their ranks. It is NaN where [Pearson] would be, but takes infinite numbers. It
// panics if the lengths differ.
func Spearman(x, y []float64) float64 {
	sameLength("Spearman", x, y)
	return Pearson(Ranks(x), Ranks(y))
}

// Ranks returns the places of numbers in ascending order, from 1 on; equal numbers share the
// mean of theirs. If one is NaN, all ranks are.
func Ranks(x []float64) []float64 {
	ranks, order := make([]float64, len(x)), make([]int, len(x))
	for i, v := range x {
		if order[i] = i; math.IsNaN(v) {
			return slices.Repeat([]float64{math.NaN()}, len(x))
		}
	}
	slices.SortFunc(order, func(i, j int) int {
		switch {
		case x[i] < x[j]:
			return -1
		case x[i] > x[j]:
			return 1
		}
		return 0
	})
	for begin := 0; begin < len(order); {
		end := begin + 1
		for end < len(order) && x[order[end]] == x[order[begin]] {
			end++
		}
		for _, i := range order[begin:end] {
			ranks[i] = float64(begin+1+end) / 2 // the mean of begin+1, ..., end
		}
		begin = end
	}
	return ranks
}

func sameLength(name string, x, y []float64) {
	if len(x) != len(y) {
		panic(fmt.Sprintf("metric: %s of %d and %d numbers", name, len(x), len(y)))
	}
}
