package model

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// smallBERT has sizes that differ where they can.
var smallBERT = BERT{Words: 7, Positions: 6, Segments: 2, Dim: 4, Layers: 2, Heads: 2, Hidden: 5, Eps: 1e-6}

// bertTexts are three texts of lengths 4, 2 and 3, filled up with the word 6.
var (
	bertTokens   = ints([]int{3, 4}, 0, 3, 1, 5, 2, 4, 6, 6, 5, 5, 1, 6)
	bertSegments = ints([]int{3, 4}, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 1, 0)
	bertLengths  = ints([]int{3}, 4, 2, 3)
	bertPlaces   = ints([]int{3, 2}, 1, 3, 0, 1, 2, 0)
)

func textsOf(in []*Node) Texts { return Texts{Tokens: in[0], Segments: in[1], Lengths: in[2]} }

// bertWith is the encoder with its masked head.
func (c BERT) withMasked() Layout { return append(c.Params(), c.MaskedParams()...) }

func drawBERT(l Layout) []*tensors.Tensor {
	rng := rand.New(rand.NewPCG(12, 1))
	var all []*tensors.Tensor
	for _, p := range l { // of order one, so that every part of the network matters
		all = append(all, Layout{{p.Name, p.Shape, Normal(0.6)}}.Draw(rng, dtypes.Float64)...)
	}
	return all
}

// hostBERT is the encoder in plain loops, text by text: hidden[i][t][d].
func hostBERT(c BERT, h host, tokens, segments [][]int) (hidden [][][]float64) {
	affine := func(x []float64, name string) []float64 {
		w, b := h[name+".weight"], h[name+".bias"]
		y := make([]float64, len(b))
		for o := range y {
			y[o] = dot(w[o*len(x):(o+1)*len(x)], x) + b[o]
		}
		return y
	}
	norm := func(x []float64, name string) []float64 {
		mean, square := 0.0, 0.0
		for _, v := range x {
			mean += v / float64(len(x))
		}
		for _, v := range x {
			square += (v - mean) * (v - mean) / float64(len(x))
		}
		y := make([]float64, len(x))
		for i, v := range x {
			y[i] = h[name+".weight"][i]*(v-mean)/math.Sqrt(square+c.Eps) + h[name+".bias"][i]
		}
		return y
	}
	at := func(table string, i int) []float64 { return h[table+".weight"][i*c.Dim : (i+1)*c.Dim] }
	for i := range tokens {
		var x [][]float64
		for t, z := range tokens[i] {
			sum := plus(plus(at("embeddings.word_embeddings", z), at("embeddings.position_embeddings", t)), at("embeddings.token_type_embeddings", segments[i][t]))
			x = append(x, norm(sum, "embeddings.LayerNorm"))
		}
		for l := range c.Layers {
			layer := "encoder.layer." + string(rune('0'+l)) + "."
			next := make([][]float64, len(x))
			for t := range x {
				var mixed []float64
				for head := range c.Heads {
					w := c.Dim / c.Heads
					cut := func(v []float64) []float64 { return v[head*w : (head+1)*w] }
					var scores []float64
					var values [][]float64
					for s := range x {
						scores = append(scores, dot(cut(affine(x[t], layer+"attention.self.query")), cut(affine(x[s], layer+"attention.self.key")))/math.Sqrt(float64(w)))
						values = append(values, cut(affine(x[s], layer+"attention.self.value")))
					}
					mixed = append(mixed, mix(scores, values)...)
				}
				a := norm(plus(x[t], affine(mixed, layer+"attention.output.dense")), layer+"attention.output.LayerNorm")
				f := affine(gelu(affine(a, layer+"intermediate.dense")), layer+"output.dense")
				next[t] = norm(plus(a, f), layer+"output.LayerNorm")
			}
			x = next
		}
		hidden = append(hidden, x)
	}
	return hidden
}

