package attention

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/train"
)

// Sentence is a text of one of two classes, 0 and 1.
type Sentence struct {
	Words []string
	Class int
}

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
	number := vocabulary(training, c.Vocabulary)
	rows := firstWord + len(number)
	layout := model.Layout{
		{Name: "E", Shape: []int{rows, c.D}, Init: model.Normal(1 / math.Sqrt(float64(c.D)))},
		{Name: "W", Shape: []int{c.D, c.D}, Init: model.Constant(0)},
		{Name: "u", Shape: []int{c.D, 1}, Init: model.Constant(0)},
	}
	p := &Classes{
		Name: fmt.Sprintf("text %d %d %d", rows, c.Length, c.D), logits: textLogits, weight: "W",
		Params: model.FromFlat(layout, layout.Flat(rng)),
	}
	var err error
	if p.Train, err = encode(training, number, c.Length); err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	if p.Test, err = encode(test, number, c.Length); err != nil {
		return nil, fmt.Errorf("test: %w", err)
	}
	return p, nil
}

// vocabulary numbers the most frequent words, ties in alphabetical order.
func vocabulary(sentences []Sentence, most int) map[string]int32 {
	count := map[string]int{}
	for _, s := range sentences {
		for _, w := range s.Words {
			count[w]++
		}
	}
	var words []string
	for w := range count {
		words = append(words, w)
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	number := map[string]int32{}
	for i, w := range words[:min(most, len(words))] {
		number[w] = int32(firstWord + i)
	}
	return number
}

// encode returns the numbers of the words, [n, 1 + length], and the classes, [n].
func encode(sentences []Sentence, number map[string]int32, length int) (train.Set, error) {
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
			id, known := number[w]
			if !known {
				id = unknown
			}
			row[1+t] = id
		}
	}
	return train.Set{tensors.FromFlatDataAndDimensions(ids, len(sentences), width), tensors.FromFlatDataAndDimensions(classes, len(sentences))}, nil
}

// ReadTSV reads sentences, a line each: the text, a tab, the label. Words are what
// blanks separate, in lower case. There must be exactly two different labels; class 0
// is the one that comes first in the alphabet. Empty lines are skipped.
func ReadTSV(r io.Reader) (sentences []Sentence, labels [2]string, err error) {
	const longest = 1 << 20 // bytes of a line
	var given, seen []string
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longest)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), "\r")
		if strings.TrimSpace(line) == "" {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != 2 || strings.TrimSpace(fields[0]) == "" || strings.TrimSpace(fields[1]) == "" {
			return nil, labels, malformed("line %d has %d fields, want a text, one tab and a label: %.60q", n, len(fields), line)
		}
		label := strings.TrimSpace(fields[1])
		given = append(given, label)
		if !slices.Contains(seen, label) {
			if seen = append(seen, label); len(seen) > len(labels) {
				return nil, labels, malformed("line %d has a third label %q beside %q and %q: keep two", n, label, seen[0], seen[1])
			}
		}
		sentences = append(sentences, Sentence{Words: strings.Fields(strings.ToLower(fields[0]))})
	}
	if err := lines.Err(); err != nil {
		return nil, labels, fmt.Errorf("attention: reading sentences: %w", err)
	}
	if len(seen) != len(labels) {
		return nil, labels, malformed("%d sentences with labels %q, want two different labels", len(sentences), seen)
	}
	slices.Sort(seen)
	copy(labels[:], seen)
	for i, label := range given {
		sentences[i].Class = slices.Index(seen, label)
	}
	return sentences, labels, nil
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
