package encoder

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/pkg/weights"
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
			if far := farthest(alone, hidden[at*d:(at+n)*d]); !(far <= rounding) {
				t.Errorf("text %d is read alone with a difference of %g", i, far)
			}
		}
		if far := farthest(vectors[i*d:(i+1)*d], hidden[at*d:(at+1)*d]); far != 0 {
			t.Errorf("the vector of text %d is not its first state", i)
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
	if err != nil || !(farthest(moved, vectors) > 0.1) {
		t.Errorf("other parameters change nothing: %v", err)
	}
	lacking, err := e.Params.Select("encoder.*")
	if err != nil {
		t.Fatal(err)
	}
	_, err = many.Vectors(lacking)
	fails(t, err, "word_embeddings")
}

func farthest(x, y []float64) float64 {
	if len(x) != len(y) {
		return math.NaN()
	}
	d := 0.0
	for i := range x {
		d = math.Max(d, math.Abs(x[i]-y[i]))
	}
	return d
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
		if !strings.Contains(m.Weight, "layer.1.attention.self."+name) || !(farthest(m.Gram, gram) <= 1e-5*gram[len(gram)-1]) {
			t.Errorf("%s is off by %g", m.Weight, farthest(m.Gram, gram))
		}
	}
	if far := farthest(moments[9].Gram, gram); !(far > 1) {
		t.Errorf("the input of the map behind attention is as near as %g", far)
	}
}

