package main

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/maxmargin"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// size is the shape of an instance.
type size struct {
	tokens, contexts, distinct int // distinct supports, 0 for the recorded ones
	rounds                     int // of all sides, as the command line says when 0
	merged                     bool
	peers                      []string
}

var sizes = map[string]size{
	"lessons": {tokens: 31, contexts: 16, peers: []string{"SCS 1e-9", "CLARABEL 1e-8"}},
	"stories": {tokens: 104, contexts: 403, distinct: 34, rounds: 1, merged: true, peers: []string{"SCS 1e-9"}},
}

// lessons are the supports of the paper's synthetic data: a recorded draw.
var lessons = [][]int{
	{2, 5, 6}, {2, 5, 6}, {1, 4, 9}, {5, 18, 30}, {10, 12, 29}, {10, 21, 27}, {1, 3, 4}, {1, 3, 17},
	{0, 8, 16}, {13, 26, 28}, {2, 7, 22}, {2, 7, 24}, {1, 3, 4}, {20, 23, 25}, {8, 11, 14}, {8, 15, 19},
}

func newSupports(seed uint64, s size) [][]int {
	if s.distinct == 0 {
		return lessons
	}
	return stories(random.Stream(seed, "bench/nuclear"), s.tokens, s.contexts, s.distinct)
}

// stories draws supports of 2 to 8 tokens by Zipf's law and repeats them unevenly, as
// contexts of a children's story do. A token that was not drawn joins some support.
func stories(rng *rand.Rand, tokens, contexts, distinct int) [][]int {
	base := make([][]int, distinct)
	used := make([]bool, tokens)
	zipf := func(v int) float64 { return 1 / float64(v+1) }
	for k := range base {
		n := 2 + rng.IntN(7)
		for len(base[k]) < n {
			if v := draw(rng, tokens, zipf); !slices.Contains(base[k], v) {
				base[k], used[v] = append(base[k], v), true
			}
		}
	}
	for v, u := range used {
		if !u {
			k := rng.IntN(distinct)
			base[k] = append(base[k], v)
		}
	}
	out := slices.Clone(base)
	for len(out) < contexts {
		out = append(out, base[draw(rng, distinct, func(k int) float64 { return 1 / math.Sqrt(float64(k+1)) })])
	}
	for _, s := range base {
		slices.Sort(s)
	}
	return out
}

// draw returns a number below n with the given weights.
func draw(rng *rand.Rand, n int, weight func(int) float64) int {
	total := 0.0
	for i := range n {
		total += weight(i)
	}
	u := total * rng.Float64()
	for i := range n - 1 {
		if u -= weight(i); u < 0 {
			return i
		}
	}
	return n - 1
}

// quality is how good an L is: the largest violation of a constraint, and by how
// much the norm of the nearest feasible matrix exceeds the proved lower bound.
func quality(p *maxmargin.Nuclear, bound float64, l *mat.Dense) (violation, excess float64) {
	violation = p.Violation(l)
	feasible := mat.DenseCopyOf(l)
	p.Project(feasible, l)
	var svd mat.SVD
	if !svd.Factorize(feasible, mat.SVDNone) {
		return violation, math.NaN()
	}
	norm := 0.0
	for _, s := range svd.Values(nil) {
		norm += s
	}
	return violation, norm/bound - 1
}
