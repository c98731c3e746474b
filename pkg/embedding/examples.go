package embedding

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

// Examples are triples for training and validation as fine-tunings of one embedder take them.
type Examples struct {
	Train Embedded // the training triples under f₀
	Mean  float64  // of their distances: what ρ is measured in

	sets   map[string]train.Set
	tokens int // of the longest text
}

// Examples reads the triples for [encoder.Train] and [encoder.Validation] under f₀.
func (e *Embedder) Examples(b *xla.Backend, sets map[string][]Triple) (*Examples, error) {
	x := &Examples{sets: map[string]train.Set{}}
	for _, part := range []string{encoder.Train, encoder.Validation} {
		if len(sets[part]) == 0 {
			return nil, fmt.Errorf("embedding: no triples for %q: want some for %q and %q", part, encoder.Train, encoder.Validation)
		}
		if _, err := groupsOf(sets[part]); err != nil {
			return nil, fmt.Errorf("for %q: %w", part, err)
		}
	}
	fitted := len(sets[encoder.Train])
	all := slices.Concat(sets[encoder.Train], sets[encoder.Validation])
	reader, err := e.TripleReader(b, all)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	before, err := reader.Read(e.Params)
	if err != nil {
		return nil, err
	}
	if x.tokens, err = e.Longest(asTexts(TripleTexts(all))); err != nil {
		return nil, err
	}
	x.Train.Neutral = before.Neutral[:fitted]
	for _, g := range before.Groups {
		x.Train.Groups = append(x.Train.Groups, g[:fitted])
	}
	x.Mean = MeanDistance(x.Train)
	if x.sets[encoder.Train], err = e.Columns(all[:fitted], x.tokens, before.Neutral[:fitted]); err != nil {
		return nil, err
	}
	x.sets[encoder.Validation], err = e.Columns(all[fitted:], x.tokens, before.Neutral[fitted:])
	return x, err
}

// Columns returns triples as the columns of a set whose texts are filled up to T tokens, as
// [Embedder.Terms] takes them: tokens [n, K+1, T], lengths [n, K+1] and f₀(x^n) [n, d].
func (e *Embedder) Columns(triples []Triple, T int, frozen [][]float64) (train.Set, error) {
	K, err := groupsOf(triples)
	if err != nil {
		return nil, err
	}
	n, m := len(triples), K+1
	if len(frozen) != n {
		return nil, fmt.Errorf("embedding: %d frozen vectors of %d triples", len(frozen), n)
	}
	var texts []encoder.Text
	for _, t := range triples {
		texts = append(texts, asTexts(t.Texts())...)
	}
	flat, err := e.Set(texts, T)
	if err != nil {
		return nil, err
	}
	tokens, err := tensors.CopyFlatData[int32](flat[0])
	if err != nil {
		return nil, err
	}
	lengths, err := tensors.CopyFlatData[int32](flat[2])
	if err != nil {
		return nil, err
	}
	var numbers []float32
	for _, v := range frozen {
		for _, x := range v {
			numbers = append(numbers, float32(x))
		}
	}
	return train.Set{
		tensors.FromFlatDataAndDimensions(tokens, n, m, T),
		tensors.FromFlatDataAndDimensions(lengths, n, m),
		tensors.FromFlatDataAndDimensions(numbers, n, e.Net.Dim),
	}, nil
}

func asTexts(words [][]string) []encoder.Text {
	texts := make([]encoder.Text, len(words))
	for i, w := range words {
		texts[i].A = w
	}
	return texts
}

// MeanDistance is the mean of all d_i of embedded triples, by which ρ is chosen: the slope of
// the kernel is largest at d = ρ.
func MeanDistance(t Embedded) float64 {
	sum, n := 0.0, 0
	for _, d := range t.Distances() {
		for _, x := range d {
			sum += x
			n++
		}
	}
	return sum / float64(n)
}

// Distances returns the d_i of each content, [n][K].
func (t Embedded) Distances() [][]float64 {
	all := make([][]float64, len(t.Neutral))
	for c, n := range t.Neutral {
		for _, g := range t.Groups {
			all[c] = append(all[c], math.Sqrt(SquaredDistance(g[c], n)))
		}
	}
	return all
}
