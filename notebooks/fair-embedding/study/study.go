// Package study holds what the cells of fair-embedding call and do not show: what they measure,
// and the recipes of their figures.
package study

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/marginalia-ml/marginalia/pkg/embedding"
)

// Normal draws a vector with entries of the given standard deviation.
func Normal(rng *rand.Rand, m int, scale float64) []float64 {
	v := make([]float64, m)
	for t := range v {
		v[t] = scale * rng.NormFloat64()
	}
	return v
}

// Unit draws a vector of length one.
func Unit(rng *rand.Rand, m int) []float64 {
	v := Normal(rng, m, 1)
	floats.Scale(1/floats.Norm(v, 2), v)
	return v
}

// Moved is x + s v.
func Moved(x []float64, s float64, v []float64) []float64 {
	return floats.AddScaledTo(make([]float64, len(x)), x, s, v)
}

// Less is a − b.
func Less(a, b []float64) []float64 { return floats.SubTo(make([]float64, len(a)), a, b) }

// Mirror is the reflection of x in the hyperplane with the unit normal u.
func Mirror(x, u []float64) []float64 { return Moved(x, -2*floats.Dot(x, u), u) }

// Stretched is x with its first entry times s.
func Stretched(x []float64, s float64) []float64 {
	y := slices.Clone(x)
	y[0] *= s
	return y
}

// Prior draws positive probabilities, some of them as small as e^{−9}.
func Prior(rng *rand.Rand, K int) []float64 {
	p := make([]float64, K)
	for i := range p {
		p[i] = math.Exp(3 * rng.NormFloat64())
	}
	floats.Scale(1/floats.Sum(p), p)
	return p
}

// Content is the embedding of one content: a text for each group, and the neutral one.
type Content struct {
	F [][]float64 // [K][m]
	N []float64   // [m]
}

// D are the distances of the groups' texts from the neutral one.
func (c Content) D() []float64 { return embedding.Distances(c.F, c.N) }

// Sphere draws K texts at the distance radius from a random neutral one in R^m.
func Sphere(rng *rand.Rand, K, m int, radius float64) Content {
	c := Content{N: Normal(rng, m, 1)}
	for range K {
		c.F = append(c.F, Moved(c.N, radius, Unit(rng, m)))
	}
	return c
}

// Shifted is the content with its last group's text at another distance, 1 + by times as far.
func (c Content) Shifted(by float64) Content {
	f := slices.Clone(c.F)
	last := len(f) - 1
	f[last] = Moved(c.N, 1+by, Less(f[last], c.N))
	return Content{f, c.N}
}

// Map is the content with all its embeddings mapped.
func (c Content) Map(by func([]float64) []float64) Content {
	mapped := Content{N: by(c.N)}
	for _, f := range c.F {
		mapped.F = append(mapped.F, by(f))
	}
	return mapped
}

// Shaken is the content with all its embeddings moved by normal entries of the given standard
// deviation, and the sum of the lengths of the moves.
func (c Content) Shaken(rng *rand.Rand, scale float64) (moved Content, sum float64) {
	moved = c.Map(func(x []float64) []float64 {
		by := Normal(rng, len(x), scale)
		sum += floats.Norm(by, 2)
		return Moved(x, 1, by)
	})
	return moved, sum
}

// Geometric are n numbers from a to b in equal ratios.
func Geometric(a, b float64, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = a * math.Pow(b/a, float64(i)/float64(n-1))
	}
	return x
}

// MaxAbs is the largest |x_i|.
func MaxAbs(x []float64) float64 { return floats.Norm(x, math.Inf(1)) }

// Span is max x − min x.
func Span(x []float64) float64 { return slices.Max(x) - slices.Min(x) }

// Relative is 2|d_1 − d_2|/(d_1 + d_2).
func Relative(d []float64) float64 { return 2 * math.Abs(d[0]-d[1]) / (d[0] + d[1]) }

// Ones are n ones.
func Ones(n int) []float64 {
	x := make([]float64, n)
	floats.AddConst(1, x)
	return x
}

// NormalCDF is the distribution function of N(0, 1).
func NormalCDF(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
