package attention

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"sort"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/text"
	"github.com/marginalia-ml/marginalia/pkg/train"
)

// Sentence is a text of one of two classes, 0 and 1.
type Sentence = text.Labelled

// Numbers of the tokens that are no words.
const (
	padding = iota
	query   // the first token of every sequence
	unknown // a word that is not in the vocabulary
	firstWord
)

// TextConfig sizes a text classifier.
type TextConfig struct {
	Vocabulary int // words kept, the most frequent of the training sentences
	Length     int // words kept of a sentence, the first ones
	D          int // dimension of an embedding
}

// Text returns the problem of telling the classes of sentences apart. A sequence is a
// query token and the words; embeddings start as N(0, I/D), W and u at zero.
func Text(training, test []Sentence, c TextConfig, rng *rand.Rand) (*Classes, error) {
	if len(training) == 0 || len(test) == 0 || c.Vocabulary < 1 || c.Length < 1 || c.D < 1 {
		return nil, malformed("%d training and %d test sentences, %+v: want at least one of each", len(training), len(test), c)
	}
	vocab, err := vocabulary(training, c.Vocabulary)
	if err != nil {
		return nil, malformed("%v", err)
	}
	rows := len(vocab.Words)
	layout := model.Layout{
		{Name: "E", Shape: []int{rows, c.D}, Init: model.Normal(1 / math.Sqrt(float64(c.D)))},
		{Name: "W", Shape: []int{c.D, c.D}, Init: model.Constant(0)},
		{Name: "u", Shape: []int{c.D, 1}, Init: model.Constant(0)},
	}
	p := &Classes{
		Name: fmt.Sprintf("text %d %d %d", rows, c.Length, c.D), logits: textLogits, together: textsTogether, weight: "W", values: map[int]int{0: rows, 1: 2},
		Params: model.FromFlat(layout, layout.Flat(rng)),
	}
	if p.Train, err = encode(training, vocab, c.Length); err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	if p.Test, err = encode(test, vocab, c.Length); err != nil {
		return nil, fmt.Errorf("test: %w", err)
	}
	return p, nil
}

// vocabulary numbers the most frequent words, ties in alphabetical order, behind those that
// are none. Their names have blanks, as no word of a text has.
func vocabulary(sentences []Sentence, most int) (*text.Vocab, error) {
	var all [][]string
	for _, s := range sentences {
		all = append(all, s.Words)
	}
	words := text.Frequent(all...)
	names := [firstWord]string{padding: "behind the end", query: "the query", unknown: "another word"}
	return text.NewVocab(names[unknown], append(names[:], words[:min(most, len(words))]...)...)
}

// encode returns the numbers of the words, [n, 1 + length], and the classes, [n].
func encode(sentences []Sentence, vocab *text.Vocab, length int) (train.Set, error) {
	width := 1 + length
	ids, classes := make([]int32, len(sentences)*width), make([]int32, len(sentences))
	for i, s := range sentences {
		if s.Class != 0 && s.Class != 1 {
			return nil, malformed("sentence %d has class %d, want 0 or 1", i, s.Class)
		}
		classes[i] = int32(s.Class)
		row := ids[i*width : (i+1)*width]
		row[0] = query
		for t, w := range s.Words[:min(length, len(s.Words))] {
			row[1+t] = int32(vocab.Number(w))
		}
	}
	return train.Set{tensors.FromFlatDataAndDimensions(ids, len(sentences), width), tensors.FromFlatDataAndDimensions(classes, len(sentences))}, nil
}

// ReadTSV reads sentences of two classes, see [text.ReadTSV].
func ReadTSV(r io.Reader) ([]Sentence, [2]string, error) {
	sentences, labels, err := text.ReadTSV(r, 2)
	if err != nil {
		return nil, [2]string{}, fmt.Errorf("%w: %w", ErrData, err)
	}
	return sentences, [2]string(labels), nil
}

// CorpusConfig sizes the language stand-in.
type CorpusConfig struct {
	Neutral   int // different words that say nothing, drawn by Zipf's law
	PerClass  int // different words that tell the class
	Length    int // words of a sentence, one of which tells its class
	Sentences int
}

// Corpus draws sentences of which exactly one word, at a uniform position, tells the
// class.
func Corpus(c CorpusConfig, rng *rand.Rand) ([]Sentence, error) {
	if c.Neutral < 1 || c.PerClass < 1 || c.Length < 1 || c.Sentences < 1 {
		return nil, malformed("corpus %+v: every number must be positive", c)
	}
	sum, total := make([]float64, c.Neutral), 0.0
	for i := range sum {
		total += 1 / float64(i+1)
		sum[i] = total
	}
	sentences := make([]Sentence, c.Sentences)
	for i := range sentences {
		s := Sentence{Class: rng.IntN(2)}
		for range c.Length {
			s.Words = append(s.Words, fmt.Sprintf("w%d", sort.SearchFloat64s(sum, rng.Float64()*total)))
		}
		s.Words[rng.IntN(c.Length)] = fmt.Sprintf("class%d-%d", s.Class, rng.IntN(c.PerClass))
		sentences[i] = s
	}
	return sentences, nil
}
