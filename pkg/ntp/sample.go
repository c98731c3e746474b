package ntp

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// Sample draws n sequences, the context from π and the token from its p_j.
func (in *Instance) Sample(n int, rng *rand.Rand) []softlabel.Pair {
	return in.labels.Sample(n, rng)
}

// SampleCE returns the training loss as a sum over sequences, in the paper's (1),
//
//	-1/n Σ_i log σ_{z_i}(W h(x_i)).
func (in *Instance) SampleCE(W mat.Matrix, pairs []softlabel.Pair) float64 {
	return softlabel.PairCE(in.Logits(W), pairs)
}

// Empirical returns the instance of these sequences: π, P and the supports are their
// frequencies, the embeddings are the same. Contexts that do not occur are left out.
func (in *Instance) Empirical(pairs []softlabel.Pair) (*Instance, error) {
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
	P, pi := softlabel.Frequencies(C)
	return New(H, P, pi, nil)
}
