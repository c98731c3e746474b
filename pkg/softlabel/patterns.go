package softlabel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// Recorded is the pattern of a data set on which the authors of arXiv 2408.15417 report
// runs: V = 31 next words, 16 contexts with three next words each. Contexts 0 and 1 have
// the same support, and so do 6 and 12. Its words are in Sentences.
func Recorded() *Pattern {
	return mustPattern(31, [][]int{
		{2, 5, 6}, {2, 5, 6}, {1, 4, 9}, {5, 18, 30}, {10, 12, 29}, {10, 21, 27}, {1, 3, 4}, {1, 3, 17},
		{0, 8, 16}, {13, 26, 28}, {2, 7, 22}, {2, 7, 24}, {1, 3, 4}, {20, 23, 25}, {8, 11, 14}, {8, 15, 19},
	})
}

// mustPattern is NewPattern for supports written by the program.
func mustPattern(V int, supports [][]int) *Pattern {
	p, err := NewPattern(V, supports)
	if err != nil {
		panic(err)
	}
	return p
}

// OneHot returns the pattern with one token a context, token z in counts[z] of them.
func OneHot(counts ...int) (*Pattern, error) {
	var supports [][]int
	for z, n := range counts {
		for range n {
			supports = append(supports, []int{z})
		}
	}
	return NewPattern(len(counts), supports)
}

// AllSubsets returns the pattern in which every set of k of V tokens is a support once.
func AllSubsets(V, k int) (*Pattern, error) {
	if k < 1 || k >= V {
		return nil, malformed("supports of %d of %d tokens: want at least one and fewer than all", k, V)
	}
	var supports [][]int
	var extend func(s []int, next int)
	extend = func(s []int, next int) {
		if len(s) == k {
			supports = append(supports, slices.Clone(s))
			return
		}
		for z := next; z <= V-(k-len(s)); z++ {
			extend(append(s, z), z+1)
		}
	}
	extend(nil, 0)
	return NewPattern(V, supports)
}

// Fano returns the lines of the projective plane of order two: seven contexts over seven
// tokens, three tokens a context, every two tokens together in exactly one. It is the
// smallest 2-design whose supports are not all of one size's sets.
func Fano() *Pattern {
	return mustPattern(7, [][]int{{0, 1, 2}, {0, 3, 4}, {0, 5, 6}, {1, 3, 5}, {1, 4, 6}, {2, 3, 6}, {2, 4, 5}})
}

// Blocks returns the pattern whose supports are disjoint blocks of tokens: the i-th block
// has sizes[i] tokens and is the support of copies[i] contexts.
func Blocks(sizes, copies []int) (*Pattern, error) {
	if len(sizes) != len(copies) {
		return nil, malformed("%d sizes of blocks and %d numbers of copies", len(sizes), len(copies))
	}
	var supports [][]int
	V := 0
	for i, n := range sizes {
		block := make([]int, max(n, 0))
		for z := range block {
			block[z] = V + z
		}
		V += len(block)
		for range copies[i] {
			supports = append(supports, block)
		}
	}
	return NewPattern(V, supports)
}

// Nested returns the V-1 supports {0}, {0, 1}, ... over V tokens.
func Nested(V int) (*Pattern, error) {
	var supports [][]int
	for k := 1; k < V; k++ {
		s := make([]int, k)
		for z := range s {
			s[z] = z
		}
		supports = append(supports, s)
	}
	return NewPattern(V, supports)
}

// RandomPattern draws m supports of k tokens each, uniformly and independently.
func RandomPattern(V, m, k int, rng *rand.Rand) (*Pattern, error) {
	if k < 1 || k >= V || m < 1 {
		return nil, malformed("%d supports of %d of %d tokens: want at least one support and 1 ≤ k < V", m, k, V)
	}
	supports := make([][]int, m)
	for j := range supports {
		supports[j] = rng.Perm(V)[:k]
	}
	return NewPattern(V, supports)
}

