package embedding

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/encoder"
)

// Triple is a content: a text for each group, and the neutral one. With two groups it is three
// texts.
type Triple struct {
	Document string
	Groups   [][]string // words of x^1, ..., x^K
	Neutral  []string   // of x^n
	Swapped  []int      // places at which the texts differ; nil of a reader's own of several lengths
}

// The lengths of sentences that become triples, in tokens, as those of [encoder.Corpus].
const shortest, longest = 4, 30

// Triples makes triples of the sentences of 4 to 30 tokens that have words of the lists: all of
// them are put into each group and into the neutral form, by word and tag, as her/pp$ is his and
// their, and her/ppo is him and them. "They is" and the like stay: a neutral text is an anchor,
// no paraphrase. A sentence that has a word of the lists with another tag, which would stay, is
// left out.
func (l Lists) Triples(documents []data.Document) (all []Triple, err error) {
	if err := l.Check(); err != nil {
		return nil, err
	}
	for _, d := range documents {
		for _, s := range d.Sentences {
			if t, ok := l.triple(s); ok && len(s) >= shortest && len(s) <= longest {
				t.Document = d.ID
				all = append(all, t)
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("embedding: %d documents have no sentence with a word of %s: want tagged sentences of %d to %d tokens", len(documents), l.Attribute, shortest, longest)
	}
	return all, nil
}

// triple swaps the words of one sentence.
func (l Lists) triple(sentence []data.Tagged) (t Triple, ok bool) {
	t.Groups = make([][]string, len(l.Groups))
	for i, token := range sentence {
		word := strings.ToLower(token.Word)
		r, found := l.find(word, token.Tag)
		switch {
		case found:
			t.Swapped = append(t.Swapped, i)
		case l.Of(word) >= 0:
			return t, false
		default:
			r = Row{Neutral: word}
		}
		for g := range t.Groups {
			w := word
			if found {
				w = r.Words[g]
			}
			t.Groups[g] = append(t.Groups[g], w)
		}
		t.Neutral = append(t.Neutral, r.Neutral)
	}
	return t, len(t.Swapped) > 0
}

// Parts returns triples by the part of the corpus that their documents belong to, so that what
// an encoder was pre-trained on and what it is tested on are never of one document. A document
// that the corpus does not have is an error.
func Parts(triples []Triple, corpus *encoder.Corpus) (map[string][]Triple, error) {
	parts := map[string]string{}
	for part, sentences := range corpus.Parts {
		for _, s := range sentences {
			parts[s.Document] = part
		}
	}
	sets := map[string][]Triple{}
	for _, t := range triples {
		part, ok := parts[t.Document]
		if !ok {
			return nil, fmt.Errorf("embedding: the corpus has no document %q: split the triples yourself", t.Document)
		}
		sets[part] = append(sets[part], t)
	}
	return sets, nil
}

// Readable returns the triples all of whose swapped words an encoder knows, and how many it
// left out. What is unknown would make texts of two groups one.
func Readable(e *encoder.Encoder, triples []Triple) (kept []Triple, left int) {
	unknown := e.Tokenizer.Special().Unknown
	known := map[string]bool{}
	knows := func(w string) bool {
		k, ok := known[w]
		if !ok {
			k = !slices.Contains(e.Tokenizer.Encode([]string{w}), unknown)
			known[w] = k
		}
		return k
	}
	for _, t := range triples {
		ok := true
		for _, i := range t.Swapped {
			for _, text := range t.Texts() {
				ok = ok && knows(text[i])
			}
		}
		if ok {
			kept = append(kept, t)
		} else {
			left++
		}
	}
	return kept, left
}

// AtMost returns the triples whose texts have at most so many words.
func AtMost(triples []Triple, words int) (kept []Triple) {
	for _, t := range triples {
		if !slices.ContainsFunc(t.Texts(), func(text []string) bool { return len(text) > words }) {
			kept = append(kept, t)
		}
	}
	return kept
}

// Texts are the texts of the groups and, last, the neutral one.
func (t Triple) Texts() [][]string { return append(slices.Clone(t.Groups), t.Neutral) }

// Documents are those of triples, one after the other.
func Documents(triples []Triple) []string {
	names := make([]string, len(triples))
	for i, t := range triples {
		names[i] = t.Document
	}
	return names
}

// Fifths splits triples by document, in an order that is drawn: three documents of five for
// training, one for validation and one for the test, in whole documents.
func Fifths(triples []Triple, rng *rand.Rand) map[string][]Triple {
	var names []string
	for _, t := range triples {
		if !slices.Contains(names, t.Document) {
			names = append(names, t.Document)
		}
	}
	rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	sets := map[string][]Triple{}
	for _, t := range triples {
		part := encoder.Train
		switch i := slices.Index(names, t.Document); {
		case 5*i < len(names):
			part = encoder.Test
		case 5*i < 2*len(names):
			part = encoder.Validation
		}
		sets[part] = append(sets[part], t)
	}
	return sets
}