// The graph says what plain loops over each text say, which know of no padding; so do the mean,
// the first, the masked head and the linear head.
func TestBERTAgainstHost(t *testing.T) {
	c := smallBERT
	layout := append(c.withMasked(), c.HeadParams(3)...)
	params := drawBERT(layout)
	n := len(params)
	out := eval(t, func(in []*Node) []*Node {
		p, texts := Named("BERT", layout, in[:n]), textsOf(in[n:])
		x := c.Encode(p, texts)
		return []*Node{x, MeanOf(x, texts.Lengths), First(x), c.Masked(p, x, in[n+3]), c.Head(p, First(x)), c.EncodeFirst(p, texts)}
	}, append(params, bertTokens, bertSegments, bertLengths, bertPlaces)...)
	h := toHost(t, layout, params)
	hidden := hostBERT(c, h, [][]int{{0, 3, 1, 5}, {2, 4}, {5, 5, 1}}, [][]int{{0, 0, 1, 1}, {0, 1}, {0, 0, 1}})
	places := [][]int{{1, 3}, {0, 1}, {2, 0}}
	for i, x := range hidden {
		mean := make([]float64, c.Dim)
		for s, v := range x {
			near(t, "hidden state", row(row(out[0], 3, i), 4, s), v, round)
			for j := range mean {
				mean[j] += v[j] / float64(len(x))
			}
		}
		near(t, "mean", row(out[1], 3, i), mean, round)
		near(t, "first", row(out[2], 3, i), x[0], round)
		near(t, "first alone", row(out[5], 3, i), x[0], round)
		for k, place := range places[i] {
			want := make([]float64, c.Words)
			for v := range want {
				want[v] = dot(h["embeddings.word_embeddings.weight"][v*c.Dim:(v+1)*c.Dim], x[place]) + h["cls.predictions.bias"][v]
			}
			near(t, "masked words", row(row(out[3], 3, i), 2, k), want, round)
		}
		want := make([]float64, 3)
		for o := range want {
			want[o] = dot(h["classifier.weight"][o*c.Dim:(o+1)*c.Dim], x[0]) + h["classifier.bias"][o]
		}
		near(t, "head", row(out[4], 3, i), want, round)
	}
}

// What fills a text up, and how far, changes nothing; the order of texts is that of the results;
// a text without segments is one of segment 0.
func TestBERTSymmetries(t *testing.T) {
	c := smallBERT
	layout := c.Params()
	params := drawBERT(layout)
	n := len(params)
	f := compiled(t, func(in []*Node) []*Node {
		p, texts := Named("BERT", layout, in[:n]), textsOf(in[n:])
		x := c.Encode(p, texts)
		texts.Segments = nil
		return []*Node{x, MeanOf(x, texts.Lengths), First(c.Encode(p, texts))}
	})
	run := func(tokens, segments, lengths *tensors.Tensor) [][]float64 {
		return f(append(append([]*tensors.Tensor(nil), params...), tokens, segments, lengths)...)
	}
	base := run(bertTokens, bertSegments, bertLengths)

	wide := run(ints([]int{3, 6}, 0, 3, 1, 5, 1, 2, 2, 4, 0, 3, 3, 3, 5, 5, 1, 4, 4, 4),
		ints([]int{3, 6}, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1), bertLengths)
	turned := run(ints([]int{3, 4}, 5, 5, 1, 6, 0, 3, 1, 5, 2, 4, 6, 6), ints([]int{3, 4}, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 0), ints([]int{3}, 3, 4, 2))
	for i, length := range []int{4, 2, 3} {
		for s := range length {
			near(t, "filled up further", row(row(wide[0], 3, i), 6, s), row(row(base[0], 3, i), 4, s), round)
			near(t, "turned", row(row(turned[0], 3, (i+1)%3), 4, s), row(row(base[0], 3, i), 4, s), round)
		}
	}
	near(t, "mean filled up further", wide[1], base[1], round)

	zero := run(bertTokens, ints([]int{3, 4}, make([]int32, 12)...), bertLengths)
	near(t, "no segments", zero[2], row2(zero[0], 3, 4, c.Dim), 0)
	if d := gap(zero[2], row2(base[0], 3, 4, c.Dim)); !(d > 1e-3) {
		t.Errorf("segments change the first state by just %g", d)
	}
	swapped := run(ints([]int{3, 4}, 3, 0, 1, 5, 4, 2, 6, 6, 5, 1, 5, 6), bertSegments, bertLengths)
	if d := gap(swapped[1], base[1]); !(d > 1e-3) {
		t.Errorf("the order of words changes the mean by just %g: positions do not matter", d)
	}
}

// row2 is the first of T rows of each of n.
func row2(x []float64, n, T, d int) (out []float64) {
	for i := range n {
		out = append(out, x[i*T*d:i*T*d+d]...)
	}
	return out
}

