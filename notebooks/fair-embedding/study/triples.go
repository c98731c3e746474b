package study

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/embedding"
)

// AllTriples are those of gender in the Brown corpus.
func AllTriples(ctx context.Context) ([]embedding.Triple, error) {
	documents, err := data.Brown(ctx)
	if err != nil {
		return nil, err
	}
	return embedding.Gender.Triples(documents)
}

// Differing counts the places outside the swapped ones at which texts of a content differ from its
// neutral text, and the words of either list in neutral texts. Astray, texts are held against
// the neutral text of the next content, and the words are those of the groups' texts.
func Differing(all []embedding.Triple, astray bool) (outside, listed float64) {
	for c, t := range all {
		neutral, asked := t.Neutral, [][]string{t.Neutral}
		if astray {
			neutral, asked = all[(c+1)%len(all)].Neutral, t.Groups
		}
		for _, words := range t.Groups {
			for i := range max(len(words), len(neutral)) {
				if slices.Contains(t.Swapped, i) {
					continue
				}
				if i >= len(words) || i >= len(neutral) || words[i] != neutral[i] {
					outside++
				}
			}
		}
		for _, words := range asked {
			for _, w := range words {
				if embedding.Gender.Of(w) >= 0 {
					listed++
				}
			}
		}
	}
	return outside, listed
}

// TripleCounts says how many triples there are.
func TripleCounts(all []embedding.Triple) string {
	words, documents := 0, map[string]bool{}
	for _, t := range all {
		words += len(t.Swapped)
		documents[t.Document] = true
	}
	return fmt.Sprintf("%d triples of %d documents, %.2f swapped words each", len(all), len(documents), float64(words)/float64(len(all)))
}

// Few draws some of the triples.
func Few(rng *rand.Rand, all []embedding.Triple, n int) []embedding.Triple {
	few := make([]embedding.Triple, n)
	for i := range few {
		few[i] = all[rng.IntN(len(all))]
	}
	return few
}
