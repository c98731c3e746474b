package capacity

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// ErrInput is what every error about data or sizes that a caller can get wrong wraps.
var ErrInput = errors.New("capacity: bad input")

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInput, fmt.Sprintf(format, args...))
}

// Corpus is a list of documents over the tokens 0..Zeta-1 with its distinct contexts:
// shorter ones first, then in the order of first occurrence. Counts[j][z] documents
// continue context j with token z.
type Corpus struct {
	Zeta      int
	Words     []string // names of the tokens, or nil
	Documents [][]int
	Contexts  [][]int
	Counts    []map[int]int
}

// NewCorpus counts the contexts of documents of one length that have at least shortest
// tokens: 0 for the paper's definition, which counts the empty context, 1 for its
// experiment, which does not predict the first token.
func NewCorpus(documents [][]int, zeta, shortest int) (*Corpus, error) {
	for i, d := range documents {
		if len(d) != len(documents[0]) {
			return nil, bad("document %d has %d tokens and document 0 has %d: documents of one length are expected; cut them to the shortest", i, len(d), len(documents[0]))
		}
	}
	return count(documents, zeta, shortest)
}

func count(documents [][]int, zeta, shortest int) (*Corpus, error) {
	if zeta < 2 {
		return nil, bad("a vocabulary of %d tokens: want at least 2, with fewer there is nothing to predict", zeta)
	}
	if len(documents) == 0 {
		return nil, bad("no documents: want at least one")
	}
	p, err := softlabel.Pool(documents, zeta, shortest)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	return &Corpus{Zeta: zeta, Documents: documents, Contexts: p.Contexts, Counts: p.Counts}, nil
}

func total(counts map[int]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// Total returns c(α_j), the number of documents that continue context j.
func (c *Corpus) Total(j int) int { return total(c.Counts[j]) }

// Empirical returns p̂(·|α_j).
func (c *Corpus) Empirical(j int) []float64 {
	p := make([]float64, c.Zeta)
	n := float64(c.Total(j))
	for z, k := range c.Counts[j] {
		p[z] = float64(k) / n
	}
	return p
}

// Entropy returns the entropy bound H = -Σ_α Σ_γ c(α,γ) log p̂(γ|α), a sum in nats.
func (c *Corpus) Entropy() float64 {
	sum := 0.0
	for j := range c.Contexts {
		n := float64(c.Total(j))
		for _, z := range tokens(c.Counts[j]) {
			k := float64(c.Counts[j][z])
			sum -= k * math.Log(k/n)
		}
	}
	return sum
}

// Loss returns L(q) of the model with the given log-probabilities of context j, document
// by document and position by position.
func (c *Corpus) Loss(logProb func(j int) []float64) float64 {
	at := map[string]int{}
	for j, context := range c.Contexts {
		at[key(context)] = j
	}
	sum := 0.0
	for _, d := range c.Documents {
		for t := len(c.Contexts[0]); t < len(d); t++ {
			sum -= logProb(at[key(d[:t])])[d[t]]
		}
	}
	return sum
}

// Excess returns L(q) - H = Σ_α c(α) KL(p̂(·|α) ‖ softmax(logits(α))), summed as terms that
// are never negative, so that it keeps its relative accuracy near zero.
func (c *Corpus) Excess(logits func(j int) []float64) float64 {
	sum := 0.0
	for j := range c.Contexts {
		sum += float64(c.Total(j)) * softlabel.KL(c.Empirical(j), logits(j))
	}
	return sum
}

// tokens returns the keys of counts, ascending.
func tokens(counts map[int]int) []int {
	keys := make([]int, 0, len(counts))
	for z := range counts {
		keys = append(keys, z)
	}
	slices.Sort(keys)
	return keys
}

// key encodes tokens as a map's key.
func key(tokens []int) string {
	b := make([]byte, 0, 4*len(tokens))
	for _, z := range tokens {
		b = append(b, byte(z), byte(z>>8), byte(z>>16), byte(z>>24))
	}
	return string(b)
}

// LogSoftmax returns the logarithm of the softmax of l.
func LogSoftmax(l []float64) []float64 {
	top := slices.Max(l)
	sum := 0.0
	for _, x := range l {
		sum += math.Exp(x - top)
	}
	log := make([]float64, len(l))
	for i, x := range l {
		log[i] = x - top - math.Log(sum)
	}
	return log
}

// Softmax returns the softmax of l.
func Softmax(l []float64) []float64 {
	p := LogSoftmax(l)
	for i := range p {
		p[i] = math.Exp(p[i])
	}
	return p
}
