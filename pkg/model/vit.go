package model

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// ViT is a vision transformer (Dosovitskiy et al. 2021) for images of one channel:
// patches and a token of its own for the class, learned positions, blocks with LayerNorm
// before each part,
//
//	x ← x + attention(norm(x)),  x ← x + GELU(norm(x) W₁ + b₁) W₂ + b₂,
//
// and a linear head on the class token after a last norm.
type ViT struct {
	Height, Width int // of an image
	Patch         int // side of a patch, which divides both
	Layers        int
	Dim           int
	Heads         int // divides Dim
	Hidden        int
	Classes       int
}

// normEps is the ε of LayerNorm in ViT.
const normEps = 1e-6

// Params lists "patch.w" [Patch², d], "patch.b"; "class" [d]; "positions" [1+patches, d];
// for each block i "blocks.i.norm1.gain", "norm1.bias", "q.w", "q.b" and likewise "k", "v",
// "o" [d, d], "norm2.gain", "norm2.bias", "up" [d, Hidden] and "down" [Hidden, d] with
// biases; "norm.gain", "norm.bias"; and "head.w" [d, Classes], "head.b", which start at zero.
// Positions, class token and patches are N(0, 0.02²), N(0, 0.02²) and uniform.
func (c ViT) Params() Layout {
	c.check()
	l := LinearParams("patch", c.Patch*c.Patch, c.Dim, FanIn(c.Patch*c.Patch))
	l = append(l, Param{"class", []int{c.Dim}, Normal(0.02)},
		Param{"positions", []int{1 + c.Patches(), c.Dim}, Normal(0.02)})
	for i := range c.Layers {
		at := func(name string) string { return fmt.Sprintf("blocks.%d.%s", i, name) }
		l = append(l, NormParams(at("norm1"), c.Dim)...)
		for _, name := range []string{"q", "k", "v", "o"} {
			l = append(l, LinearParams(at(name), c.Dim, c.Dim, FanIn(c.Dim))...)
		}
		l = append(l, NormParams(at("norm2"), c.Dim)...)
		l = append(l, LinearParams(at("up"), c.Dim, c.Hidden, FanIn(c.Dim))...)
		l = append(l, LinearParams(at("down"), c.Hidden, c.Dim, FanIn(c.Hidden))...)
	}
	return append(append(l, NormParams("norm", c.Dim)...), LinearParams("head", c.Dim, c.Classes, Constant(0))...)
}

func (c ViT) check() {
	positive("ViT", c.Height, c.Width, c.Patch, c.Layers, c.Dim, c.Heads, c.Hidden, c.Classes)
	if c.Height%c.Patch != 0 || c.Width%c.Patch != 0 || c.Dim%c.Heads != 0 {
		panic(fmt.Errorf("model: ViT: patches of %d in images of %d by %d, %d heads in %d dimensions: want divisors",
			c.Patch, c.Height, c.Width, c.Heads, c.Dim))
	}
}

// Patches returns how many patches an image has.
func (c ViT) Patches() int { return c.Height / c.Patch * (c.Width / c.Patch) }

// Apply maps images [n, Height·Width], rows of pixels one after the other, to logits
// [n, Classes]. It also returns the attention of all blocks, [Layers·n, Heads, T, T] with
// T = 1 + Patches.
func (c ViT) Apply(params []*Node, images *Node) (logits, attention *Node) {
	p := Named("ViT", c.Params(), params)
	x, seen := c.Through(p, c.Tokens(p, images), 0, c.Layers, nil)
	attention = seen[0]
	if len(seen) > 1 {
		attention = Concatenate(seen, 0)
	}
	return c.Head(p, x), attention
}

// Together is Apply of R networks at once: params are [R, ...], images [R, n, Height·Width], the
// logits [R, n, Classes] and the attention [R, Layers·n, Heads, T, T]. What all do alike is done
// on R·n images, and a product with parameters is one product on a leading axis.
func (c ViT) Together(params []*Node, images *Node) (logits, attention *Node) {
	p := NamedTogether("ViT", c.Params(), params)
	runs, n, T := images.Shape().Dim(0), images.Shape().Dim(1), 1+c.Patches()
	x, seen := c.Through(p, c.Tokens(p, Reshape(images, runs*n, -1)), 0, c.Layers, nil)
	for i, a := range seen {
		seen[i] = Reshape(a, runs, n, c.Heads, T, T)
	}
	return Reshape(c.Head(p, x), runs, n, c.Classes), Concatenate(seen, 1)
}

// Tokens is how the network begins: a class token and the patches of images at their
// positions, [n, 1+patches, d]. The parameters are those of [Named]; Tokens, [ViT.Block] and
// [ViT.Head] are the parts of Apply, between which a caller can insert tokens of its own.
func (c ViT) Tokens(p map[string]*Node, images *Node) *Node {
	n := images.Shape().Dim(0)
	x := Linear(c.cut(images), p["patch.w"], p["patch.b"]) // [n, patches, d]
	class := BroadcastToDims(spread(p["class"], 1, x), n, 1, c.Dim)
	return Add(Concatenate([]*Node{class, x}, 1), spread(p["positions"], 2, x)) // [n, T, d]
}

// Head is how it ends: norm and linear map of the first of the tokens x [n, T, d]; the
// logits are [n, Classes].
func (c ViT) Head(p map[string]*Node, x *Node) *Node {
	return Linear(c.Feature(p, x, 1), p["head.w"], p["head.b"])
}

// cut returns the patches of images, [n, patches, Patch²].
func (c ViT) cut(images *Node) *Node {
	n, down, across := images.Shape().Dim(0), c.Height/c.Patch, c.Width/c.Patch
	x := Reshape(images, n, down, c.Patch, across, c.Patch)
	return Reshape(TransposeAllDims(x, 0, 1, 3, 2, 4), n, down*across, c.Patch*c.Patch)
}

// Block is layer i on tokens x [n, T, d], of any number T; it also returns its attention
// [n, Heads, T, T].
func (c ViT) Block(p map[string]*Node, i int, x *Node) (out, attention *Node) {
	w := func(name string) *Node { return p[fmt.Sprintf("blocks.%d.%s", i, name)] }
	apply := func(x *Node, name string) *Node { return Linear(x, w(name+".w"), w(name+".b")) }
	norm := func(x *Node, name string) *Node { return LayerNorm(x, w(name+".gain"), w(name+".bias"), normEps) }
	n, T := x.Shape().Dim(0), x.Shape().Dim(1)
	heads := func(x *Node, name string) *Node { return Reshape(apply(x, name), n, T, c.Heads, c.Dim/c.Heads) }

	in := norm(x, "norm1")
	mixed, attention := Attention(heads(in, "q"), heads(in, "k"), heads(in, "v"), nil)
	x = Add(x, apply(mixed, "o"))
	return Add(x, apply(Activation("gelu")(apply(norm(x, "norm2"), "up")), "down")), attention
}
