package study

import (
	"math"
	"math/rand/v2"
	"sort"

	"github.com/marginalia-ml/marginalia/pkg/delta"
)

// Sampled draws h of DARE for many masks. Survivors are drawn by the gaps between them, which
// are geometric: at p = .99 a hundredth of the work of drawing every entry.
func Sampled(rng *rand.Rand, c []float64, p float64, masks int) []float64 {
	S := delta.Of(c).S
	all, log := make([]float64, masks), math.Log(p)
	for i := range all {
		kept := 0.0
		for j := -1; ; {
			gap := 1 + math.Log(1-rng.Float64())/log
			if gap > float64(len(c)) { // also where the gap is infinite
				break
			}
			if j += int(gap); j >= len(c) {
				break
			}
			kept += c[j]
		}
		all[i] = S - kept/(1-p)
	}
	return all
}

// Kolmogorov is the largest distance of the distribution function of x/scale from that of
// N(0, 1).
func Kolmogorov(x []float64, scale float64) float64 {
	sorted := append([]float64(nil), x...)
	sort.Float64s(sorted)
	far, n := 0.0, float64(len(x))
	for i, v := range sorted {
		want := Normal(v / scale)
		far = max(far, math.Abs(want-float64(i)/n), math.Abs(want-float64(i+1)/n))
	}
	return far
}

// Deviation is the root mean square of x.
func Deviation(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return math.Sqrt(sum / float64(len(x)))
}

// Shifted are n influences with mean m and the variance 1, exactly.
func Shifted(rng *rand.Rand, n int, m float64) []float64 {
	c := make([]float64, n)
	for j := range c {
		c[j] = rng.NormFloat64()
	}
	f := delta.Of(c)
	for j := range c {
		c[j] = m + (c[j]-f.Mean())/math.Sqrt(f.Var)
	}
	return c
}

// SignsKept is the share of masks under which the pruned output S − h has the sign of S.
func SignsKept(h []float64, S float64) float64 {
	n := 0
	for _, v := range h {
		if (S-v)*S > 0 {
			n++
		}
	}
	return float64(n) / float64(len(h))
}

// Normally is E|h|/|S| where h is normal with the mean (1−x)S and the deviation τxS,
// x = (1−p)/q and τ² = p/((1−p)κ): a neuron of many influences, none of them large.
func Normally(x, tau float64) float64 {
	b, s := 1-x, tau*x
	return s*math.Sqrt(2/math.Pi)*math.Exp(-b*b/(2*s*s)) + b*math.Erf(b/(s*math.Sqrt2))
}

// Moved are influences that are all moved by the same amount.
func Moved(c []float64, by float64) []float64 {
	to := make([]float64, len(c))
	for j, v := range c {
		to[j] = v + by
	}
	return to
}

// RightSign is the probability that what a mask keeps of influences has a positive sum, beyond
// round-off.
func RightSign(c []float64, p float64) float64 {
	f := delta.Of(c)
	return Enumerated(c, p, 1-p).Mean(func(h float64) float64 {
		if f.S-h > 1e-12*math.Sqrt(f.Q)/(1-p) {
			return 1
		}
		return 0
	})
}

// SignsAfterMoves draws small neurons with S > 0 and returns by how much the probability of the
// right sign changes, exactly, when all influences move up by at most their mean, and down.
func SignsAfterMoves(rng *rand.Rand, count, most int) (up, down []float64) {
	for range count {
		x := Enumerated(Influences(rng, 1+rng.IntN(most)), Rates[rng.IntN(len(Rates))], 1)
		if x.F.S > 0 {
			by := rng.Float64() * x.F.S / float64(x.F.N)
			was := RightSign(x.C, x.P)
			up, down = append(up, RightSign(Moved(x.C, by), x.P)-was), append(down, RightSign(Moved(x.C, -by), x.P)-was)
		}
	}
	return up, down
}
