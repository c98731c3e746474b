package study

import (
	"fmt"

	"github.com/marginalia-ml/marginalia/pkg/capacity"
)

// GPT2 are the four published sizes of GPT-2 as one layer of (4) each: vocabulary, context length,
// embedding and heads of 64 dimensions, four neurons an embedding dimension.
func GPT2() (names []string, sizes []capacity.Config) {
	names = []string{"small", "medium", "large", "XL"}
	for i, d := range []int{768, 1024, 1280, 1600} {
		heads := []int{12, 16, 20, 25}[i]
		sizes = append(sizes, capacity.Config{Zeta: 50257, T: 1024, D: d, M: 4 * d, D1: 64, D0: 64, Heads: heads})
	}
	return names, sizes
}

// TightnessRow is one of the table of equation (5).
func TightnessRow(name string, c capacity.Config) []string {
	ratio, terms := c.Tightness()
	return []string{name, fmt.Sprint(c.D), fmt.Sprint(c.M), fmt.Sprint(c.Params()),
		fmt.Sprintf("%.0f", capacity.Upper(c.Params(), c.Zeta)), fmt.Sprintf("%.3f", ratio),
		fmt.Sprintf("%.4f", terms[1]), fmt.Sprintf("%.4f", terms[2]), fmt.Sprintf("%.4f", terms[3]),
		fmt.Sprintf("%.0f %%", 100*c.HiddenShare())}
}

// Vocabularies returns the ratio of (5) and one over the hidden layer's share for a layer of
// these sizes, 64 neurons an embedding dimension, and vocabularies that double.
func Vocabularies(c capacity.Config) (zetas []int, ratios, inverse []float64) {
	c.M = 64 * c.D
	for c.Zeta = 2; c.Zeta < 1<<18; c.Zeta *= 2 {
		ratio, _ := c.Tightness()
		zetas, ratios, inverse = append(zetas, c.Zeta), append(ratios, ratio), append(inverse, 1/c.HiddenShare())
	}
	return zetas, ratios, inverse
}
