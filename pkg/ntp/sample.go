package ntp

import (
	"math/rand/v2"
	"sort"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Pair is one training sequence: a context and the token that followed it.
type Pair struct{ Context, Token int }

// Sample draws n sequences, the context from π and the token from its p_j.
func (in *Instance) Sample(n int, rng *rand.Rand) []Pair {
	draw := newSampler(in.P, in.Pi)
	pairs := make([]Pair, n)
	for i := range pairs {
		pairs[i] = draw(rng)
	}
	return pairs
}

// SampleCE returns the training loss as a sum over sequences, in the paper's (1),
//
//	-1/n Σ_i log σ_{z_i}(W h(x_i)).
func (in *Instance) SampleCE(W mat.Matrix, pairs []Pair) float64 {
	L := in.Logits(W)
	sum := 0.0
	for _, p := range pairs {
		l := mat.Col(nil, p.Context, L)
		sum += floats.LogSumExp(l) - l[p.Token]
	}
	return sum / float64(len(pairs))
}

// Empirical returns the instance of these sequences: π, P and the supports are their
// frequencies, the embeddings are the same. Contexts that do not occur are left out.
func (in *Instance) Empirical(pairs []Pair) (*Instance, error) {
	V, d, m := in.Dims()
	counts := mat.NewDense(V, m, nil)
	for _, p := range pairs {
		if p.Context < 0 || p.Context >= m || p.Token < 0 || p.Token >= V {
			return nil, malformed("pair of context %d and token %d, want 0..%d and 0..%d", p.Context, p.Token, m-1, V-1)
		}
		counts.Set(p.Token, p.Context, counts.At(p.Token, p.Context)+1)
	}
	var kept []int
	for j := range m {
		if mat.Sum(counts.ColView(j)) > 0 {
			kept = append(kept, j)
		}
	}
	if len(kept) == 0 {
		return nil, malformed("no pairs")
	}
	H, C := mat.NewDense(d, len(kept), nil), mat.NewDense(V, len(kept), nil)
	for i, j := range kept {
		H.SetCol(i, mat.Col(nil, j, in.H))
		C.SetCol(i, mat.Col(nil, j, counts))
	}
	P, pi := frequencies(C)
	return New(H, P, pi, nil)
}

// newSampler returns a function that draws pairs from (π, P) by inverting the
// cumulative sums.
func newSampler(P *mat.Dense, pi []float64) func(*rand.Rand) Pair {
	V, m := P.Dims()
	contexts := cumulative(pi)
	tokens := make([][]float64, m)
	for j := range m {
		tokens[j] = cumulative(mat.Col(make([]float64, V), j, P))
	}
	return func(rng *rand.Rand) Pair {
		j := invert(contexts, rng)
		return Pair{Context: j, Token: invert(tokens[j], rng)}
	}
}

func cumulative(p []float64) []float64 { return floats.CumSum(make([]float64, len(p)), p) }

// invert returns the first index whose cumulative sum exceeds a uniform draw, at the
// latest the first that reaches the total. An index of probability zero is never
// returned: its sum equals its predecessor's.
func invert(sums []float64, rng *rand.Rand) int {
	total := sums[len(sums)-1]
	u := rng.Float64() * total
	return sort.Search(len(sums)-1, func(i int) bool { return sums[i] > u || sums[i] == total })
}
