package encoder

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/train"
)

// Tokenizer makes numbers of words.
type Tokenizer interface {
	Encode(words []string) []int
	Words() []string // by number
	Special() Special
}

// Special are the numbers of words that only a model knows.
type Special struct{ Pad, Start, End, Mask, Unknown int }

// Encoder is a network with its parameters and what makes tokens of texts for it.
type Encoder struct {
	Name      string // tells compiled programs apart
	Net       model.BERT
	Params    model.Params // θ_P, of Net.Params()
	Tokenizer Tokenizer
	Mean      bool // a text is the mean of its tokens, not the first of them
}

// Text is a text, or a pair of texts if B is not nil, in words.
type Text struct{ A, B []string }

// Tokens returns the tokens of a text, [CLS] a [SEP] or [CLS] a [SEP] b [SEP], and their
// segments, 0 for a with its two signs and 1 for what follows.
func (e *Encoder) Tokens(t Text) (tokens, segments []int) {
	s := e.Tokenizer.Special()
	tokens = append([]int{s.Start}, e.Tokenizer.Encode(t.A)...)
	tokens = append(tokens, s.End)
	segments = make([]int, len(tokens))
	if t.B != nil {
		tokens = append(append(tokens, e.Tokenizer.Encode(t.B)...), s.End)
		for len(segments) < len(tokens) {
			segments = append(segments, 1)
		}
	}
	return tokens, segments
}

// columns are texts as the columns of a set: tokens and segments [n, T], lengths [n].
const (
	tokensColumn = iota
	segmentsColumn
	lengthsColumn
	textColumns
)

// Longest returns the tokens of the longest of some texts. A text of no words or of none that
// is known, or one that is longer than the network has positions, is an error that names it.
func (e *Encoder) Longest(texts []Text) (int, error) {
	T := 0
	for i, t := range texts {
		if len(t.A) == 0 || t.B != nil && len(t.B) == 0 {
			return 0, fmt.Errorf("encoder: text %d of %d has no words", i, len(texts))
		}
		tokens, _ := e.Tokens(t)
		if !e.knows(tokens) {
			return 0, fmt.Errorf("encoder: text %d has no word that %s knows: leave it out (it is %.60q)", i, e.Name, slices.Concat(t.A, t.B))
		}
		if len(tokens) > e.Net.Positions {
			return 0, fmt.Errorf("encoder: text %d has %d tokens, %s has %d positions: cut it (it begins %.60q)", i, len(tokens), e.Name, e.Net.Positions, t.A)
		}
		T = max(T, len(tokens))
	}
	return T, nil
}

// knows reports whether one of the tokens is a word.
func (e *Encoder) knows(tokens []int) bool {
	s := e.Tokenizer.Special()
	return slices.ContainsFunc(tokens, func(z int) bool { return z != s.Start && z != s.End && z != s.Unknown && z != s.Pad })
}

// Set returns texts as columns of T tokens: tokens [n, T], filled up with padding, segments
// [n, T] and lengths [n]. A text that does not fit is an error.
func (e *Encoder) Set(texts []Text, T int) (train.Set, error) {
	longest, err := e.Longest(texts)
	switch {
	case err != nil:
		return nil, err
	case len(texts) == 0:
		return nil, fmt.Errorf("encoder: no texts")
	case longest > T:
		return nil, fmt.Errorf("encoder: a text of %d tokens in columns of %d", longest, T)
	}
	n, pad := len(texts), int32(e.Tokenizer.Special().Pad)
	tokens, segments, lengths := make([]int32, n*T), make([]int32, n*T), make([]int32, n)
	for i, t := range texts {
		z, s := e.Tokens(t)
		lengths[i] = int32(len(z))
		for j := range T {
			if j < len(z) {
				tokens[i*T+j], segments[i*T+j] = int32(z[j]), int32(s[j])
			} else {
				tokens[i*T+j] = pad
			}
		}
	}
	return train.Set{
		tensors.FromFlatDataAndDimensions(tokens, n, T),
		tensors.FromFlatDataAndDimensions(segments, n, T),
		tensors.FromFlatDataAndDimensions(lengths, n),
	}, nil
}

// classes says what the columns of texts hold, for train.Task.Classes.
func (e *Encoder) classes(T int) map[int]int {
	return map[int]int{tokensColumn: e.Net.Words, segmentsColumn: e.Net.Segments, lengthsColumn: T + 1}
}

// part returns the parameters of a layout from among others.
func part(p model.Params, l model.Layout) (model.Params, error) {
	q, err := p.Select(l.Names()...)
	if err != nil {
		return q, err
	}
	return q.Arrange(l)
}
