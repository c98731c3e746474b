package softlabel

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// The flat Dirichlet distribution has E p_i = 1/s and E p_i² = 2/(s(s+1)).
func TestDirichletMoments(t *testing.T) {
	const s, draws = 4, 20000
	rng := newRand(31)
	var mean, square float64
	for range draws {
		for _, p := range Dirichlet(s, rng) {
			mean, square = mean+p/(s*draws), square+p*p/(s*draws)
		}
	}
	near(t, "mean", mean, 1./s, 1e-12)
	// Four standard errors: Var p² is below E p⁴ = 24/(4·5·6·7) = 1/35.
	near(t, "mean square", square, 2./(s*(s+1)), 4*math.Sqrt(1./35/(s*draws)))
}

// Disjoint and Twins by their definitions, on random patterns.
func TestPairsOfSupports(t *testing.T) {
	rng := newRand(32)
	for range 20 {
		p := must(RandomPattern(6, 8, 1+rng.IntN(3), rng))(t)
		var disjoint, twins [][2]int
		for i := range p.S {
			for j := i + 1; j < len(p.S); j++ {
				if !slices.ContainsFunc(p.S[i], func(z int) bool { return slices.Contains(p.S[j], z) }) {
					disjoint = append(disjoint, [2]int{i, j})
				}
				if slices.Equal(p.S[i], p.S[j]) {
					twins = append(twins, [2]int{i, j})
				}
			}
		}
		order := func(a, b [2]int) int { return slices.Compare(a[:], b[:]) }
		if got := p.Disjoint(); !slices.Equal(slices.SortedFunc(slices.Values(got), order), disjoint) {
			t.Errorf("disjoint contexts of %v: %v, want %v", p.S, got, disjoint)
		}
		if got := p.Twins(); !slices.Equal(got, twins) {
			t.Errorf("contexts of equal support of %v: %v, want %v", p.S, got, twins)
		}
	}
}

// The least margin and the largest spread are those of the worst context, wherever it stands.
func TestMarginsOfTheWorst(t *testing.T) {
	p := must(NewPattern(4, [][]int{{0, 1}, {2, 3}, {0, 2}}))(t)
	for worst := range 3 {
		L := mat.NewDense(4, 3, nil)
		for j := range 3 {
			for z := range 4 {
				if p.Follows(z, j) {
					L.Set(z, j, 5)
				}
			}
		}
		first, second := p.S[worst][0], p.S[worst][1]
		L.Set(first, worst, 2)
		L.Set(second, worst, 3)
		least, spread := p.Margins(L)
		near(t, "least margin", least, 2, 0)
		near(t, "spread", spread, 1, 0)
	}
}

// A context that occurs more often comes first, though fewer tokens follow it; every context
// is in one class of sizes.
func TestFrequentByOccurrence(t *testing.T) {
	var sequences [][]int
	for i := range 10 {
		sequences = append(sequences, []int{0, i % 2})
	}
	for z := range 3 {
		sequences = append(sequences, []int{1, 2 + z})
	}
	p := must(Pool(sequences, 6, 1))(t)
	s := must(p.Frequent(2, []string{"a", "b", "c", "d", "e", "f"}))(t)
	if !slices.Equal(s.Contexts, []string{"a", "b"}) {
		t.Errorf("the most frequent contexts are %v, want a and b", s.Contexts)
	}
	if sizes := p.Sizes(3); !slices.Equal(sizes, []int{0, 1, 1}) {
		t.Errorf("supports of 1, 2 and at least 3 tokens: %v, want 0, 1 and 1", sizes)
	}
	if sizes := p.Sizes(2); !slices.Equal(sizes, []int{0, 2}) {
		t.Errorf("supports of 1 and at least 2 tokens: %v, want 0 and 2", sizes)
	}
}

// Data of equal seeds are equal, of other seeds or streams others: supports and labels.
func TestDataSeeds(t *testing.T) {
	draw := func(seed uint64, stream string) *Labels {
		return must(Data{Kind: "random", V: 9, M: 12, K: 3, Counts: 9, Seed: seed, Stream: stream}.Labels())(t)
	}
	first := draw(1, "a")
	nearMatrix(t, "labels of one seed", draw(1, "a").P, first.P, 0)
	for _, other := range []*Labels{draw(2, "a"), draw(1, "b")} {
		if mat.Equal(other.P, first.P) || slices.EqualFunc(other.S, first.S, slices.Equal) {
			t.Error("another seed or stream has the same supports or labels")
		}
	}
	counts := func(seed uint64) *Labels {
		return must(Data{Kind: "recorded", Counts: 9, Seed: seed}.Labels())(t)
	}
	if mat.Equal(counts(1).P, counts(2).P) {
		t.Error("another seed has the same counts")
	}
}
