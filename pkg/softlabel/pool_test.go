package softlabel

import (
	"slices"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/testkit"
	"github.com/marginalia-ml/marginalia/pkg/text"
)

// C13: pooled contexts are soft labels whose entropy is the mean of the H_t, and a
// stationary text has H_t ≥ H_{t+1} and m_t ≤ m_{t+1}.
func TestPool(t *testing.T) {
	const T = 5
	windows := must(text.Windows(testkit.Chain(80), T))(t)
	p := must(Pool(windows, 6, 1))(t)
	if !slices.Equal(p.Lengths(), []int{1, 2, 3, 4}) {
		t.Fatalf("lengths %v", p.Lengths())
	}
	mean := 0.0
	for _, length := range p.Lengths() {
		mean += p.Entropy(length) / (T - 1)
		if length > 1 && !(p.Entropy(length) <= p.Entropy(length-1)+identityTol) {
			t.Errorf("H_%d = %v above H_%d = %v", length, p.Entropy(length), length-1, p.Entropy(length-1))
		}
		if p.Distinct(length) < p.Distinct(length-1) {
			t.Errorf("m_%d = %d is below m_%d", length, p.Distinct(length), length-1)
		}
	}
	s := must(New(p.Frequencies()))(t)
	near(t, "entropy", s.Entropy(), mean, identityTol)
	names := p.Names(strings.Fields("a b c d e f"))
	if last := names[len(names)-1]; len(strings.Fields(last)) != 4 {
		t.Errorf("last context is %q, want four words", last)
	}
}

// Sequences that are not stationary break H_t ≥ H_{t+1}: after the first token the second
// is certain, after two the third is not.
func TestEntropyOfUnstationarySequences(t *testing.T) {
	p := must(Pool([][]int{{0, 1, 0}, {0, 1, 1}}, 2, 1))(t)
	near(t, "H_1", p.Entropy(1), 0, 0)
	near(t, "H_2", p.Entropy(2), 0.6931471805599453, identityTol)
	// With documents of unequal length and the empty context counted too.
	p = must(Pool([][]int{{0}, {0, 1}, {1, 1, 0}}, 2, 0))(t)
	if len(p.Contexts) != 4 || p.Distinct(0) != 1 || p.Distinct(1) != 2 || p.Distinct(2) != 1 || p.Counts[0][0] != 2 {
		t.Errorf("contexts %v, counts %v", p.Contexts, p.Counts)
	}
}

func TestPoolRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		sequences   [][]int
		V, shortest int
	}{
		"token outside": {[][]int{{0, 2}}, 2, 1},
		"too short":     {[][]int{{0}, {1}}, 2, 1},
		"nothing":       {nil, 2, 0},
		"negative":      {[][]int{{0, 1}}, 2, -1},
	} {
		if _, err := Pool(c.sequences, c.V, c.shortest); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
