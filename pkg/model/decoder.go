package model

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// Decoder is the language model that Zhao et al. 2024 train to see the implicit geometry
// of next-token prediction: a causal transformer without positions, with RMSNorm before
// each part, SwiGLU, untied embeddings and a decoder W without bias on the last position,
//
//	x ← x + attention(norm(x)),  x ← x + SwiGLU(norm(x)),  h = norm(x_T),  logits = W h
//	SwiGLU(x) = (silu(x W₁) ∘ x W₃) W₂
//
// Without positions a query sees the tokens before it as a set. With one layer, contexts
// of the same tokens in another order that end alike have the same h; with more, the order
// shows through what the earlier positions themselves could see.
type Decoder struct {
	Contexts int // tokens of the contexts
	Words    int // V, tokens to predict
	Layers   int
	Dim      int // d, of embeddings
	Heads    int
	HeadDim  int
	Hidden   int     // of SwiGLU
	Eps      float64 // of RMSNorm
}

// NewDecoder returns the authors' network for a number of layers and a dimension, 4 and
// 128 in the paper: six heads of even width that together fit into dim, 4·dim hidden
// units.
func NewDecoder(contexts, words, layers, dim int) Decoder {
	const heads = 6
	return Decoder{
		Contexts: contexts, Words: words, Layers: layers, Dim: dim,
		Heads: heads, HeadDim: dim / heads / 2 * 2, Hidden: 4 * dim, Eps: 1e-5,
	}
}

// Params lists the parameters: "embed" [Contexts, d]; for each block i "blocks.i.norm1"
// [d], "wq", "wk", "wv" [d, Heads·HeadDim], "wo" [Heads·HeadDim, d], "norm2" [d], "w1",
// "w3" [d, Hidden], "w2" [Hidden, d]; "norm" [d]; and "decoder.w" [V, d], whose rows are
// the words' embeddings. They are N(0, 0.02²), those of wo and w3 smaller by √(2·Layers).
func (d Decoder) Params() Layout {
	positive("decoder", d.Contexts, d.Words, d.Layers, d.Dim, d.Heads, d.HeadDim, d.Hidden)
	const std = 0.02
	normal, small, one := Normal(std), Normal(std/math.Sqrt(2*float64(d.Layers))), Constant(1)
	inner := d.Heads * d.HeadDim
	l := Layout{{"embed", []int{d.Contexts, d.Dim}, normal}}
	for i := range d.Layers {
		at := func(name string) string { return fmt.Sprintf("blocks.%d.%s", i, name) }
		l = append(l,
			Param{at("norm1"), []int{d.Dim}, one},
			Param{at("wq"), []int{d.Dim, inner}, normal},
			Param{at("wk"), []int{d.Dim, inner}, normal},
			Param{at("wv"), []int{d.Dim, inner}, normal},
			Param{at("wo"), []int{inner, d.Dim}, small},
			Param{at("norm2"), []int{d.Dim}, one},
			Param{at("w1"), []int{d.Dim, d.Hidden}, normal},
			Param{at("w3"), []int{d.Dim, d.Hidden}, small},
			Param{at("w2"), []int{d.Hidden, d.Dim}, normal},
		)
	}
	return append(l, Param{"norm", []int{d.Dim}, one}, Param{"decoder.w", []int{d.Words, d.Dim}, normal})
}

// Apply returns, for contexts of T tokens each, [m, T] of an integer type, the features h
// of the last position, [m, d], and the logits, [m, V]. In the last block, only the last
// position asks.
func (d Decoder) Apply(params []*Node, tokens *Node) (h, logits *Node) {
	p := Named("decoder", d.Params(), params)
	x := d.blocks(p, tokens, true)                       // [m, 1, d]
	h = Reshape(x, tokens.Shape().Dim(0), d.Dim)         // [m, d]
	return h, MatMul(h, Transpose(p["decoder.w"], 0, 1)) // [m, V]
}

// Features returns the features of all positions, [m, T, d]: those of position t depend
// on the tokens up to t.
func (d Decoder) Features(params []*Node, tokens *Node) *Node {
	return d.blocks(Named("decoder", d.Params(), params), tokens, false)
}

// blocks returns the features of the last position or of all.
func (d Decoder) blocks(p map[string]*Node, tokens *Node, last bool) *Node {
	x := Embed(p["embed"], tokens) // [m, T, d]
	for i := range d.Layers {
		x = d.block(p, i, x, last && i == d.Layers-1)
	}
	return RMSNorm(x, p["norm"], d.Eps)
}

// block is one layer on x [m, T, d]. With last, it returns the last position, [m, 1, d].
func (d Decoder) block(p map[string]*Node, i int, x *Node, last bool) *Node {
	w := func(name string) *Node { return p[fmt.Sprintf("blocks.%d.%s", i, name)] }
	m, T := x.Shape().Dim(0), x.Shape().Dim(1)
	heads := func(x, w *Node) *Node { return Reshape(Linear(x, w, nil), m, -1, d.Heads, d.HeadDim) }

	in := RMSNorm(x, w("norm1"), d.Eps)
	k, v := heads(in, w("wk")), heads(in, w("wv"))
	seen := (*Node)(nil) // the last position sees all
	if last {
		end := AxisRange(T-1, T)
		x, in = Slice(x, AxisRange(), end), Slice(in, AxisRange(), end)
	} else {
		seen = Causal(x.Graph(), T)
	}
	out, _ := Attention(heads(in, w("wq")), k, v, seen)
	x = Add(x, Linear(out, w("wo"), nil))

	in = RMSNorm(x, w("norm2"), d.Eps)
	gate := Mul(Activation("silu")(Linear(in, w("w1"), nil)), Linear(in, w("w3"), nil))
	return Add(x, Linear(gate, w("w2"), nil))
}