// Read takes what Hugging Face's BertModel would write, in any order and with more in it, and
// refuses what is cut, lies or lacks something.
func TestRead(t *testing.T) {
	pieces := "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n"
	net := model.BERT{Words: 7, Positions: 5, Segments: 2, Dim: 4, Layers: 1, Heads: 2, Hidden: 6}
	p := model.Draw(net.Params(), 1, "test")
	file := func(change func(p *model.Params)) []byte {
		q := model.Params{Layout: slices.Clone(p.Layout), Values: slices.Clone(p.Values)}
		change(&q)
		var out bytes.Buffer
		if err := weights.Encode(&out, q, weights.F32, nil); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	whole := file(func(q *model.Params) {
		slices.Reverse(q.Layout)
		slices.Reverse(q.Values)
		q.Layout = append(q.Layout, model.Param{Name: "pooler.dense.bias", Shape: []int{1}})
		q.Values = append(q.Values, []float64{7})
	})
	e, err := Read("tiny", net, whole, []byte(pieces))
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range net.Params() {
		if e.Params.Layout[i].Name != q.Name || farthest(e.Params.Values[i], p.Values[i]) > 1e-7 {
			t.Errorf("parameter %d is %s", i, e.Params.Layout[i].Name)
		}
	}
	tokens, _ := e.Tokens(Text{A: []string{"a", "B", "c"}})
	if !slices.Equal(tokens, []int{2, 5, 6, 1, 3}) {
		t.Errorf("tokens %v", tokens)
	}
	for says, content := range map[string][]byte{
		"its weights":                            whole[:len(whole)-5],
		"too short":                              whole[:3],
		"word_embeddings.weight has shape [4 7]": file(func(q *model.Params) { q.Layout[0].Shape = []int{4, 7} }),
		"embeddings.LayerNorm.bias": file(func(q *model.Params) {
			q.Layout, q.Values = slices.Delete(q.Layout, 4, 5), slices.Delete(q.Values, 4, 5)
		}),
	} {
		_, err := Read("tiny", net, content, []byte(pieces))
		fails(t, err, says)
	}
	_, err = Read("tiny", net, whole, []byte(pieces+"c\n"))
	fails(t, err, "8 word pieces for a network of 7")
	_, err = Read("tiny", net, whole, []byte("a\nb\n"))
	fails(t, err, "[PAD]")
}

// Tokens are those that Hugging Face's tokenizers 0.21.0 make of hard texts with the published
// tokenizer.json.
func TestWordPiecesAreTheReference(t *testing.T) {
	e := miniLM(t)
	content, err := os.ReadFile(filepath.Join("testdata", "wordpiece.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Text   string
		Pieces []string
	}
	if err := json.Unmarshal(content, &cases); err != nil || len(cases) < 30 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	pieces := e.Tokenizer.(wordPieces)
	for _, c := range cases {
		if got := pieces.Pieces(c.Text); !slices.Equal(got, c.Pieces) {
			t.Errorf("%q: %q, want %q", c.Text, got, c.Pieces)
		}
	}
}

// Without the file and without a client the error says what to put where.
func TestMiniLMMissing(t *testing.T) {
	t.Setenv(data.EnvDir, t.TempDir())
	t.Setenv("PATH", t.TempDir())
	t.Setenv("MARGINALIA_ROOT", "")
	_, err := MiniLM(context.Background())
	fails(t, err, "minilm-weights", "python3 is not installed", "model.safetensors", "53aa51172d142c89", "by hand", os.Getenv(data.EnvDir))
}

// Pre-training lowers the loss below that of the words' frequencies; fine-tuning tells the genres
// of the small language; its delta put back is the tuned encoder, and none is the start.
func TestPretrainAndTune(t *testing.T) {
	t.Setenv(data.EnvDir, t.TempDir())
	c, b := smallCorpus(t), opened(t)
	plan := Pretraining{Dim: 16, Layers: 1, Heads: 2, Steps: 200, Batch: 32, Rate: 3e-3, Seed: 1, Looks: 2}
	e, run, err := Pretrained(context.Background(), b, c, plan)
	if err != nil {
		t.Fatal(err)
	}
	losses := run.Column("loss")
	if entropy := frequencyEntropy(e, c.Parts[Validation]); len(losses) != 3 || !(losses[2] < entropy-0.1) {
		t.Errorf("losses %v, the frequencies alone give %.3f", losses, entropy)
	}
	again, kept, err := Pretrained(context.Background(), b, c, plan)
	if err != nil || kept.Resumed != 200 || farthest(again.Params.Flat(), e.Params.Flat()) != 0 {
		t.Errorf("the kept run is another: resumed at %d, %v", kept.Resumed, err)
	}
	found, err := e.maskedLoss(b, c, run.Last, 1)
	if err != nil || !(math.Abs(found-losses[2]) <= sameLoss*found) {
		t.Errorf("the loss is %g, the run saw %g, %v", found, losses[2], err)
	}
	worse, err := e.maskedLoss(b, c, run.Last.Scale(0.9), 1)
	if err != nil || !(math.Abs(worse-losses[2]) > 10*sameLoss*worse) {
		t.Errorf("other parameters have the loss %g, %v", worse, err)
	}

	task, err := c.Task("genre", 1)
	if err != nil {
		t.Fatal(err)
	}
	judge, err := e.Judge(b, task, Test)
	if err != nil {
		t.Fatal(err)
	}
	defer judge.Close()
	all, err := e.TuneAll(context.Background(), "", []Tuning{
		{Task: task, Config: AdamR(100, 3e-3, 1e-3, false, 1)}, // as good as Adam; one program with the next
		{Task: task, Config: AdamR(100, 3e-3, 0.3, false, 1)},
		{Task: task, Config: Adam(100, 1e-2, 1), LoRA: &LoRA{Rank: 2, Alpha: 4}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, tuned := range all {
		score, err := judge.Score(tuned.Params)
		if err != nil || !(score > 0.8) {
			t.Errorf("fine-tuning %d: accuracy %g, %v", i, score, err)
		}
		delta := tuned.Delta()
		back, err := tuned.With(delta)
		if err != nil || farthest(back.Flat(), tuned.Params.Flat()) > 1e-6 {
			t.Errorf("θ_P + Δ is not θ_F: %v", err)
		}
		none, err := tuned.With(delta.Scale(0))
		if err != nil {
			t.Fatal(err)
		}
		head := none.Get("classifier.weight")
		if farthest(head, tuned.Params.Get("classifier.weight")) != 0 || farthest(none.Values[0], e.Params.Values[0]) != 0 {
			t.Error("no delta is not θ_P with the trained head")
		}
		if d := delta.Layout.Index("classifier.weight"); d >= 0 {
			t.Error("the delta has the head")
		}
	}
	if plain, kept := all[0].Delta().Norm(), all[1].Delta().Norm(); !(kept < 0.8*plain) {
		t.Errorf("‖Δ‖ is %g with the decay of 0.3 to θ_P and %g with 0.001", kept, plain)
	}
	// LoRA: linear maps and the head move, by rank 2, and nothing else.
	delta := all[2].Delta()
	for i, q := range delta.Layout {
		moved, linear := false, slices.Contains(e.Net.Linears(), q.Name)
		for _, v := range delta.Values[i] {
			moved = moved || v != 0
		}
		if moved != linear {
			t.Errorf("%s: moved %v", q.Name, moved)
		}
		if linear && !rankAtMost(delta.Values[i], q.Shape[0], q.Shape[1], 2) {
			t.Errorf("%s moved by a rank above 2", q.Name)
		}
	}
	_, err = e.TuneLoRA(context.Background(), b, task, LoRA{Rank: 0, Alpha: 1}, Adam(1, 1, 1), train.Checkpoint{})
	fails(t, err, "rank 0")
	_, err = e.TuneLoRA(context.Background(), b, task, LoRA{Rank: 1, Alpha: 1, Only: []string{"embeddings.word*"}}, Adam(1, 1, 1), train.Checkpoint{})
	fails(t, err, "no linear map")
	_, err = all[0].With(all[0].Params)
	fails(t, err, "another layout")
}

// rankAtMost: minors of k+1 rows and columns, drawn at random, vanish beside the entries.
func rankAtMost(a []float64, rows, cols, k int) bool {
	rng := rand.New(rand.NewPCG(1, 1))
	size := 0.0
	for _, v := range a {
		size = math.Max(size, math.Abs(v))
	}
	for range 50 {
		r, c := rng.Perm(rows)[:k+1], rng.Perm(cols)[:k+1]
		at := func(i, j int) float64 { return a[r[i]*cols+c[j]] / size }
		det := at(0, 0)*(at(1, 1)*at(2, 2)-at(1, 2)*at(2, 1)) - at(0, 1)*(at(1, 0)*at(2, 2)-at(1, 2)*at(2, 0)) + at(0, 2)*(at(1, 0)*at(2, 1)-at(1, 1)*at(2, 0))
		if math.Abs(det) > 1e-5 {
			return false
		}
	}
	return size > 0
}

// frequencyEntropy is the cross-entropy of the words of sentences under their own frequencies:
// no guess that does not look at the sentence has less.
func frequencyEntropy(e *Encoder, sentences []Sentence) float64 {
	counts, total, h := map[int]float64{}, 0.0, 0.0
	for _, s := range sentences {
		for _, z := range e.Tokenizer.Encode(s.Words) {
			counts[z]++
			total++
		}
	}
	for _, n := range counts {
		h -= n / total * math.Log(n/total)
	}
	return h
}
