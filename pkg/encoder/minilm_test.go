package encoder

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

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
	if _, err := cachedMiniLM(); err != nil {
		t.Skip(err)
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
