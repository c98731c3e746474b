package encoder

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/testkit"
)

func int32s(t *testing.T, x *tensors.Tensor) []int32 {
	t.Helper()
	values, err := tensors.CopyFlatData[int32](x)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func TestTokens(t *testing.T) {
	e, c := smallEncoder(t)
	words := c.Vocab.Words()
	tokens, segments := e.Tokens(Text{A: words[5:7], B: words[6:9]})
	if !slices.Equal(tokens, []int{1, 5, 6, 2, 6, 7, 8, 2}) || !slices.Equal(segments, []int{0, 0, 0, 0, 1, 1, 1, 1}) {
		t.Errorf("tokens %v, segments %v", tokens, segments)
	}
	set, err := e.Set([]Text{{A: words[5:7], B: words[6:9]}, {A: words[9:10]}}, 9)
	if err != nil {
		t.Fatal(err)
	}
	if got := int32s(t, set[tokensColumn]); !slices.Equal(got, []int32{1, 5, 6, 2, 6, 7, 8, 2, 0, 1, 9, 2, 0, 0, 0, 0, 0, 0}) {
		t.Errorf("tokens %v", got)
	}
	if got := int32s(t, set[lengthsColumn]); !slices.Equal(got, []int32{8, 3}) {
		t.Errorf("lengths %v", got)
	}
}

func TestTextsThatCannotBeRead(t *testing.T) {
	e, c := smallEncoder(t)
	good := Text{A: c.Vocab.Words()[5:8]}
	long := Text{A: slices.Repeat(good.A, 30)}
	for says, texts := range map[string][]Text{
		"text 1 of 2 has no words":  {good, {}},
		"text 0 of 1 has no words":  {{A: good.A, B: []string{}}},
		"text 1 has no word that":   {good, {A: []string{"nowhere", "nothing"}}},
		"92 tokens, small has 66":   {long},
		"of 5 tokens in columns of": {good},
		"no texts":                  {},
	} {
		_, err := e.Set(texts, 4)
		fails(t, err, says)
	}
	if _, err := e.Reader(opened(t), nil); err == nil {
		t.Error("a reader of nothing")
	}
	_, err := e.Judge(opened(t), &Task{Name: "empty", Classes: 2}, Validation)
	fails(t, err, "no examples", Validation)
}

// A reader cuts many texts into chunks, which does not show: each is read as alone. Under other
// parameters it is the other encoder.
func TestReader(t *testing.T) {
	e, c := smallEncoder(t)
	b := opened(t)
	var texts []Text
	for _, s := range c.Parts[Train][:chunk+7] {
		texts = append(texts, Text{A: s.Words})
	}
	read := func(texts []Text) *Reader {
		r, err := e.Reader(b, texts)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Close)
		return r
	}
	many := read(texts)
	hidden, err := many.Hidden(e.Params)
	if err != nil {
		t.Fatal(err)
	}
	vectors, err := many.Vectors(e.Params)
	if err != nil {
		t.Fatal(err)
	}
	const rounding = 1e-5 // of float32 sums over a dozen terms, of order one
	d, at := e.Net.Dim, 0
	for i, n := range many.Lengths() {
		if i == 3 || i == chunk+6 {
			alone, err := read(texts[i : i+1]).Hidden(e.Params)
			if err != nil {
				t.Fatal(err)
			}
			if far := testkit.Farthest(alone, hidden[at*d:(at+n)*d]); !(far <= rounding) {
				t.Errorf("text %d is read alone with a difference of %g", i, far)
			}
		}
		// The last block is computed for the first token alone: other sums, the same up to rounding.
		if far := testkit.Farthest(vectors[i*d:(i+1)*d], hidden[at*d:(at+1)*d]); !(far <= rounding) {
			t.Errorf("the vector of text %d is %g from its first state", i, far)
		}
		at += n
	}
	if at*d != len(hidden) {
		t.Errorf("%d numbers for %d tokens", len(hidden), at)
	}

	// The Gram matrix of the first map is that of its inputs: with W = I and no bias elsewhere it
	// would be the embeddings; here, of the last map's, the trace identity on the output.
	moments, err := many.Moments(e.Params)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range moments {
		if m.Weight != e.Net.Linears()[i] || m.Tokens != at || math.Abs(m.Gram[len(m.Gram)-1]-float64(at)) > 1e-6*float64(at) {
			t.Errorf("%s: %d tokens, the ones sum to %g, want %d", m.Weight, m.Tokens, m.Gram[len(m.Gram)-1], at)
		}
		// By Cauchy and Schwarz, with a margin for float32.
		for j, mean := range m.Mean() {
			if !(mean*mean <= m.Squares()[j]/float64(m.Tokens)*(1+1e-5)) {
				t.Errorf("%s: input %d has the mean %g and the mean square %g", m.Weight, j, mean, m.Squares()[j]/float64(m.Tokens))
			}
		}
	}
	other := e.Params.Add(1, model.Draw(e.Net.Params(), 4, "other"))
	moved, err := many.Vectors(other)
	if err != nil || !(testkit.Farthest(moved, vectors) > 0.1) {
		t.Errorf("other parameters change nothing: %v", err)
	}
	lacking, err := e.Params.Select("encoder.*")
	if err != nil {
		t.Fatal(err)
	}
	_, err = many.Vectors(lacking)
	fails(t, err, "word_embeddings")
}

// Σ ‖(W̃ + Δ) x̃‖² over tokens by the moments is what the next layer sees: a norm without gain
// hides it, so the map is the key of the last block, whose change leaves all earlier inputs alone.
// Here the inputs of the first map, which are those of its block, are read off by hidden states of
// an encoder of one layer less.
func TestMomentsAreThoseOfTheInputs(t *testing.T) {
	e, c := smallEncoder(t)
	var texts []Text
	for _, s := range c.Parts[Train][:60] {
		texts = append(texts, Text{A: s.Words})
	}
	r, err := e.Reader(opened(t), texts)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	moments, err := r.Moments(e.Params)
	if err != nil {
		t.Fatal(err)
	}
	shorter := *e
	shorter.Net.Layers--
	if shorter.Params, err = part(e.Params, shorter.Net.Params()); err != nil {
		t.Fatal(err)
	}
	s, err := shorter.Reader(opened(t), texts)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	x, err := s.Hidden(shorter.Params)
	if err != nil {
		t.Fatal(err)
	}
	d := e.Net.Dim
	gram := make([]float64, (d+1)*(d+1))
	for ; len(x) > 0; x = x[d:] {
		with := append(slices.Clone(x[:d]), 1)
		for i := range with {
			for j := range with {
				gram[i*(d+1)+j] += with[i] * with[j]
			}
		}
	}
	// Sums of a thousand products of order one, in float32.
	for k, name := range []string{"query", "key", "value"} {
		m := moments[6+k]
		if !strings.Contains(m.Weight, "layer.1.attention.self."+name) || !(testkit.Farthest(m.Gram, gram) <= 1e-5*gram[len(gram)-1]) {
			t.Errorf("%s is off by %g", m.Weight, testkit.Farthest(m.Gram, gram))
		}
	}
	if far := testkit.Farthest(moments[9].Gram, gram); !(far > 1) {
		t.Errorf("the input of the map behind attention is as near as %g", far)
	}
}
