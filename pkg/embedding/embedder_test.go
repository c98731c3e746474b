package embedding

import (
	"math"
	"slices"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/testkit"
)

// readTol is the error of a mean of some hidden states of order one in float32.
const readTol = 2e-6

// A vector is the mean of the hidden states of its words, or of all tokens, of norm one; how many
// texts are read with it is no matter.
func TestVectors(t *testing.T) {
	b := open(t)
	e, corpus := small(t)
	var texts [][]string
	var as []encoder.Text
	for _, s := range corpus.Parts[encoder.Train][:min(300, len(corpus.Parts[encoder.Train]))] {
		texts, as = append(texts, s.Words), append(as, encoder.Text{A: s.Words})
	}
	if len(texts) <= chunk {
		t.Fatalf("%d texts are one call", len(texts))
	}
	states, err := e.Encoder.Reader(b, as)
	if err != nil {
		t.Fatal(err)
	}
	defer states.Close()
	hidden := testkit.Must(states.Hidden(e.Params))(t)
	for _, e := range []*Embedder{Words(e.Encoder), Sentences(e.Encoder)} {
		r := testkit.Must(e.Reader(b, texts))(t)
		got := testkit.Must(r.Vectors(e.Params))(t)
		r.Close()
		if len(got) != len(texts) {
			t.Fatalf("%d vectors of %d texts", len(got), len(texts))
		}
		d, at := e.Net.Dim, 0
		for i, n := range states.Lengths() {
			first, last := 0, n
			if e.Pooling == OverWords {
				first, last = 1, n-1
			}
			want := make([]float64, d)
			for j := first; j < last; j++ {
				for k := range d {
					want[k] += hidden[(at+j)*d+k] / float64(last-first)
				}
			}
			if e.Unit {
				want = units([][]float64{want})[0]
			}
			for k := range d {
				testkit.Near(t, "entry", got[i][k], want[k], readTol)
			}
			at += n
		}
	}
}

// Triples are read as their texts are.
func TestTripleReader(t *testing.T) {
	b := open(t)
	e, corpus := small(t)
	triples := smallTriples(t, corpus)[encoder.Test]
	tr := testkit.Must(e.TripleReader(b, triples))(t)
	defer tr.Close()
	got := testkit.Must(tr.Read(e.Params))(t)
	if len(got.Groups) != 2 || len(got.Neutral) != len(triples) {
		t.Fatalf("%d groups of %d", len(got.Groups), len(got.Neutral))
	}
	for k, v := range [][]float64{got.Groups[0][3], got.Groups[1][3], got.Neutral[3]} {
		r := testkit.Must(e.Reader(b, [][]string{triples[3].Texts()[k]}))(t)
		want := testkit.Must(r.Vectors(e.Params))(t)[0]
		r.Close()
		for j := range want {
			testkit.Near(t, "entry", v[j], want[j], readTol)
		}
	}
	_, err := e.TripleReader(b, nil)
	fails(t, err, "no triples")
	_, err = e.TripleReader(b, []Triple{triples[0], {Groups: make([][]string, 3)}})
	fails(t, err, "triple 1 has 3 groups")
	_, err = e.Reader(b, nil)
	fails(t, err, "no texts")
	other := e.Params.Clone()
	other.Layout = slices.Clone(other.Layout)
	other.Layout[0].Name = "other"
	_, err = tr.Vectors(other)
	fails(t, err, "small", "embeddings.word_embeddings.weight")
}

