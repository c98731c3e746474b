package model

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// BERT is the bidirectional encoder of Devlin et al. 2019: sums of word, position and segment
// embeddings, and blocks with LayerNorm behind each part,
//
//	x ← norm(E_word + E_position + E_segment)
//	x ← norm(x + attention(x) W_oᵀ + b_o),  x ← norm(x + GELU(x W₁ᵀ + b₁) W₂ᵀ + b₂).
//
// Its parameters have the names and shapes that Hugging Face's BertModel writes, so that a
// published model.safetensors is one of these networks after [Params.Select]. A linear map is
// W [out, in] there, as in PyTorch, and x ↦ x Wᵀ + b.
//
// Its methods build a graph on parameters by name (see [Named]), so that a caller can put
// others in their place: W + B A for an adapter, θ_P + Δ for a delta.
type BERT struct {
	Words     int // V
	Positions int // the longest text
	Segments  int
	Dim       int // d
	Layers    int
	Heads     int     // divides Dim
	Hidden    int     // of the feed-forward part
	Eps       float64 // of LayerNorm; 0 for 1e-12
}

// MiniLM is the network of MiniLM-L6 (Wang et al. 2020), whose published weights are for it.
var MiniLM = BERT{Words: 30522, Positions: 512, Segments: 2, Dim: 384, Layers: 6, Heads: 12, Hidden: 1536}

// Texts are texts of T tokens each at most, as nodes of an integer type.
type Texts struct {
	Tokens   *Node // [n, T]
	Segments *Node // [n, T]; nil if all are 0
	Lengths  *Node // [n], tokens of each text, 1 at least; what stands behind them is not seen
}

// Names of parameters that others than BERT's methods ask for.
const (
	wordEmbedding = "embeddings.word_embeddings.weight"
	maskedBias    = "cls.predictions.bias"
)

// Params lists the encoder's parameters: "embeddings.word_embeddings.weight" [V, d],
// "position_embeddings", "token_type_embeddings" and "embeddings.LayerNorm.weight" and ".bias";
// for each block "encoder.layer.i.attention.self.query.weight" [d, d] and ".bias", "key",
// "value", "attention.output.dense", "attention.output.LayerNorm", "intermediate.dense"
// [Hidden, d], "output.dense" [d, Hidden] and "output.LayerNorm". Embeddings are N(0, 0.02²),
// linear maps from n dimensions N(0, 0.7²/n), their biases zero.
func (c BERT) Params() Layout {
	c.check()
	normal := Normal(0.02)
	l := Layout{
		{wordEmbedding, []int{c.Words, c.Dim}, normal},
		{"embeddings.position_embeddings.weight", []int{c.Positions, c.Dim}, normal},
		{"embeddings.token_type_embeddings.weight", []int{c.Segments, c.Dim}, normal},
	}
	l = append(l, norms("embeddings.LayerNorm", c.Dim)...)
	for i := range c.Layers {
		for _, m := range c.maps(i) {
			l = append(l, dense(m.name, m.in, m.out)...)
			if m.norm != "" {
				l = append(l, norms(m.norm, m.out)...)
			}
		}
	}
	return l
}

// linear is one linear map of a block.
type linear struct {
	name    string
	in, out int
	norm    string // the LayerNorm behind it, "" for none
}

func (c BERT) maps(i int) []linear {
	at := func(name string) string { return fmt.Sprintf("encoder.layer.%d.%s", i, name) }
	d := c.Dim
	return []linear{
		{at("attention.self.query"), d, d, ""},
		{at("attention.self.key"), d, d, ""},
		{at("attention.self.value"), d, d, ""},
		{at("attention.output.dense"), d, d, at("attention.output.LayerNorm")},
		{at("intermediate.dense"), d, c.Hidden, ""},
		{at("output.dense"), c.Hidden, d, at("output.LayerNorm")},
	}
}

