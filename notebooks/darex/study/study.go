// Package study holds what the cells of darex call and do not show: what they measure,
// and the recipes of their figures.
package study

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/delta"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// Rates are the corners of 0 < p < 1 and what lies between.
var Rates = []float64{0.01, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999}

// Influences draws n influences of one of the kinds that are hard for some bound: Gaussian,
// all ones, Cauchy, signs, and one that is much larger than the rest.
func Influences(rng *rand.Rand, n int) []float64 {
	c, kind := make([]float64, n), rng.IntN(5)
	for j := range c {
		switch c[j] = 1; kind {
		case 0:
			c[j] = rng.NormFloat64()
		case 1:
			c[j] = math.Tan(math.Pi * (rng.Float64() - 0.5))
		case 2:
			c[j] = float64(1 - 2*rng.IntN(2))
		case 3:
			c[j] = math.Exp(3 * rng.NormFloat64())
		}
	}
	return c
}

// Case is a small neuron at a rate and a divisor, with all its masks.
type Case struct {
	C    []float64
	F    delta.Influence
	P, Q float64
	All  []delta.Atom
}

// Enumerated lists the masks of influences; a rate that is none is a mistake of the page.
func Enumerated(c []float64, p, q float64) Case {
	return Case{c, delta.Of(c), p, q, notebook.Must(delta.Enumerate(c, p, q))}
}

// Cases draws small neurons, 1 to most influences each, at rates of [Rates] and divisors from
// a tenth of DARE's to ten times as much, a third of them DARE's.
func Cases(rng *rand.Rand, count, most int) (all []Case) {
	for k := range count {
		p := Rates[rng.IntN(len(Rates))]
		q := 1 - p
		if k%3 > 0 {
			q *= math.Pow(10, 2*rng.Float64()-1)
		}
		all = append(all, Enumerated(Influences(rng, 1+rng.IntN(most)), p, q))
	}
	return all
}

// At is the case at another divisor.
func (x Case) At(q float64) Case { return Enumerated(x.C, x.P, q) }

// Mean is E f(h).
func (x Case) Mean(f func(h float64) float64) float64 { return delta.Mean(x.All, f) }

// Moments are E h and E h² as sums over the masks.
func (x Case) Moments() (mean, square float64) {
	return x.Mean(func(h float64) float64 { return h }), x.Mean(func(h float64) float64 { return h * h })
}

// LogProduct is log E e^{sh} of DARE, as a sum over the influences.
func (x Case) LogProduct(s float64) float64 {
	sum := 0.0
	for _, v := range x.C {
		sum += delta.LogMGF(x.P, s*v/(1-x.P))
	}
	return sum
}

// Exponent is the order of the largest sh: |s| √(nQ)/(1−p).
func (x Case) Exponent(s float64) float64 {
	return math.Abs(s) * math.Sqrt(x.F.Q*float64(x.F.N)) / (1 - x.P)
}

// Equals are neurons of equal influences, for each rate and number of them, under DARE.
func Equals(rates []float64, sizes []int) (all []Case) {
	for _, p := range rates {
		for _, n := range sizes {
			all = append(all, Enumerated(AllOnes(n), p, 1-p))
		}
	}
	return all
}

// floor bounds exponents from below: no probability of [Rates] and twenty influences is less.
const floor = -600

// TailRatio is the largest Pr(|h − E h| ≥ t) over 2 exp(−t²q²/(constant·Q)).
func (x Case) TailRatio(constant float64) float64 { return x.tailRatio(constant, math.Inf(1)) }

// SharpRatio is [Case.TailRatio] where the bound is below one: above, it says nothing.
func (x Case) SharpRatio(constant float64) float64 { return x.tailRatio(constant, 1) }

// tailRatio asks where the bound is less than most.
func (x Case) tailRatio(constant, most float64) float64 {
	mean := x.F.Bias(x.P, x.Q)
	about := make([]delta.Atom, len(x.All))
	for i, a := range x.All {
		about[i] = delta.Atom{H: a.H - mean, LogP: a.LogP}
	}
	return delta.WorstRatio(about, func(t float64) float64 {
		if bound := 2 * math.Exp(max(floor, -t*t*x.Q*x.Q/(constant*x.F.Q))); bound < most {
			return bound
		}
		return math.Inf(1)
	})
}

// UpperRatio is the largest Pr(h ≥ t) over exp(−t²(1−p)/(2pQ)), t > 0.
func (x Case) UpperRatio() float64 {
	var up []delta.Atom
	for _, a := range x.All {
		if a.H > 0 {
			up = append(up, a)
		}
	}
	return delta.WorstRatio(up, func(t float64) float64 { return math.Exp(max(floor, -t*t*(1-x.P)/(2*x.P*x.F.Q))) })
}

// Absolute are the sizes of influences.
func Absolute(c []float64) []float64 {
	to := make([]float64, len(c))
	for j, v := range c {
		to[j] = math.Abs(v)
	}
	return to
}

// AllOnes are n influences of 1.
func AllOnes(n int) []float64 {
	c := make([]float64, n)
	for j := range c {
		c[j] = 1
	}
	return c
}

// Normal is the distribution function of N(0, 1).
func Normal(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// Least returns where a function of one variable with one minimum between low and high has it,
// by golden section on a logarithmic scale, to a relative error of about 10⁻⁸: the root of the
// precision of its values.
func Least(low, high float64, f func(x float64) float64) float64 {
	const golden = 0.6180339887498949
	a, b := math.Log(low), math.Log(high)
	c, d := b-golden*(b-a), a+golden*(b-a)
	fc, fd := f(math.Exp(c)), f(math.Exp(d))
	for b-a > 1e-10 {
		if fc < fd {
			b, d, fd = d, c, fc
			c = b - golden*(b-a)
			fc = f(math.Exp(c))
		} else {
			a, c, fc = c, d, fd
			d = a + golden*(b-a)
			fd = f(math.Exp(d))
		}
	}
	return math.Exp((a + b) / 2)
}

// LeastOf is the least value of a function at the places x.
func LeastOf(x []float64, f func(x float64) float64) float64 {
	least := math.Inf(1)
	for _, v := range x {
		least = min(least, f(v))
	}
	return least
}

// Geometric are n numbers from a to b in equal ratios.
func Geometric(a, b float64, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = a * math.Pow(b/a, float64(i)/float64(n-1))
	}
	return x
}

// median is the middle of numbers.
func median(x []float64) float64 {
	sorted := slices.Sorted(slices.Values(x))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
