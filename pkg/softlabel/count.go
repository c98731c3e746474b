package softlabel

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Sample draws n pairs, the context from π and the token from its p_j.
func (s *Labels) Sample(n int, rng *rand.Rand) []Pair {
	draw := NewSampler(s.P, s.Pi)
	pairs := make([]Pair, n)
	for i := range pairs {
		pairs[i] = draw(rng)
	}
	return pairs
}

// Counted returns the soft labels of pairs of m contexts and V tokens: π, P and the
// supports are their frequencies. A context without a pair is an error.
func Counted(V, m int, pairs []Pair) (*Labels, error) {
	if V < 2 || m < 1 {
		return nil, malformed("%d tokens and %d contexts: want at least 2 and 1", V, m)
	}
	counts, seen := mat.NewDense(V, m, nil), make([]bool, m)
	for _, p := range pairs {
		if p.Context < 0 || p.Context >= m || p.Token < 0 || p.Token >= V {
			return nil, malformed("pair of context %d and token %d, want 0..%d and 0..%d", p.Context, p.Token, m-1, V-1)
		}
		counts.Set(p.Token, p.Context, counts.At(p.Token, p.Context)+1)
		seen[p.Context] = true
	}
	for j, s := range seen {
		if !s {
			return nil, malformed("context %d is in none of the %d pairs: leave it out", j, len(pairs))
		}
	}
	P, pi := Frequencies(counts)
	return New(P, pi)
}

// PairCE returns the training loss as a mean over pairs, -1/n Σ_i log σ_{z_i}(L_{j_i}).
func PairCE(L *mat.Dense, pairs []Pair) float64 {
	_, m := L.Dims()
	columns := make([][]float64, m)
	sum := 0.0
	for _, p := range pairs {
		if columns[p.Context] == nil {
			columns[p.Context] = mat.Col(nil, p.Context, L)
		}
		l := columns[p.Context]
		sum += floats.LogSumExp(l) - l[p.Token]
	}
	return sum / float64(len(pairs))
}

// Frequencies turns counts, V×m, into next-token distributions and context frequencies.
func Frequencies(counts *mat.Dense) (P *mat.Dense, pi []float64) {
	V, m := counts.Dims()
	P = mat.NewDense(V, m, nil)
	pi = make([]float64, m)
	n := mat.Sum(counts)
	for j := range m {
		column := mat.Sum(counts.ColView(j))
		pi[j] = column / n
		for z := range V {
			P.Set(z, j, counts.At(z, j)/column)
		}
	}
	return P, pi
}