// Linears returns the names of the weights of all linear maps, in the order in which a text
// meets them; the bias of "x.weight" is "x.bias".
func (c BERT) Linears() (names []string) {
	for i := range c.Layers {
		for _, m := range c.maps(i) {
			names = append(names, m.name+".weight")
		}
	}
	return names
}

// MaskedParams lists what [BERT.Masked] needs beside the encoder: "cls.predictions.bias" [V].
func (c BERT) MaskedParams() Layout { return Layout{{maskedBias, []int{c.Words}, Constant(0)}} }

// HeadParams lists a linear head, "classifier.weight" [outputs, d] and "classifier.bias", as
// BERT.Head takes it; its weight is N(0, 0.02²).
func (c BERT) HeadParams(outputs int) Layout {
	positive("a head", outputs)
	return Layout{{"classifier.weight", []int{outputs, c.Dim}, Normal(0.02)}, {"classifier.bias", []int{outputs}, Constant(0)}}
}

func (c BERT) check() {
	positive("BERT", c.Words, c.Positions, c.Segments, c.Dim, c.Layers, c.Heads, c.Hidden)
	if c.Dim%c.Heads != 0 {
		panic(fmt.Errorf("model: BERT: %d heads in %d dimensions: want a divisor", c.Heads, c.Dim))
	}
	if c.Eps < 0 {
		panic(fmt.Errorf("model: BERT: an ε of %g", c.Eps))
	}
}

func (c BERT) eps() float64 {
	if c.Eps == 0 {
		return 1e-12
	}
	return c.Eps
}

// Encode returns the last hidden states of texts, [n, T, d]. Those behind the end of a text
// say nothing.
func (c BERT) Encode(p map[string]*Node, texts Texts) *Node { return c.Visit(p, texts, nil) }

// EncodeFirst returns the last hidden states of the first tokens, [n, d]: [First] of
// [BERT.Encode] without what the last block would compute for the others, which is five sixths
// of its multiplications on long texts.
func (c BERT) EncodeFirst(p map[string]*Node, texts Texts) *Node {
	return First(c.encode(p, texts, true, nil))
}

// Visit is [BERT.Encode] that hands the input of each linear map, [n, T, in], to visit under
// the name of its weight; visit may be nil.
func (c BERT) Visit(p map[string]*Node, texts Texts, visit func(weight string, x *Node)) *Node {
	return c.encode(p, texts, false, visit)
}

// encode returns the last hidden states, [n, T, d], or [n, 1, d] of the first tokens alone.
func (c BERT) encode(p map[string]*Node, texts Texts, first bool, visit func(weight string, x *Node)) *Node {
	c.check()
	n, T := texts.Tokens.Shape().Dim(0), texts.Tokens.Shape().Dim(1)
	if T > c.Positions {
		panic(fmt.Errorf("model: texts of %d tokens, the encoder has %d positions: cut them", T, c.Positions))
	}
	apply := func(x *Node, name string) *Node {
		if visit != nil {
			visit(name+".weight", x)
		}
		return Affine(x, p[name+".weight"], p[name+".bias"])
	}
	norm := func(x *Node, name string) *Node { return LayerNorm(x, p[name+".weight"], p[name+".bias"], c.eps()) }
	heads := func(x *Node) *Node { return Reshape(x, n, x.Shape().Dim(1), c.Heads, c.Dim/c.Heads) }

	x := c.embed(p, texts) // [n, T, d]
	x = norm(x, "embeddings.LayerNorm")
	_, inside := Ends(texts.Lengths, T, x)
	seen := Reshape(inside, n, 1, 1, T)
	for i := range c.Layers {
		m, to := c.maps(i), x // the tokens that the next block is asked for
		if first && i == c.Layers-1 {
			to = Slice(x, AxisRange(), AxisRange(0, 1))
		}
		mixed, _ := Attention(heads(apply(to, m[0].name)), heads(apply(x, m[1].name)), heads(apply(x, m[2].name)), seen)
		x = norm(Add(to, apply(mixed, m[3].name)), m[3].norm)
		x = norm(Add(x, apply(Activation("gelu")(apply(x, m[4].name)), m[5].name)), m[5].norm)
	}
	return x
}

