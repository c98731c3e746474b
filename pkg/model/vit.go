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
	l := linear("patch", c.Patch*c.Patch, c.Dim, FanIn(c.Patch*c.Patch))
	l = append(l, Param{"class", []int{c.Dim}, Normal(0.02)},
		Param{"positions", []int{1 + c.Patches(), c.Dim}, Normal(0.02)})
	norm := func(name string) Layout {
		return Layout{{name + ".gain", []int{c.Dim}, Constant(1)}, {name + ".bias", []int{c.Dim}, Constant(0)}}
	}
	for i := range c.Layers {
		at := func(name string) string { return fmt.Sprintf("blocks.%d.%s", i, name) }
		l = append(l, norm(at("norm1"))...)
		for _, name := range []string{"q", "k", "v", "o"} {
			l = append(l, linear(at(name), c.Dim, c.Dim, FanIn(c.Dim))...)
		}
		l = append(l, norm(at("norm2"))...)
		l = append(l, linear(at("up"), c.Dim, c.Hidden, FanIn(c.Dim))...)
		l = append(l, linear(at("down"), c.Hidden, c.Dim, FanIn(c.Hidden))...)
	}
	return append(append(l, norm("norm")...), linear("head", c.Dim, c.Classes, Constant(0))...)
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
	p := named("ViT", c.Params(), params)
	n := images.Shape().Dim(0)
	x := Linear(c.cut(images), p["patch.w"], p["patch.b"]) // [n, patches, d]
	class := BroadcastToDims(Reshape(p["class"], 1, 1, c.Dim), n, 1, c.Dim)
	x = Add(Concatenate([]*Node{class, x}, 1), ExpandDims(p["positions"], 0)) // [n, T, d]

	var seen []*Node
	for i := range c.Layers {
		var a *Node
		x, a = c.block(p, i, x)
		seen = append(seen, a)
	}
	attention = seen[0]
	if len(seen) > 1 {
		attention = Concatenate(seen, 0)
	}
	x = Reshape(Slice(x, AxisRange(), AxisElem(0)), n, c.Dim)
	x = LayerNorm(x, p["norm.gain"], p["norm.bias"], normEps)
	return Linear(x, p["head.w"], p["head.b"]), attention
}

// cut returns the patches of images, [n, patches, Patch²].
func (c ViT) cut(images *Node) *Node {
	n, down, across := images.Shape().Dim(0), c.Height/c.Patch, c.Width/c.Patch
	x := Reshape(images, n, down, c.Patch, across, c.Patch)
	return Reshape(TransposeAllDims(x, 0, 1, 3, 2, 4), n, down*across, c.Patch*c.Patch)
}

// block is one layer on x [n, T, d]; it also returns its attention [n, Heads, T, T].
func (c ViT) block(p map[string]*Node, i int, x *Node) (out, attention *Node) {
	w := func(name string) *Node { return p[fmt.Sprintf("blocks.%d.%s", i, name)] }
	apply := func(x *Node, name string) *Node { return Linear(x, w(name+".w"), w(name+".b")) }
	norm := func(x *Node, name string) *Node { return LayerNorm(x, w(name+".gain"), w(name+".bias"), normEps) }
	n, T := x.Shape().Dim(0), x.Shape().Dim(1)
	heads := func(x *Node, name string) *Node { return Reshape(apply(x, name), n, T, c.Heads, c.Dim/c.Heads) }

	in := norm(x, "norm1")
	mixed, attention := attend(heads(in, "q"), heads(in, "k"), heads(in, "v"), false)
	x = Add(x, apply(mixed, "o"))
	return Add(x, apply(Activation("gelu")(apply(norm(x, "norm2"), "up")), "down")), attention
}