// Shared sizes a pattern in which many contexts share their support, in place of a text
// of short sentences with interchangeable names, times and adjectives.
type Shared struct {
	V        int // tokens
	Supports int // distinct supports
	Contexts int
	Least    int // tokens of the smallest support
	Most     int // and of the largest one
}

// Simplified has the sizes of the authors' data set of simplified children's stories,
// whose text is not public: 104 next words, 403 contexts, about 34 distinct supports.
var Simplified = Shared{V: 104, Supports: 34, Contexts: 403, Least: 2, Most: 8}

// Pattern draws distinct supports of uniformly random size whose tokens have Zipf's
// probabilities, 1/rank; a token that no support drew is appended to a random one. A
// support has one context, and the rest are shared out with probabilities 1/√rank.
func (c Shared) Pattern(rng *rand.Rand) (*Pattern, error) {
	if c.Least < 1 || c.Most < c.Least || c.Most >= c.V || c.Supports < 1 || c.Contexts < c.Supports {
		return nil, fmt.Errorf("softlabel: shared supports %+v: want 1 ≤ Least ≤ Most < V and 1 ≤ Supports ≤ Contexts", c)
	}
	zipf, decay := make([]float64, c.V), make([]float64, c.Supports)
	for i := range zipf {
		zipf[i] = 1 / float64(i+1)
	}
	for i := range decay {
		decay[i] = 1 / math.Sqrt(float64(i+1))
	}
	distinct := c.draw(NewCategorical(zipf), rng)
	c.cover(distinct, rng)
	var supports [][]int
	supports = append(supports, distinct...)
	share := NewCategorical(decay)
	for len(supports) < c.Contexts {
		supports = append(supports, distinct[share.Draw(rng)])
	}
	rng.Shuffle(len(supports), func(i, j int) { supports[i], supports[j] = supports[j], supports[i] })
	return NewPattern(c.V, supports)
}

// draw returns distinct supports.
func (c Shared) draw(zipf Categorical, rng *rand.Rand) [][]int {
	var distinct [][]int
	seen := map[string]bool{}
	for len(distinct) < c.Supports {
		k := c.Least + rng.IntN(c.Most-c.Least+1)
		var s []int
		for len(s) < k {
			if z := zipf.Draw(rng); !slices.Contains(s, z) {
				s = append(s, z)
			}
		}
		slices.Sort(s)
		if key := contextKey(s); !seen[key] {
			seen[key] = true
			distinct = append(distinct, s)
		}
	}
	return distinct
}

// cover puts every token that is in no support into one. Supports stay distinct: they
// differ in the tokens they had, or one has a token that no other has.
func (c Shared) cover(distinct [][]int, rng *rand.Rand) {
	used := make([]bool, c.V)
	for _, s := range distinct {
		for _, z := range s {
			used[z] = true
		}
	}
	for z, u := range used {
		if !u {
			i := rng.IntN(len(distinct))
			distinct[i] = slices.Sorted(slices.Values(append(slices.Clone(distinct[i]), z)))
		}
	}
}

// Uniform draws counts of 1, ..., most for every token of every support.
func (p *Pattern) Uniform(most int, rng *rand.Rand) (*Labels, error) {
	if most < 1 {
		return nil, malformed("counts of 1 to %d: want a positive end", most)
	}
	counts := make([][]int, len(p.S))
	for j, s := range p.S {
		for range s {
			counts[j] = append(counts[j], 1+rng.IntN(most))
		}
	}
	return p.Count(counts)
}

// MeanSupport returns how many tokens the supports hold on average, Σ_j k_j / m.
func (p *Pattern) MeanSupport() float64 {
	sizes := make([]float64, len(p.S))
	for j, s := range p.S {
		sizes[j] = float64(len(s))
	}
	return floats.Sum(sizes) / float64(len(sizes))
}