// embed returns the sums of embeddings, [n, T, d].
func (c BERT) embed(p map[string]*Node, texts Texts) *Node {
	T := texts.Tokens.Shape().Dim(1)
	x := Embed(p[wordEmbedding], texts.Tokens)
	places := p["embeddings.position_embeddings.weight"]
	kinds := p["embeddings.token_type_embeddings.weight"]
	if runs := places.Shape().Dim(0); places.Rank() == 3 { // those of R networks
		x = Add(x, spread(Slice(places, AxisRange(), AxisRange(0, T)), 2, x))
		if texts.Segments == nil {
			return Add(x, spread(Slice(kinds, AxisRange(), AxisRange(0, 1)), 2, x))
		}
		each := Reshape(OneHot(texts.Segments, c.Segments, x.DType()), runs, -1, T, c.Segments)
		return Add(x, Reshape(Einsum("rnts,rsd->rntd", each, kinds), x.Shape().Dimensions...))
	}
	x = Add(x, ExpandDims(Slice(places, AxisRange(0, T)), 0)) // [T, d]
	if texts.Segments == nil {
		return Add(x, ExpandDims(Slice(kinds, AxisRange(0, 1)), 0))
	}
	return Add(x, Einsum("nts,sd->ntd", OneHot(texts.Segments, c.Segments, x.DType()), kinds))
}

// Masked returns the logits of the words at places of texts, [n, M, V], from their hidden
// states [n, T, d] and places [n, M] of an integer type: the masked-language-model head whose
// matrix is that of the word embeddings, logits = h E_wordᵀ + bias.
func (c BERT) Masked(p map[string]*Node, hidden, places *Node) *Node {
	at := Einsum("nmt,ntd->nmd", OneHot(places, hidden.Shape().Dim(1), hidden.DType()), hidden)
	return Affine(at, p[wordEmbedding], p[maskedBias])
}

// Head is the linear head of [BERT.HeadParams] on vectors [n, d]: [n, outputs].
func (c BERT) Head(p map[string]*Node, x *Node) *Node {
	return Affine(x, p["classifier.weight"], p["classifier.bias"])
}

// First returns the hidden states of the first tokens, [n, d], which BERT has for the whole
// text.
func First(hidden *Node) *Node {
	return Reshape(Slice(hidden, AxisRange(), AxisElem(0)), hidden.Shape().Dim(0), hidden.Shape().Dim(2))
}

// MeanOf returns the mean of the hidden states [n, T, d] of each text's tokens, [n, d].
func MeanOf(hidden, lengths *Node) *Node {
	_, inside := Ends(lengths, hidden.Shape().Dim(1), hidden)
	weights := ConvertDType(inside, hidden.DType()) // [n, T]
	sum := Einsum("nt,ntd->nd", weights, hidden)
	return Div(sum, ConvertDType(ExpandDims(lengths, -1), hidden.DType()))
}

// Affine is x Wᵀ + b for x [..., in], W [out, in], b [out] or nil: [Linear] with the weights
// of PyTorch.
func Affine(x, w, b *Node) *Node { return Linear(x, Transpose(w, w.Rank()-2, w.Rank()-1), b) }

// dense lists the weight [out, in] and the bias of a linear map.
func dense(name string, in, out int) Layout {
	return Layout{{name + ".weight", []int{out, in}, Normal(0.7 / math.Sqrt(float64(in)))}, {name + ".bias", []int{out}, Constant(0)}}
}

// norms lists gain and bias of a LayerNorm under the names of PyTorch.
func norms(name string, d int) Layout {
	return Layout{{name + ".weight", []int{d}, Constant(1)}, {name + ".bias", []int{d}, Constant(0)}}
}
