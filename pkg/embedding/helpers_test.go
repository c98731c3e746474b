package embedding

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/testkit"
	"github.com/marginalia-ml/marginalia/xla"
)

// tagged makes a sentence of word/tag.
func tagged(text string) (s []data.Tagged) {
	for _, f := range strings.Fields(text) {
		i := strings.LastIndexByte(f, '/')
		s = append(s, data.Tagged{Word: f[:i], Tag: f[i+1:]})
	}
	return s
}

// documents are 40 texts in which men leave more often than women.
func documents() (all []data.Document) {
	rng := testkit.Rand(31)
	fillers := []string{"left/vbd", "came/vbd", "old/jj", "late/rb", "the/at", "town/nn", "saw/vbd", "in/in", "people/nns", "rain/nn"}
	who := []string{"he/pps", "he/pps", "She/pps", "man/nn", "woman/nn", "him/ppo", "her/ppo", "her/pp$", "they/ppss", "person/nn", "their/pp$", "them/ppo"}
	for i := range 40 {
		d := data.Document{ID: string([]byte{'c', byte("ak"[i%2]), byte('0' + i/10), byte('0' + i%10)})}
		for range 12 {
			var s []data.Tagged
			s = append(s, tagged(who[rng.IntN(len(who))])...)
			for range 3 + rng.IntN(6) {
				s = append(s, tagged(fillers[rng.IntN(len(fillers))])...)
			}
			s = append(s, tagged(who[rng.IntN(len(who))]+" ./.")...)
			d.Sentences = append(d.Sentences, s)
		}
		all = append(all, d)
	}
	return all
}

// small is an embedder of drawn parameters, and its corpus.
func small(t *testing.T) (*Embedder, *encoder.Corpus) {
	t.Helper()
	corpus, err := encoder.NewCorpus(documents(), 100)
	if err != nil {
		t.Fatal(err)
	}
	e := &encoder.Encoder{Name: "small", Tokenizer: corpus.Vocab,
		Net: model.BERT{Words: len(corpus.Vocab.Words()), Positions: 34, Segments: 2, Dim: 8, Layers: 1, Heads: 2, Hidden: 12}}
	e.Params = model.Draw(e.Net.Params(), 3, "test")
	for i, x := range e.Params.Values[0] {
		e.Params.Values[0][i] = 30 * x // words that are far from each other
	}
	return Words(e), corpus
}

// smallTriples are those of documents by part.
func smallTriples(t *testing.T, corpus *encoder.Corpus) map[string][]Triple {
	t.Helper()
	all, err := Gender.Triples(documents())
	if err != nil {
		t.Fatal(err)
	}
	for part, list := range testkit.Must(Parts(all, corpus))(t) {
		kept, _ := Readable(&encoder.Encoder{Tokenizer: corpus.Vocab}, list)
		if len(kept) == 0 {
			t.Fatalf("no readable triples for %s", part)
		}
	}
	return testkit.Must(Parts(all, corpus))(t)
}

func open(t *testing.T) *xla.Backend {
	t.Helper()
	b, err := xla.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// fails checks that an error says all of these.
func fails(t *testing.T, err error, says ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one that says %q", says)
		return
	}
	for _, want := range says {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
}

// vectors draws n of dimension d.
func vectors(rng *rand.Rand, n, d int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		for range d {
			out[i] = append(out[i], rng.NormFloat64())
		}
	}
	return out
}

// embedded draws triples of K groups.
func embedded(rng *rand.Rand, n, d, K int) (e Embedded) {
	for range K {
		e.Groups = append(e.Groups, vectors(rng, n, d))
	}
	e.Neutral = vectors(rng, n, d)
	return e
}

func dot(x, y []float64) (s float64) {
	for j, v := range x {
		s += v * y[j]
	}
	return s
}

func norm(x []float64) float64 { return math.Sqrt(dot(x, x)) }

// units are the vectors divided by their norms.
func units(vectors [][]float64) [][]float64 {
	out := make([][]float64, len(vectors))
	for i, x := range vectors {
		norm := math.Sqrt(SquaredDistance(x, make([]float64, len(x))))
		out[i] = make([]float64, len(x))
		for j, v := range x {
			out[i][j] = v / norm
		}
	}
	return out
}