// The matrix of the masked head is that of the word embeddings: its gradient is the sum of those
// of two copies that are not tied.
func TestTiedGradient(t *testing.T) {
	c := smallBERT
	layout := c.withMasked()
	params := drawBERT(layout)
	n := len(params)
	out := eval(t, func(in []*Node) []*Node {
		loss := func(read, write *Node) *Node {
			p := Named("BERT", layout, in[:n])
			p[wordEmbedding] = read
			x := c.Encode(p, textsOf(in[n:]))
			p[wordEmbedding] = write
			return ReduceAllSum(Square(c.Masked(p, x, in[n+3])))
		}
		table := in[0]
		copied := MulScalar(table, 1)
		tied := Gradient(loss(table, table), table)[0]
		apart := loss(copied, table)
		both := Gradient(apart, copied, table)
		return []*Node{tied, both[0], Sub(both[1], both[0])}
	}, append(params, bertTokens, bertSegments, bertLengths, bertPlaces)...)
	reads, writes := norm(out[1]), norm(out[2])
	if !(reads > 0.1 && writes > 0.1) {
		t.Errorf("the gradients have norms %g and %g: nothing was tested", reads, writes)
	}
	near(t, "tied gradient", out[0], plus(out[1], out[2]), round)
}

func norm(x []float64) float64 { return math.Sqrt(dot(x, x)) }

// Visit names each linear map once, in the order of Linears, with the width that its weight has.
func TestBERTVisits(t *testing.T) {
	c := smallBERT
	layout := c.Params()
	params := drawBERT(layout)
	n := len(params)
	var names []string
	eval(t, func(in []*Node) []*Node {
		names = nil
		p := Named("BERT", layout, in[:n])
		return []*Node{c.Visit(p, textsOf(in[n:]), func(name string, x *Node) {
			names = append(names, name)
			if got, want := x.Shape().Dim(-1), p[name].Shape().Dim(1); got != want {
				t.Errorf("%s is given %d numbers, want %d", name, got, want)
			}
		})}
	}, append(params, bertTokens, bertSegments, bertLengths)...)
	if got, want := strings.Join(names, " "), strings.Join(c.Linears(), " "); got != want {
		t.Errorf("visited %s, want %s", got, want)
	}
}

// 30522·384 + 512·384 + 2·384 + 768 for the embeddings, and six times 4·(384² + 384) for the
// attention, 2·384·1536 + 1536 + 384 for the rest and two norms: what the published file holds
// without its pooler. Dossiers of the small one say 0.92 million.
func TestBERTCounts(t *testing.T) {
	if got, want := MiniLM.Params().Count(), 30522*384+512*384+2*384+768+6*(4*(384*384+384)+2*384*1536+1536+384+4*384); got != want {
		t.Errorf("MiniLM has %d parameters, want %d", got, want)
	}
	small := BERT{Words: 4005, Positions: 66, Segments: 2, Dim: 128, Layers: 2, Heads: 4, Hidden: 512}
	if got := append(small.Params(), small.MaskedParams()...).Count(); got < 915_000 || got > 925_000 {
		t.Errorf("the small encoder has %d parameters, want 0.92 million", got)
	}
	if err := append(append(small.Params(), small.MaskedParams()...), small.HeadParams(2)...).Check(); err != nil {
		t.Error(err)
	}
}

func TestBERTMistakesPanic(t *testing.T) {
	c := smallBERT
	c.Heads = 3
	panics(t, "three heads in four dimensions", func() { c.Params() })
	c = smallBERT
	c.Positions = 0
	panics(t, "no positions", func() { c.Params() })
	panics(t, "a head of nothing", func() { smallBERT.HeadParams(0) })
	c = smallBERT
	c.Eps = -1
	panics(t, "a negative ε", func() { c.Params() })

	c = smallBERT
	c.Positions = 3
	b, err := backend()
	if err != nil {
		t.Fatal(err)
	}
	layout := c.Params()
	params := drawBERT(layout)
	exec, err := NewExec(b.Backend, func(in []*Node) []*Node {
		return []*Node{c.Encode(Named("BERT", layout, in[:len(params)]), textsOf(in[len(params):]))}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	args := []any{}
	for _, x := range append(params, bertTokens, bertSegments, bertLengths) {
		args = append(args, x)
	}
	if _, err := exec.Call(args...); err == nil || !strings.Contains(err.Error(), "texts of 4 tokens") {
		t.Errorf("four tokens at three positions: %v", err)
	}
}
