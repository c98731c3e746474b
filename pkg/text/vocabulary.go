// Package text turns texts into numbered tokens: vocabularies, and the sequences of equal
// length that next-token prediction is trained on.
package text

import (
	"fmt"
	"slices"
	"strings"
)

// Unknown is the word that Vocabulary puts for every word it leaves out.
const Unknown = "…"

// Vocabulary returns the size-1 most frequent words (ties in the order of the alphabet)
// and Unknown, and the text in tokens of them. If the text has at most size words, all
// are kept.
func Vocabulary(text []string, size int) (words []string, tokens []int, err error) {
	if size < 2 || len(text) == 0 {
		return nil, nil, fmt.Errorf("text: vocabulary of %d words for a text of %d: want at least 2 and 1", size, len(text))
	}
	counts := map[string]int{}
	for _, w := range text {
		counts[w]++
	}
	for w := range counts {
		words = append(words, w)
	}
	slices.SortFunc(words, func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	if len(words) > size {
		words = append(words[:size-1], Unknown)
	}
	index := map[string]int{}
	for i, w := range words {
		index[w] = i
	}
	tokens = make([]int, len(text))
	for i, w := range text {
		z, kept := index[w]
		if !kept {
			z = len(words) - 1
		}
		tokens[i] = z
	}
	return words, tokens, nil
}

// Windows returns every stretch of T tokens, those that run over the end continued at
// the beginning: as many sequences as tokens, all of length T. Closed to a circle the text
// is exactly stationary, every stretch of t tokens as frequent at one place of the
// windows as at another, which Shannon's H_t ≥ H_{t+1} needs.
func Windows(tokens []int, T int) ([][]int, error) {
	if T < 1 || len(tokens) < T {
		return nil, fmt.Errorf("text: windows of %d tokens in a text of %d: want 1 ≤ T ≤ length", T, len(tokens))
	}
	circle := append(slices.Clone(tokens), tokens[:T-1]...)
	windows := make([][]int, len(tokens))
	for i := range windows {
		windows[i] = circle[i : i+T]
	}
	return windows, nil
}
