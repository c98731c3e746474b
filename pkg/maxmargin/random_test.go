package maxmargin

import (
	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// randomNextToken returns the program of v tokens and m contexts with Gaussian
// embeddings in d dimensions and random supports of s tokens.
func randomNextToken(seed uint64, v, m, d, s int) *NextToken {
	rng := qptest.Rand(seed)
	h := qptest.Normals(rng, d, m)
	supports := make([][]int, m)
	for j := range supports {
		supports[j] = rng.Perm(v)[:s]
	}
	mg, err := NewNextToken(h, v, supports)
	if err != nil {
		panic(err)
	}
	return mg
}
