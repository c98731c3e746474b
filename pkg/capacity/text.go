package capacity

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/text"
)

// StoryLength is the number of tokens that the paper's experiment keeps of a document.
const StoryLength = 10

// Text describes the corpus of a training run in plain data.
type Text struct {
	Kind   string // grammar: generated openings; novel: sentences of the novel; file: TinyStories
	Path   string // of the file of kind file
	Hash   string `json:",omitempty"` // of what is in that file, which a kept result is one of
	N      int    // documents
	Seed   uint64
	Stream string
}

// MarshalJSON leaves the path out where the content is known: the same stories elsewhere are
// the same text.
func (t Text) MarshalJSON() ([]byte, error) {
	type plain Text
	p := plain(t)
	if t.Hash != "" {
		p.Path = ""
	}
	return json.Marshal(p)
}

// Corpus returns N documents of ten tokens with their contexts of one to nine tokens.
// Documents are drawn in an order that depends on Seed and Stream alone, so that a smaller
// N is the beginning of a larger one.
func (t Text) Corpus() (*Corpus, error) {
	if t.N < 1 {
		return nil, bad("%d documents, want at least 1", t.N)
	}
	rng := random.Stream(t.Seed, "capacity/"+t.Kind+"/"+t.Stream)
	documents, err := t.documents(rng)
	if err != nil {
		return nil, err
	}
	if len(documents) < t.N {
		return nil, bad("the text %q has %d documents of %d tokens or more, %d are asked for", t.Kind, len(documents), StoryLength, t.N)
	}
	var all []string
	for _, d := range documents[:t.N] {
		all = append(all, d[:StoryLength]...)
	}
	words, numbers, err := text.Vocabulary(all, len(all))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	var encoded [][]int
	for i := 0; i < len(numbers); i += StoryLength {
		encoded = append(encoded, numbers[i:i+StoryLength])
	}
	c, err := NewCorpus(encoded, len(words), 1)
	if err != nil {
		return nil, err
	}
	c.Words = words
	return c, nil
}

// documents returns at least N documents of at least ten tokens in random order, if there
// are as many.
func (t Text) documents(rng *rand.Rand) ([][]string, error) {
	var texts []string
	switch t.Kind {
	case "grammar":
		documents := make([][]string, t.N)
		for i := range documents {
			documents[i] = opening(rng)
		}
		return documents, nil
	case "novel":
		novel, err := data.Novel(context.Background())
		if err != nil {
			return nil, err
		}
		texts = text.Sentences(novel)
	case "file":
		stories, err := data.Stories(t.Path)
		if err != nil {
			return nil, err
		}
		texts = stories
	default:
		return nil, bad("text of kind %q: want grammar, novel or file", t.Kind)
	}
	var documents [][]string
	for _, i := range rng.Perm(len(texts)) {
		if words := text.WordPunct(texts[i]); len(words) >= StoryLength {
			documents = append(documents, words)
		}
	}
	return documents, nil
}
