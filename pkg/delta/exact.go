package delta

import (
	"fmt"
	"math"
	"sort"
)

// MostEnumerated is the largest number of influences whose masks are listed: a
// million masks.
const MostEnumerated = 20

// Atom is one value of h with the logarithm of its probability.
type Atom struct {
	H, LogP float64
}

// Enumerate lists h = Σ c_j (1 − δ_j/q) for all 2^n masks δ with their probabilities
// at the rate p, in logarithms, so that no mask is lost where (1−p)^n is not a number.
func Enumerate(c []float64, p, q float64) ([]Atom, error) {
	if err := CheckRate(p, q); err != nil {
		return nil, err
	}
	n := len(c)
	if n > MostEnumerated {
		return nil, fmt.Errorf("delta: 2^%d masks are too many to list: want at most %d influences", n, MostEnumerated)
	}
	keep, drop := math.Log1p(-p), math.Log(p)
	all := make([]Atom, 1<<n)
	for mask := range all {
		a := &all[mask]
		for j, v := range c {
			if mask>>j&1 == 1 {
				a.H += v * (1 - 1/q)
				a.LogP += keep
			} else {
				a.H += v
				a.LogP += drop
			}
		}
	}
	return all, nil
}

// CheckRate returns an error that names a rate p outside (0, 1) or a divisor q that is
// not positive and finite.
func CheckRate(p, q float64) error {
	if !(p > 0 && p < 1) {
		return fmt.Errorf("delta: the pruning rate p is %v, want 0 < p < 1: it is the share that is dropped, not the one that is kept", p)
	}
	if !(q > 0) || math.IsInf(q, 1) {
		return fmt.Errorf("delta: the divisor q is %v, want a positive number: 1−p is DARE", q)
	}
	return nil
}

// Mean returns Σ P f(h) over atoms.
func Mean(all []Atom, f func(h float64) float64) float64 {
	sum := 0.0
	for _, a := range all {
		sum += math.Exp(a.LogP) * f(a.H)
	}
	return sum
}

// LogMean returns log Σ P e^{s h}, without overflow.
func LogMean(all []Atom, s float64) float64 {
	sum := math.Inf(-1)
	for _, a := range all {
		sum = logAdd(sum, a.LogP+s*a.H)
	}
	return sum
}

// Exceeds returns Pr(f(h) > t), where values within 10⁻¹² of t, relatively, count as t:
// an atom on the bound does not exceed it by round-off.
func Exceeds(all []Atom, t float64, f func(h float64) float64) float64 {
	sum, edge := 0.0, t+1e-12*math.Abs(t)
	for _, a := range all {
		if f(a.H) > edge {
			sum += math.Exp(a.LogP)
		}
	}
	return sum
}

// WorstRatio returns the largest Pr(|h| ≥ t) / bound(t) over all t > 0. Between two
// values of |h| the probability stays and a falling bound grows smaller, so that only
// the values themselves are asked.
func WorstRatio(all []Atom, bound func(t float64) float64) float64 {
	sorted := append([]Atom(nil), all...)
	sort.Slice(sorted, func(i, j int) bool { return math.Abs(sorted[i].H) > math.Abs(sorted[j].H) })
	worst, sum := 0.0, 0.0
	for i, a := range sorted {
		sum += math.Exp(a.LogP)
		t := math.Abs(a.H)
		if i+1 < len(sorted) && math.Abs(sorted[i+1].H) >= t*(1-1e-12) {
			continue // the same value
		}
		if t > 0 {
			worst = max(worst, sum/bound(t))
		}
	}
	return worst
}

// Equal is the distribution of h for n influences that are all 1, at q = 1−p:
// h = n − k/(1−p) for k kept ones, a binomial, listed for every k. It is exact for n up
// to millions: the logarithms lose about n·10⁻¹⁶.
func Equal(n int, p float64) ([]Atom, error) {
	if err := CheckRate(p, 1-p); err != nil {
		return nil, err
	}
	keep, drop := math.Log1p(-p), math.Log(p)
	all := make([]Atom, n+1)
	whole, _ := math.Lgamma(float64(n + 1))
	for k := range all {
		a, _ := math.Lgamma(float64(k + 1))
		b, _ := math.Lgamma(float64(n - k + 1))
		all[k] = Atom{H: float64(n) - float64(k)/(1-p), LogP: whole - a - b + float64(k)*keep + float64(n-k)*drop}
	}
	return all, nil
}

// Quantile returns the least t ≥ 0 with Pr(|h| > t) ≤ γ.
func Quantile(all []Atom, gamma float64) float64 {
	sorted := append([]Atom(nil), all...)
	sort.Slice(sorted, func(i, j int) bool { return math.Abs(sorted[i].H) > math.Abs(sorted[j].H) })
	sum := 0.0
	for _, a := range sorted {
		sum += math.Exp(a.LogP)
		if sum > gamma {
			return math.Abs(a.H)
		}
	}
	return 0
}

// Subsets calls visit with h = Σ_j c_j − (n/k) Σ_{j kept} c_j for each of the C(n, k)
// sets of k kept influences, which are equally likely: a mask of fixed count.
func Subsets(c []float64, k int, visit func(h float64)) error {
	n := len(c)
	if n > MostEnumerated || k < 1 || k > n {
		return fmt.Errorf("delta: subsets of %d of %d influences, want 1 ≤ k ≤ n ≤ %d", k, n, MostEnumerated)
	}
	scale := float64(n) / float64(k)
	for mask := range 1 << n {
		kept, h := 0, 0.0
		for j, v := range c {
			h += v
			if mask>>j&1 == 1 {
				kept++
				h -= scale * v
			}
		}
		if kept == k {
			visit(h)
		}
	}
	return nil
}

// FixedCountVar is Var h of a mask that keeps exactly k of n ≥ 2 influences and
// multiplies them by n/k,
//
//	(n²/k) (1 − k/n) s²,   s² = Σ (c_j − c̄)²/(n−1)
//
// in which c̄ does not occur (Cochran, Sampling Techniques, 1977, Theorem 2.2). Its ratio
// to the variance p Q/(1−p) of independent masks, p = 1 − k/n, is n/(n−1) σ²/(c̄² + σ²).
func (f Influence) FixedCountVar(k int) float64 {
	n := float64(f.N)
	return n * n / float64(k) * (1 - float64(k)/n) * f.Var * n / (n - 1)
}