// Fine-tuning brings the loss down; what comes out has the least loss on the whole validation
// set, which f₀, where L_rep is zero, is a candidate for: so β L_rep is at most L_bias of f₀.
func TestDebias(t *testing.T) {
	b := open(t)
	e, corpus := small(t)
	sets := smallTriples(t, corpus)
	c := Debiasing{Loss: Loss{Method: CCD, Beta: 0.1}, Steps: 60, Batch: 16, Rate: 3e-3, Warmup: 5, Seed: 1}
	x := testkit.Must(e.Examples(b, sets))(t)
	d := testkit.Must(e.DebiasAll(t.Context(), "", x, []Debiasing{c}))(t)[0]
	embed := func(part string) Embedded {
		r := testkit.Must(e.TripleReader(b, sets[part]))(t)
		defer r.Close()
		return testkit.Must(r.Read(e.Params))(t)
	}
	before := embed(encoder.Validation)
	testkit.Near(t, "ρ", d.Loss.Rho, MeanDistance(embed(encoder.Train)), 1e-6) // float32: sums of other batches
	first := testkit.Must(d.Loss.Of(before, before.Neutral))(t)
	testkit.Near(t, "L_bias of f₀", d.Seen[0].Bias, first.Bias, 1e-5)
	testkit.Near(t, "L_rep of f₀", d.Seen[0].Rep, 1e-6, 1e-5)
	r := testkit.Must(e.TripleReader(b, sets[encoder.Validation]))(t)
	defer r.Close()
	after := testkit.Must(d.Loss.Of(testkit.Must(r.Read(d.Params))(t), before.Neutral))(t)
	at := d.At()
	testkit.Near(t, "L of what was chosen", at.Total, after.Total, 1e-5)
	testkit.Near(t, "L_bias of what was chosen", at.Bias, after.Bias, 1e-5)
	for i, s := range d.Seen {
		if s.Total < at.Total {
			t.Errorf("after %d steps the loss is %g, and %g was chosen", d.Looks[i], s.Total, at.Total)
		}
	}
	if !(at.Total < 0.8*d.Seen[0].Total) || d.Step == 0 {
		t.Errorf("the loss falls from %g to %g", d.Seen[0].Total, at.Total)
	}
	if !(c.Loss.Beta*at.Rep <= d.Seen[0].Bias) {
		t.Errorf("β L_rep = %g, L_bias of f₀ = %g", c.Loss.Beta*at.Rep, d.Seen[0].Bias)
	}
	if want := []int{0, 12, 24, 36, 48, 60}; len(d.Looks) != len(want) || d.Looks[1] != 12 || d.Looks[5] != 60 {
		t.Errorf("looks at %v, want %v", d.Looks, want)
	}
}

// Where every step makes it worse, f₀ is what comes out.
func TestDebiasKeepsTheStart(t *testing.T) {
	b := open(t)
	e, corpus := small(t)
	c := Debiasing{Loss: Loss{Method: CCD, Beta: 100}, Scale: 0.5, Steps: 5, Batch: 8, Rate: 0.3, Warmup: 1, Constant: true, Seed: 1}
	x := testkit.Must(e.Examples(b, smallTriples(t, corpus)))(t)
	d := testkit.Must(e.DebiasAll(t.Context(), "", x, []Debiasing{c}))(t)[0]
	if d.Step != 0 {
		t.Errorf("after %d steps", d.Step)
	}
	for i, values := range d.Params.Values {
		for j, v := range values {
			if v != e.Params.Values[i][j] && math.Abs(v-e.Params.Values[i][j]) > 1e-6*math.Abs(v) {
				t.Fatalf("%s moved", d.Params.Layout[i].Name)
			}
		}
	}
	all := testkit.Must(e.DebiasAll(t.Context(), "", x, []Debiasing{c, {Loss: Loss{Method: Merge, Beta: 0.1}, Steps: 20, Rate: 3e-3, Batch: 16, Seed: 2}, {Loss: Loss{Method: ADEPT, Beta: 0.1}, Steps: 20, Rate: 3e-3, Batch: 16, Seed: 2}}))(t)
	if a := all[2]; !(a.At().Bias < a.Seen[0].Bias) {
		t.Errorf("the ADEPT-like loss goes from %g to %g", a.Seen[0].Bias, a.At().Bias)
	}
	if all[0].Loss.Rho != d.Loss.Rho || all[1].Loss.Method != Merge || !(all[1].At().Bias < all[1].Seen[0].Bias) {
		t.Errorf("ρ = %g and %g; merging takes the distances from %g to %g", all[0].Loss.Rho, d.Loss.Rho, all[1].Seen[0].Bias, all[1].At().Bias)
	}
	testkit.Near(t, "half the mean distance", d.Loss.Rho, x.Mean/2, 1e-12)
}

func TestDebiasMistakes(t *testing.T) {
	b := open(t)
	e, corpus := small(t)
	sets := smallTriples(t, corpus)
	good := Debiasing{Loss: Loss{Method: CCD}, Steps: 1}
	x := testkit.Must(e.Examples(b, sets))(t)
	_, err := e.Examples(b, map[string][]Triple{encoder.Train: sets[encoder.Train]})
	fails(t, err, `"validation"`)
	_, err = e.DebiasAll(t.Context(), "", x, []Debiasing{{Loss: Loss{Method: "x"}, Steps: 1}})
	fails(t, err, `"x"`)
	_, err = e.DebiasAll(t.Context(), "", x, []Debiasing{{Loss: Loss{Method: CCD, Rho: -1}, Steps: 1}})
	fails(t, err, "ρ = -1")
	_, err = e.DebiasAll(t.Context(), "nothing", x, []Debiasing{good})
	fails(t, err, "nothing")
	_, err = e.Columns(sets[encoder.Train], 20, nil)
	fails(t, err, "0 frozen vectors")
}
