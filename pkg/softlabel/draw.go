package softlabel

import (
	"math/rand/v2"
	"sort"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Pair is one training sequence: a context and the token that followed it.
type Pair struct{ Context, Token int }

// Dirichlet draws from the uniform distribution on the simplex of R^s.
func Dirichlet(s int, rng *rand.Rand) []float64 {
	p := make([]float64, s)
	sum := 0.0
	for i := range p {
		p[i] = rng.ExpFloat64()
		for p[i] == 0 { // a zero would change the support
			p[i] = rng.ExpFloat64()
		}
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// NewSampler returns a function that draws pairs from (π, P) by inverting the cumulative
// sums.
func NewSampler(P *mat.Dense, pi []float64) func(*rand.Rand) Pair {
	V, m := P.Dims()
	contexts := NewCategorical(pi)
	tokens := make([]Categorical, m)
	for j := range m {
		tokens[j] = NewCategorical(mat.Col(make([]float64, V), j, P))
	}
	return func(rng *rand.Rand) Pair {
		j := contexts.Draw(rng)
		return Pair{Context: j, Token: tokens[j].Draw(rng)}
	}
}

// Categorical draws indices with given probabilities, one uniform number an index.
type Categorical struct{ sums []float64 }

// NewCategorical returns the distribution proportional to weights.
func NewCategorical(weights []float64) Categorical {
	return Categorical{floats.CumSum(make([]float64, len(weights)), weights)}
}

// Draw returns the first index whose cumulative sum exceeds a uniform draw, at the latest
// the first that reaches the total. An index of probability zero is never returned: its
// sum equals its predecessor's.
func (c Categorical) Draw(rng *rand.Rand) int {
	total := c.sums[len(c.sums)-1]
	u := rng.Float64() * total
	return sort.Search(len(c.sums)-1, func(i int) bool { return c.sums[i] > u || c.sums[i] == total })
}
