package study

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/embedding"
)

// Spread draws K distances up to 5 of one of three kinds: one that differs from the others, two
// camps, or all different.
func Spread(rng *rand.Rand, K, kind int) []float64 {
	d, a, b := make([]float64, K), 5*rng.Float64(), 5*rng.Float64()
	for i := range d {
		switch d[i] = a; {
		case kind%3 == 0 && i == 0, kind%3 == 1 && i < K/2:
			d[i] = b
		case kind%3 == 2:
			d[i] = 5 * rng.Float64()
		}
	}
	return d
}

// First is the prior (1, 0, ..., 0).
func First(K int) []float64 {
	p := make([]float64, K)
	p[0] = 1
	return p
}

// LogRatios are log(P/π) of the groups with π > 0 at the radius one, by the formula with
// exponentials.
func LogRatios(prior, d []float64) (log []float64) {
	for i, p := range embedding.PlainPosterior(prior, d, 1) {
		if prior[i] > 0 {
			log = append(log, math.Log(p/prior[i]))
		}
	}
	return log
}

// Underflows counts, of 100 pairs at the distance over times the radius, those whose posterior
// is not a number by the formula with exponentials.
func Underflows(rng *rand.Rand, over float64) float64 {
	count := 0.0
	for range 100 {
		if p := embedding.PlainPosterior(Prior(rng, 2), []float64{over, over}, 1); math.IsNaN(p[0]) {
			count++
		}
	}
	return count
}

// Extremal is the prior of two groups at the radius one for which the posterior is farthest from
// it: e^{R/2} are the odds of the second, which is the farther one.
func Extremal(d []float64) []float64 {
	odds := math.Exp(embedding.EnergyRange(d, 1) / 2)
	return []float64{1 / (1 + odds), odds / (1 + odds)}
}

// Margin is ‖z − f_1‖² − ‖z − f_2‖².
func Margin(c Content, z []float64) float64 {
	left, _, _ := embedding.RetrievalMargin(z, c.F[0], c.F[1], c.N)
	return left
}

// ShareOfBound is |margin|/(2‖z − n‖‖f_1 − f_2‖).
func ShareOfBound(c Content, z []float64) float64 {
	return math.Abs(Margin(c, z)) / (2 * floats.Distance(z, c.N, 2) * floats.Distance(c.F[0], c.F[1], 2))
}

// SameLength draws two texts and a neutral one, and returns them with texts of length one, and
// with texts of the lengths 1 and 1.1.
func SameLength(rng *rand.Rand, m int) (same, other Content) {
	a, b, n := Unit(rng, m), Unit(rng, m), Normal(rng, m, 1)
	return Content{[][]float64{a, b}, n}, Content{[][]float64{a, Moved(b, 0.1, b)}, n}
}

// CosineError is d_1² − d_2² + 2‖n‖‖f_1‖(cos_1 − cos_2), zero for texts of one length.
func CosineError(c Content) float64 {
	length := floats.Norm(c.N, 2)
	cosine := func(f []float64) float64 { return floats.Dot(f, c.N) / (floats.Norm(f, 2) * length) }
	d := c.D()
	return d[0]*d[0] - d[1]*d[1] + 2*length*floats.Norm(c.F[0], 2)*(cosine(c.F[0])-cosine(c.F[1]))
}

// RankHead and RankRows are a table of how far apart the two texts of contents come.
var RankHead = []string{"contents", "ranks apart, median", "largest"}

// RankRows has the query's own content, which is the first, and all others.
func RankRows(all []Twins) [][]string {
	most := 0
	for _, t := range all[1:] {
		most = max(most, t.Ranks)
	}
	return [][]string{
		{"the query's own", claim.Plain(float64(all[0].Ranks), 3), claim.Plain(float64(all[0].Ranks), 3)},
		{"the others", claim.Plain(MedianRanks(all[1:]), 3), claim.Plain(float64(most), 3)},
	}
}

// Differences are central differences of the loss by the text of group g.
func Differences(c Content, g int, rho float64) []float64 {
	const h = 1e-5
	by := make([]float64, len(c.N))
	at := func(t int, x float64) float64 {
		f := slices.Clone(c.F)
		f[g] = slices.Clone(c.F[g])
		f[g][t] += x
		return embedding.BiasLoss(embedding.Distances(f, c.N), rho)
	}
	for t := range by {
		by[t] = (at(t, h) - at(t, -h)) / (2 * h)
	}
	return by
}

// Steepest finds by golden section where the kernel's slope is largest, and how large.
func Steepest(rho float64) (at, value float64) {
	const golden = 0.6180339887498949
	a, b := 0.0, 5*rho
	for b-a > 1e-9*rho {
		c, d := b-golden*(b-a), a+golden*(b-a)
		if embedding.Slope(c, rho) > embedding.Slope(d, rho) {
			b = d
		} else {
			a = c
		}
	}
	return (a + b) / 2, embedding.Slope((a+b)/2, rho)
}

// OnSphere draws contents of unit length in R^m whose distances are log-normal with a mean and a
// standard deviation.
func OnSphere(rng *rand.Rand, count, m int, mean, sd float64) []Content {
	all := make([]Content, count)
	width := math.Sqrt(math.Log1p(sd * sd / (mean * mean)))
	for i := range all {
		n := Unit(rng, m)
		c := Content{N: n}
		for range 2 {
			d := min(1, mean*math.Exp(width*rng.NormFloat64()-width*width/2))
			u := Unit(rng, m)
			u = Moved(u, -floats.Dot(u, n), n)
			cosine := 1 - d*d/2
			f := Moved(make([]float64, m), cosine, n)
			c.F = append(c.F, Moved(f, math.Sqrt(1-cosine*cosine)/floats.Norm(u, 2), u))
		}
		all[i] = c
	}
	return all
}

// MeanVariance are mean and variance of all distances.
func MeanVariance(all []Content) (mean, variance float64) {
	var d []float64
	for _, c := range all {
		d = append(d, c.D()...)
	}
	mean = floats.Sum(d) / float64(len(d))
	for _, x := range d {
		variance += (x - mean) * (x - mean) / float64(len(d))
	}
	return mean, variance
}

// Vanished is the share of texts whose kernel is zero in float32.
func Vanished(all []Content, rho float64) float64 {
	gone, count := 0.0, 0.0
	for _, c := range all {
		for _, d := range c.D() {
			if count++; float32(embedding.Kernel(d, rho)) == 0 {
				gone++
			}
		}
	}
	return gone / count
}
