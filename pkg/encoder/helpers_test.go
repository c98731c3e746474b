package encoder

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/xla"
)

// documents are 40 texts of a language of 30 words and numbers, in two genres that share ten of
// them: a word is most often followed by the next one of its genre.
func documents() (all []data.Document) {
	rng := rand.New(rand.NewPCG(1, 9))
	for i := range 40 {
		d := data.Document{ID: fmt.Sprintf("c%c%02d", "ak"[i%2], i)}
		for range 20 {
			var s []data.Tagged
			w := rng.IntN(20)
			for range 2 + rng.IntN(32) {
				word := fmt.Sprint("W", w+10*(i%2))
				if w == 5 {
					word = fmt.Sprint("1,", i)
				}
				s = append(s, data.Tagged{Word: word, Tag: "x"})
				if w = (w + 1) % 20; rng.IntN(5) == 0 {
					w = rng.IntN(20)
				}
			}
			d.Sentences = append(d.Sentences, s)
		}
		all = append(all, d)
	}
	return all
}

func smallCorpus(t *testing.T) *Corpus {
	t.Helper()
	c, err := NewCorpus(documents(), 25)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// smallEncoder has drawn parameters.
func smallEncoder(t *testing.T) (*Encoder, *Corpus) {
	t.Helper()
	c := smallCorpus(t)
	e := &Encoder{Name: "small", Tokenizer: c.Vocab,
		Net: model.BERT{Words: len(c.Vocab.Words()), Positions: 66, Segments: 2, Dim: 8, Layers: 2, Heads: 2, Hidden: 12}}
	e.Params = model.Draw(e.Net.Params(), 3, "test")
	return e, c
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

// maskedLoss is that of parameters on the sentences for validation.
func (e *Encoder) maskedLoss(b *xla.Backend, corpus *Corpus, p model.Params, seed uint64) (float64, error) {
	set, err := e.validationSet(corpus, seed)
	if err != nil {
		return 0, err
	}
	params, err := p.Tensors(dtypes.Float32)
	if err != nil {
		return 0, err
	}
	n := len(params)
	exec, err := NewExec(b.Backend, func(in []*Node) *Node { return e.masked(p.Layout, in[:n], in[n:]) })
	if err != nil {
		return 0, err
	}
	defer exec.Finalize()
	defer finalize(params)
	var in []any
	for _, x := range append(params, set...) {
		in = append(in, x)
	}
	out, err := exec.Call(in...)
	if err != nil {
		return 0, err
	}
	defer finalize(out)
	return float64(tensors.ToScalar[float32](out[0])), nil
}
