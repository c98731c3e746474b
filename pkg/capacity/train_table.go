package capacity

import (
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
)

// A table is a corpus as training sees it. Equal contexts are one column with its counts.
// Matrices have a column for each context, in row order.
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
	last, mask := t.ends(net.T)
	return append(args,
		tensors.FromFlatDataAndDimensions(t.tokens(net.T), net.T*t.n), float32s(t.places(net.T), t.dim, net.T),
		float32s(last, net.T, t.n), float32s(mask, net.T, t.n))
}

// tokens returns token s of context j at s n + j, and 0 behind the ends.
func (t *table) tokens(T int) []int32 {
	m := make([]int32, T*t.n)
	for j, context := range t.corpus.Contexts {
		for s, token := range context {
			m[s*t.n+j] = int32(token)
		}
	}
	return m
}

// ends returns two matrices [T, n]: 1 at the last token of each context, else 0; and 0 where
// a context has a token, else model.Unread.
func (t *table) ends(T int) (last, mask []float64) {
	last, mask = make([]float64, T*t.n), make([]float64, T*t.n)
	for j, context := range t.corpus.Contexts {
		last[(len(context)-1)*t.n+j] = 1
		for s := len(context); s < T; s++ {
			mask[s*t.n+j] = model.Unread
		}
	}
	return last, mask
}

// places returns the sinusoidal positions, [d, T].
func (t *table) places(T int) []float64 {
	u := model.Sinusoids(T, t.dim)
	m := make([]float64, t.dim*T)
	for s := range T {
		for i := range t.dim {
			m[i*T+s] = u[s*t.dim+i]
		}
	}
	return m
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
