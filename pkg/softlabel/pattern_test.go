package softlabel

import (
	"errors"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

func TestPatternErrors(t *testing.T) {
	for name, err := range map[string]error{
		"empty support":     second(NewPattern(4, [][]int{{0}, {}})),
		"full support":      second(NewPattern(3, [][]int{{0, 1, 2}})),
		"unknown token":     second(NewPattern(3, [][]int{{0, 3}})),
		"negative token":    second(NewPattern(3, [][]int{{-1}})),
		"token twice":       second(NewPattern(3, [][]int{{1, 1}})),
		"no contexts":       second(NewPattern(3, nil)),
		"one token":         second(NewPattern(1, [][]int{{0}})),
		"subsets of all":    second(AllSubsets(4, 4)),
		"subsets of none":   second(AllSubsets(4, 0)),
		"blocks and copies": second(Blocks([]int{2}, []int{1, 1})),
		"one block":         second(Blocks([]int{3}, []int{2})),
		"random, k = V":     second(RandomPattern(4, 2, 4, newRand(1))),
		"zero count":        second(must(NewPattern(3, [][]int{{0, 1}}))(t).Count([][]int{{2, 0}})),
		"missing counts":    second(Fano().Count([][]int{{1, 1, 1}})),
		"short counts":      second(must(NewPattern(3, [][]int{{0, 1}}))(t).Count([][]int{{2}})),
		"counts to zero":    second(Fano().Uniform(0, newRand(1))),
		"unseen context":    second(Counted(3, 2, []Pair{{0, 1}})),
		"pair out of range": second(Counted(3, 1, []Pair{{0, 3}})),
	} {
		if !errors.Is(err, ErrLabels) {
			t.Errorf("%s: error %v, want one that wraps ErrLabels", name, err)
		}
	}
	for name, c := range map[string]Shared{
		"most is V": {V: 5, Supports: 2, Contexts: 3, Least: 1, Most: 5}, "no supports": {V: 5, Contexts: 3, Least: 1, Most: 2},
		"few contexts": {V: 5, Supports: 4, Contexts: 3, Least: 1, Most: 2},
	} {
		if _, err := c.Pattern(newRand(1)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The proxy satisfies the constraints with margins of one; P_F is a projection whose
// range is orthogonal to it.
func TestProxyAndProjection(t *testing.T) {
	rng := newRand(901)
	for name, p := range shapes(t) {
		least, spread := p.Margins(p.Proxy())
		near(t, name+": least margin of the proxy", least, 1, identityTol)
		near(t, name+": spread of the proxy", spread, 0, identityTol)
		V, m := p.Dims()
		X, Y := matrix.Gaussian(V, m, rng), matrix.Gaussian(V, m, rng)
		nearMatrix(t, name+": P_F P_F", p.Project(p.Project(X)), p.Project(X), identityTol)
		near(t, name+": symmetry of P_F", matrix.Inner(p.Project(X), Y), matrix.Inner(X, p.Project(Y)), 10*identityTol)
		near(t, name+": <P_F X, S̃>", matrix.Inner(p.Project(X), p.Proxy()), 0, 10*identityTol)
		L := p.Feasible(rng)
		if least, spread := p.Margins(L); !(least >= 1-identityTol && spread <= identityTol) {
			t.Errorf("%s: a feasible matrix has margin %g and spread %g", name, least, spread)
		}
		bad := matrix.Add(L, 1, p.SupportMatrix())
		bad.Set(p.S[0][0], 0, bad.At(p.S[0][0], 0)-3)
		if least, _ := p.Margins(bad); least >= 1 {
			t.Errorf("%s: a logit lowered by 3 leaves the margin at %g", name, least)
		}
	}
}

func TestMerge(t *testing.T) {
	for name, p := range shapes(t) {
		m := p.Merge()
		total := 0
		for k, n := range m.Counts {
			total += n
			for l := range k {
				if slices.Equal(m.S[k], m.S[l]) {
					t.Errorf("%s: supports %d and %d are equal", name, k, l)
				}
			}
		}
		if total != len(p.S) {
			t.Errorf("%s: %d contexts in the counts, want %d", name, total, len(p.S))
		}
		nearMatrix(t, name+": expanded proxy", m.Expand(m.Proxy()), p.Proxy(), 0)
		nearMatrix(t, name+": average of the proxy", m.Average(p.Proxy()), p.Proxy(), identityTol)
	}
	if got, want := Recorded().Twins(), [][2]int{{0, 1}, {6, 12}}; !slices.Equal(got, want) {
		t.Errorf("twins %v, want %v", got, want)
	}
}

// Every two points of the Fano plane share one line, every two lines one point.
func TestFano(t *testing.T) {
	S := Fano().SupportMatrix()
	var tokens, contexts mat.Dense
	tokens.Mul(S, S.T())
	contexts.Mul(S.T(), S)
	for _, A := range []*mat.Dense{&tokens, &contexts} {
		A.Apply(func(i, j int, x float64) float64 {
			want := 1.0
			if i == j {
				want = 3
			}
			return x - want
		}, A)
		near(t, "inner products of the Fano plane", matrix.MaxAbs(A), 0, 0)
	}
}

func TestShared(t *testing.T) {
	draw := func() *Pattern { return must(Simplified.Pattern(newRand(902)))(t) }
	p := draw()
	if V, m := p.Dims(); V != 104 || m != 403 || len(p.Merge().S) != 34 {
		t.Errorf("V = %d, m = %d, %d supports; want 104, 403, 34", V, m, len(p.Merge().S))
	}
	for z := range p.V {
		if mat.Sum(p.SupportMatrix().RowView(z)) == 0 {
			t.Errorf("token %d follows no context", z)
		}
	}
	nearMatrix(t, "second draw", p.SupportMatrix(), draw().SupportMatrix(), 0)
}

func TestSentences(t *testing.T) {
	s := must(Data{Kind: "recorded", Counts: 2, Seed: 1}.Labels())(t)
	words, rows := s.Tokens()
	if len(s.Words) != s.V || len(rows) != len(s.S) {
		t.Fatalf("%d words for %d tokens, %d rows for %d contexts", len(s.Words), s.V, len(rows), len(s.S))
	}
	seen := map[string]bool{}
	for j, row := range rows {
		sorted := slices.Sorted(slices.Values(row))
		if key := contextKey(sorted); len(row) != 5 || seen[key] {
			t.Errorf("context %d, %q: want five words that no other context has", j, s.Contexts[j])
		} else {
			seen[key] = true
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(words)))) != len(words) {
		t.Error("a word has two numbers")
	}
	shared := must(Data{Kind: "shared", Shared: Simplified, Counts: 4, Seed: 1}.Labels())(t)
	if words, rows := shared.Tokens(); len(words) > 130 || len(rows) != 403 {
		t.Errorf("%d words in %d phrases, want at most 130 in 403", len(words), len(rows))
	}
	if _, err := (Data{Kind: "other"}).Labels(); err == nil {
		t.Error("no error for an unknown kind")
	}
}
