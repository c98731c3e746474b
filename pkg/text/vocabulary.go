package text

import (
	"cmp"
	"fmt"
	"slices"
)

// Unknown is the word that Vocabulary puts for every word it leaves out.
const Unknown = "…"

// Frequent returns the different words of texts, the most frequent first, ties in the order
// of the alphabet.
func Frequent(texts ...[]string) []string {
	counts := map[string]int{}
	for _, text := range texts {
		for _, w := range text {
			counts[w]++
		}
	}
	words := make([]string, 0, len(counts))
	for w := range counts {
		words = append(words, w)
	}
	slices.SortFunc(words, func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	return words
}

// Vocabulary returns the size-1 most frequent words (ties in the order of the alphabet)
// and Unknown, and the text in tokens of them. If the text has at most size words, all
// are kept.
func Vocabulary(text []string, size int) (words []string, tokens []int, err error) {
	if size < 2 || len(text) == 0 {
		return nil, nil, fmt.Errorf("text: vocabulary of %d words for a text of %d: want at least 2 and 1", size, len(text))
	}
	words, unknown := Frequent(text), ""
	if len(words) > size {
		words = slices.DeleteFunc(words, func(w string) bool { return w == Unknown })
		words, unknown = append(words[:size-1], Unknown), Unknown
	}
	v, err := NewVocab(unknown, words...)
	if err != nil {
		return nil, nil, err
	}
	return words, v.Encode(text), nil
}

// Vocab numbers words.
type Vocab struct {
	Words   []string // by number
	number  map[string]int
	unknown int
}

// NewVocab numbers words in their order. What is none of them gets the number of unknown,
// which is one of them or "" for none. Words that only a model knows, as for padding or a
// mask, are best put first. The error names a word that is there twice.
func NewVocab(unknown string, words ...string) (*Vocab, error) {
	v := &Vocab{Words: words, number: make(map[string]int, len(words)), unknown: -1}
	for i, w := range words {
		if first, twice := v.number[w]; twice {
			return nil, fmt.Errorf("text: words %d and %d of a vocabulary are both %q", first, i, w)
		}
		v.number[w] = i
	}
	if unknown != "" {
		i, known := v.number[unknown]
		if !known {
			return nil, fmt.Errorf("text: the word %q for unknown ones is none of a vocabulary of %d", unknown, len(words))
		}
		v.unknown = i
	}
	return v, nil
}

// Number returns the number of a word, or that for unknown ones, or -1.
func (v *Vocab) Number(word string) int {
	if i, known := v.number[word]; known {
		return i
	}
	return v.unknown
}

// Encode returns the numbers of words.
func (v *Vocab) Encode(words []string) []int {
	tokens := make([]int, len(words))
	for i, w := range words {
		tokens[i] = v.Number(w)
	}
	return tokens
}

// Decode returns the words of numbers. It panics for a number of none.
func (v *Vocab) Decode(tokens []int) []string {
	words := make([]string, len(tokens))
	for i, z := range tokens {
		words[i] = v.Words[z]
	}
	return words
}
