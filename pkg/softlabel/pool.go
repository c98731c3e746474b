package softlabel

import (
	"fmt"
	"math"
	"sort"
)

// Pooled is the training set of the autoregressive loss (Appendix C of arXiv 2402.18551): the prefixes of all
// lengths of a set of sequences, each with the frequencies of the tokens that follow it,
// in one list of contexts. Shorter contexts come first, then the order of first occurrence.
type Pooled struct {
	V        int
	Contexts [][]int       // the distinct contexts
	Counts   []map[int]int // Counts[j][z] sequences continue context j with token z
	byLength map[int][]int // positions in Contexts
}

// Pool collects the proper prefixes with at least shortest tokens: 1 for that loss, 0 to predict the first token too.
func Pool(sequences [][]int, V, shortest int) (*Pooled, error) {
	p := &Pooled{V: V, byLength: map[int][]int{}}
	if shortest < 0 {
		return nil, fmt.Errorf("softlabel: shortest context has %d tokens, want 0 or more", shortest)
	}
	longest := 0
	for _, s := range sequences {
		longest = max(longest, len(s))
		for _, z := range s {
			if z < 0 || z >= V {
				return nil, fmt.Errorf("softlabel: token %d in a sequence, the vocabulary is 0..%d", z, V-1)
			}
		}
	}
	for t := shortest; t < longest; t++ {
		p.addLength(sequences, t)
	}
	if len(p.Contexts) == 0 {
		return nil, fmt.Errorf("softlabel: no sequence of %d is longer than %d tokens: there is nothing to predict", len(sequences), shortest)
	}
	return p, nil
}

func (p *Pooled) addLength(sequences [][]int, t int) {
	index := map[string]int{}
	for _, s := range sequences {
		if len(s) <= t {
			continue
		}
		key := contextKey(s[:t])
		j, seen := index[key]
		if !seen {
			j = len(p.Contexts)
			index[key] = j
			p.Contexts = append(p.Contexts, s[:t])
			p.Counts = append(p.Counts, map[int]int{})
			p.byLength[t] = append(p.byLength[t], j)
		}
		p.Counts[j][s[t]]++
	}
}

// contextKey encodes tokens as a map's key.
func contextKey(tokens []int) string {
	key := make([]byte, 0, 4*len(tokens))
	for _, z := range tokens {
		key = append(key, byte(z), byte(z>>8), byte(z>>16), byte(z>>24))
	}
	return string(key)
}

// Lengths returns the lengths of the contexts, ascending.
func (p *Pooled) Lengths() []int {
	var lengths []int
	for t := range p.byLength {
		lengths = append(lengths, t)
	}
	sort.Ints(lengths)
	return lengths
}

// Distinct returns m_t, the number of distinct contexts of length t. For sequences of
// equal length m_t ≤ m_{t+1}, as every context of length t is the beginning of one of
// length t+1 (derived here; the paper prints the reverse).
func (p *Pooled) Distinct(t int) int { return len(p.byLength[t]) }

// Entropy returns H_t, the entropy in nats of the token after contexts of length t. The
// entropy of all labels is the mean of H_t, weighted by the number of
// sequences longer than t.
func (p *Pooled) Entropy(t int) float64 {
	total, sum := 0, 0.0
	for _, j := range p.byLength[t] {
		n := 0
		for _, c := range p.Counts[j] {
			n += c
		}
		for _, z := range sortedKeys(p.Counts[j]) { // in one order, for the same bits
			c := float64(p.Counts[j][z])
			sum -= c * math.Log(c/float64(n))
		}
		total += n
	}
	return sum / float64(total)
}

func sortedKeys(counts map[int]int) []int {
	keys := make([]int, 0, len(counts))
	for z := range counts {
		keys = append(keys, z)
	}
	sort.Ints(keys)
	return keys
}
