package encoder

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/testkit"
	"github.com/marginalia-ml/marginalia/pkg/weights"
	"github.com/marginalia-ml/marginalia/xla"
)

var backend = sync.OnceValues(func() (*xla.Backend, error) { return xla.Open("") })

func opened(t *testing.T) *xla.Backend {
	t.Helper()
	b, err := backend()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// reference is what other people's code says of a text, see testdata/reference.py.
type reference struct {
	A, B             string
	Tokens, Segments []int
	First, Mean      []float64
}

func references(t *testing.T) (all []reference) {
	t.Helper()
	content, err := os.ReadFile("testdata/minilm.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &all); err != nil || len(all) != 10 {
		t.Fatalf("%d texts, %v", len(all), err)
	}
	return all
}

func (r reference) text() Text {
	t := Text{A: strings.Fields(r.A)}
	if r.B != "" {
		t.B = strings.Fields(r.B)
	}
	return t
}

func miniLM(t *testing.T) *Encoder {
	t.Helper()
	for _, name := range []string{"minilm-weights", "minilm-vocabulary"} {
		s, err := data.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Open(t.Context()); err != nil {
			t.Skip(err)
		}
	}
	e, err := cachedMiniLM()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

var cachedMiniLM = sync.OnceValues(func() (*Encoder, error) { return MiniLM(context.Background()) })

// ONNX Runtime, with its own order of sums in float32, says the same of ten texts. Entries are
// below 2; six layers of sums over 1536 terms round to some 1e-6 of that.
func TestMiniLMIsTheReference(t *testing.T) {
	const rounding = 1e-5
	e, all := miniLM(t), references(t)
	var texts []Text
	for _, r := range all {
		texts = append(texts, r.text())
		if tokens, segments := e.Tokens(r.text()); !slices.Equal(tokens, r.Tokens) || !slices.Equal(segments, r.Segments) {
			t.Errorf("%q: tokens %v and segments %v, want %v and %v", r.A, tokens, segments, r.Tokens, r.Segments)
		}
	}
	read, err := e.Reader(opened(t), texts)
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	vectors, err := read.Vectors(e.Params)
	if err != nil {
		t.Fatal(err)
	}
	hidden, err := read.Hidden(e.Params)
	if err != nil {
		t.Fatal(err)
	}
	d, worst := e.Net.Dim, 0.0
	for i, r := range all {
		for j := range d {
			worst = math.Max(worst, math.Abs(vectors[i*d+j]-r.Mean[j]))
			worst = math.Max(worst, math.Abs(hidden[j]-r.First[j]))
		}
		hidden = hidden[read.Lengths()[i]*d:]
	}
	if !(worst <= rounding) || len(hidden) != 0 {
		t.Errorf("differs by %g, want %g at most; %d numbers are left", worst, rounding, len(hidden))
	}
	t.Logf("largest difference %.2g", worst)
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
		if e.Params.Layout[i].Name != q.Name || testkit.Farthest(e.Params.Values[i], p.Values[i]) > 1e-7 {
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
