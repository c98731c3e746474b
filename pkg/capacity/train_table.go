package capacity

import (
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
)

// A table is a corpus as training sees it. Equal contexts are one column with its counts.
// The attention of a context reads keys and values of its pairs (token, position) alone;
// contexts share most of them, so that they are computed once for each distinct pair: a
// matrix [pairs, contexts] says which context reads which. All matrices have a column for
// each context or pair, in row order.
type table struct {
	corpus       *Corpus
	n, zeta, dim int
	pairs        [][2]int // token and position, from 0, by the order of the contexts
	reads        [][]int  // the pairs of each context; the last one asks
	total        []float64
}

func newTable(c *Corpus, net model.Openings) (*table, error) {
	t := &table{corpus: c, n: len(c.Contexts), zeta: c.Zeta, dim: net.Dim}
	if t.n == 0 || c.Zeta < 2 {
		return nil, bad("a corpus of %d contexts over %d tokens: want at least 1 and 2", t.n, c.Zeta)
	}
	index := map[[2]int]int{}
	for j, context := range c.Contexts {
		if len(context) < 1 || len(context) > net.T {
			return nil, bad("context %d has %d tokens; the trained network reads 1 to %d: count the corpus with shortest = 1", j, len(context), net.T)
		}
		reads := make([]int, len(context))
		for s, token := range context {
			pair := [2]int{token, s}
			at, known := index[pair]
			if !known {
				at = len(t.pairs)
				index[pair], t.pairs = at, append(t.pairs, pair)
			}
			reads[s] = at
		}
		t.reads = append(t.reads, reads)
		t.total = append(t.total, float64(c.Total(j)))
	}
	return t, nil
}

// args returns the arguments of model.Compact; x is that of the FNN alone, or nil.
func (t *table) args(net model.Compact, x *tensors.Tensor) []*tensors.Tensor {
	args := []*tensors.Tensor{float32s(t.counts(), t.zeta, t.n), float32s(t.total, t.n)}
	if net.Only {
		return append(args, x)
	}
	P := len(t.pairs)
	places, lastAt := t.places(net.T)
	return append(args,
		float32s(t.tokensOf(), t.zeta, P), float32s(places, t.dim, P),
		float32s(t.lastTokens(), t.zeta, t.n), float32s(lastAt, t.dim, t.n), float32s(t.masks(), P, t.n))
}

// masks returns [pairs, contexts]: 0 where a context reads a pair, and model.Unread.
func (t *table) masks() []float64 {
	m := make([]float64, len(t.pairs)*t.n)
	for i := range m {
		m[i] = model.Unread
	}
	for j, reads := range t.reads {
		for _, p := range reads {
			m[p*t.n+j] = 0
		}
	}
	return m
}

// tokensOf returns, one-hot, the token of each pair, [ζ, pairs].
func (t *table) tokensOf() []float64 {
	m := make([]float64, t.zeta*len(t.pairs))
	for p, pair := range t.pairs {
		m[pair[0]*len(t.pairs)+p] = 1
	}
	return m
}

// lastTokens returns, one-hot, the last token of each context, [ζ, contexts].
func (t *table) lastTokens() []float64 {
	m := make([]float64, t.zeta*t.n)
	for j, reads := range t.reads {
		m[t.pairs[reads[len(reads)-1]][0]*t.n+j] = 1
	}
	return m
}

// places returns the sinusoidal positions of the pairs, [d, pairs], and of the last tokens,
// [d, contexts].
func (t *table) places(longest int) (pairs, last []float64) {
	u := model.Sinusoids(longest, t.dim)
	pairs, last = make([]float64, t.dim*len(t.pairs)), make([]float64, t.dim*t.n)
	for i := range t.dim {
		for p, pair := range t.pairs {
			pairs[i*len(t.pairs)+p] = u[pair[1]*t.dim+i]
		}
		for j, reads := range t.reads {
			last[i*t.n+j] = u[(len(reads)-1)*t.dim+i]
		}
	}
	return pairs, last
}

// counts returns how many documents continue context j by token z, [ζ, contexts].
func (t *table) counts() []float64 {
	m := make([]float64, t.zeta*t.n)
	for j, counts := range t.corpus.Counts {
		for z, k := range counts {
			m[z*t.n+j] = float64(k)
		}
	}
	return m
}
