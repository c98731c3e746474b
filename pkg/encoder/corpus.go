package encoder

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"unicode"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/text"
)

// The parts of a corpus: seven documents of ten are for training, one for validation and two
// for the test.
const (
	Train      = "train"
	Validation = "validation"
	Test       = "test"
)

// Sentence is one of a corpus, in lower case.
type Sentence struct {
	Document string // as ca01
	Words    []string
}

// Corpus is a set of sentences with the parts that their documents belong to, and the
// vocabulary of those for training.
type Corpus struct {
	Parts map[string][]Sentence // by Train, Validation and Test, in the order of the corpus
	Vocab *Vocabulary
}

// Lengths of the sentences that are kept, and the most frequent words that are.
const (
	shortest, longest = 4, 30
	frequent          = 4000
)

// Brown returns the sentences of 4 to 30 tokens of the Brown corpus, and the vocabulary of
// the 4000 most frequent words of those for training.
func Brown(ctx context.Context) (*Corpus, error) {
	documents, err := data.Brown(ctx)
	if err != nil {
		return nil, err
	}
	return NewCorpus(documents, frequent)
}

// NewCorpus returns the sentences of 4 to 30 tokens of documents, and a vocabulary of so many
// words. Sentences without a word of the vocabulary are left out.
func NewCorpus(documents []data.Document, words int) (*Corpus, error) {
	c := &Corpus{Parts: map[string][]Sentence{}}
	for _, d := range documents {
		part := partOf(d.ID)
		for _, s := range d.Sentences {
			if len(s) < shortest || len(s) > longest {
				continue
			}
			sentence := Sentence{d.ID, make([]string, len(s))}
			for i, t := range s {
				sentence.Words[i] = strings.ToLower(t.Word)
			}
			c.Parts[part] = append(c.Parts[part], sentence)
		}
	}
	for _, part := range []string{Train, Validation, Test} {
		if len(c.Parts[part]) == 0 {
			return nil, fmt.Errorf("encoder: %d documents have no sentence of %d to %d tokens for %s: want more documents", len(documents), shortest, longest, part)
		}
	}
	var err error
	if c.Vocab, err = newVocabulary(c.Parts[Train], words); err != nil {
		return nil, err
	}
	unknown := c.Vocab.Special().Unknown
	for name, sentences := range c.Parts {
		c.Parts[name] = slices.DeleteFunc(sentences, func(s Sentence) bool {
			return !slices.ContainsFunc(c.Vocab.Encode(s.Words), func(z int) bool { return z != unknown })
		})
	}
	return c, nil
}

// partOf returns the part of a document by the hash of its name, whatever the seed.
func partOf(id string) string {
	h := fnv.New32a()
	h.Write([]byte("part of " + id)) // a hash's Write never fails
	switch n := h.Sum32() % 10; {
	case n < 7:
		return Train
	case n < 8:
		return Validation
	}
	return Test
}

// Vocabulary numbers the words of a corpus. A word of digits and signs alone is taken for
// "<num>", and what it does not know for "[UNK]".
type Vocabulary struct{ vocab *text.Vocab }

// The words that only a model knows, first in a vocabulary.
var special = []string{"[PAD]", "[CLS]", "[SEP]", "[MASK]", "[UNK]"}

const number = "<num>"

func newVocabulary(sentences []Sentence, most int) (*Vocabulary, error) {
	texts := make([][]string, len(sentences))
	for i, s := range sentences {
		texts[i] = normal(s.Words)
	}
	words := text.Frequent(texts...)
	v, err := text.NewVocab("[UNK]", append(append([]string(nil), special...), words[:min(most, len(words))]...)...)
	if err != nil {
		return nil, err
	}
	return &Vocabulary{v}, nil
}

// normal returns words as a vocabulary counts them.
func normal(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strings.ToLower(w)
		if strings.ContainsFunc(w, unicode.IsDigit) && !strings.ContainsFunc(w, unicode.IsLetter) {
			out[i] = number
		}
	}
	return out
}

// Encode returns the numbers of words.
func (v *Vocabulary) Encode(words []string) []int { return v.vocab.Encode(normal(words)) }

// Words returns the words by number.
func (v *Vocabulary) Words() []string { return v.vocab.Words }

// Special returns the numbers of the words that only a model knows.
func (v *Vocabulary) Special() Special {
	n := v.vocab.Encode(special)
	return Special{Pad: n[0], Start: n[1], End: n[2], Mask: n[3], Unknown: n[4]}
}
