package claim

import "math"

// The functions of this file turn a sequence into the one number that a rule is asked
// about. All return NaN, which fails every rule, for a sequence that is too short or
// holds a NaN.

// Worst returns the element of xs that is furthest from satisfying the rule: all of
// xs satisfy it exactly if Worst does.
func Worst(xs []float64, rule Rule) float64 {
	worst, least := math.NaN(), math.Inf(1)
	for _, x := range xs {
		s := rule.slack(x)
		if math.IsNaN(s) {
			return math.NaN()
		}
		if s < least || math.IsNaN(worst) {
			worst, least = x, s
		}
	}
	return worst
}

// Largest returns the largest element of xs.
func Largest(xs []float64) float64 {
	if len(xs) == 0 {
		return math.NaN()
	}
	m := xs[0]
	for _, x := range xs[1:] {
		m = max(m, x) // NaN wins
	}
	return m
}

// Smallest returns the smallest element of xs.
func Smallest(xs []float64) float64 {
	if len(xs) == 0 {
		return math.NaN()
	}
	m := xs[0]
	for _, x := range xs[1:] {
		m = min(m, x)
	}
	return m
}

// LargestIncrease returns max_i x_{i+1} - x_i: at most 0 for a sequence that never
// increases.
func LargestIncrease(xs []float64) float64 {
	return Largest(differences(xs))
}

// LargestDecrease returns max_i x_i - x_{i+1}: at most 0 for a sequence that never
// decreases.
func LargestDecrease(xs []float64) float64 {
	d := differences(xs)
	for i := range d {
		d[i] = -d[i]
	}
	return Largest(d)
}

func differences(xs []float64) []float64 {
	var d []float64
	for i := 1; i < len(xs); i++ {
		d = append(d, xs[i]-xs[i-1])
	}
	return d
}

// Inversions returns the number of pairs i < j that xs and ys put in opposite order
// (one increases, the other decreases), NaN if the lengths differ or are below 2.
func Inversions(xs, ys []float64) float64 {
	if len(xs) != len(ys) || len(xs) < 2 {
		return math.NaN()
	}
	count := 0.0
	for j := range xs {
		for i := range j {
			p := (xs[j] - xs[i]) * (ys[j] - ys[i])
			if math.IsNaN(p) {
				return math.NaN()
			}
			if p < 0 {
				count++
			}
		}
	}
	return count
}

// Tail returns, of the last n elements of xs, the one that is furthest from target.
// Beside it Contraction tells a sequence that still approaches from one that passes by.
func Tail(xs []float64, target float64, n int) float64 {
	if n < 1 || len(xs) < n {
		return math.NaN()
	}
	return Worst(xs[len(xs)-n:], Converges(target, 0))
}

// Contraction returns the largest ratio of successive errors
//
//	max_i |x_{i+1} - target| / |x_i - target|
//
// over the last n elements: below 1 for a sequence that comes closer at every step. An
// error that is exactly zero and stays so has ratio 0.
func Contraction(xs []float64, target float64, n int) float64 {
	if n < 2 || len(xs) < n {
		return math.NaN()
	}
	xs = xs[len(xs)-n:]
	ratios := make([]float64, n-1)
	for i := range ratios {
		before, after := math.Abs(xs[i]-target), math.Abs(xs[i+1]-target)
		if before == 0 && after == 0 {
			continue
		}
		ratios[i] = after / before
	}
	return Largest(ratios)
}
