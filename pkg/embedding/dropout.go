package embedding

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/model"
)

// Dropout returns parameters with one draw of dropout on the word embeddings (Gal and Ghahramani
// 2016): each entry is zero with the probability rate, and else divided by 1 − rate. It shows why
// the fine-tuning has none: already f₀ is then far from itself.
func Dropout(p model.Params, rate float64, rng *rand.Rand) (model.Params, error) {
	const name = "embeddings.word_embeddings.weight"
	if !(rate >= 0 && rate < 1) {
		return p, fmt.Errorf("embedding: dropout of %g of the entries, want 0 to less than 1", rate)
	}
	i := slices.Index(p.Layout.Names(), name)
	if i < 0 {
		return p, fmt.Errorf("embedding: no parameter %q to drop entries of", name)
	}
	q := model.Params{Layout: p.Layout, Values: slices.Clone(p.Values)}
	q.Values[i] = make([]float64, len(p.Values[i]))
	for j, v := range p.Values[i] {
		if rng.Float64() >= rate {
			q.Values[i][j] = v / (1 - rate)
		}
	}
	return q, nil
}
