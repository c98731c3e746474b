package model

import (
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Contexts 0 and 1 differ in the last token, 0 and 2 in the order of the first three.
var orders = ints([]int{3, 4}, 0, 1, 2, 3, 0, 1, 2, 4, 2, 0, 1, 3)

// What a position knows comes from the tokens up to it, and the last block, which asks
// only at the end, gives what the whole one gives there.
func TestDecoderCausality(t *testing.T) {
	d := Decoder{Contexts: 5, Words: 4, Layers: 2, Dim: 6, Heads: 2, HeadDim: 2, Hidden: 5, Eps: 1e-5}
	one := d
	one.Layers = 1
	params := drawLarge(t, d.Params())
	out := eval(t, func(in []*Node) []*Node {
		n, short := len(params), len(one.Params())-2
		h, _ := d.Apply(in[:n], in[n])
		single := append(append([]*Node{}, in[:short]...), in[n-2], in[n-1])
		h1, _ := one.Apply(single, in[n])
		return []*Node{d.Features(in[:n], in[n]), h, h1}
	}, append(params, orders)...)
	features, h, h1 := out[0], out[1], out[2]
	for s := range 4 {
		a, b := row(row(features, 3, 0), 4, s), row(row(features, 3, 1), 4, s)
		if diff := gap(a, b); s < 3 && diff != 0 {
			t.Errorf("position %d changes by %g with the token at 3", s, diff)
		} else if s == 3 && !(diff > 1e-3) {
			t.Errorf("position 3 changes by just %g with its own token", diff)
		}
	}
	for i := range 3 {
		near(t, "the last position", row(h, 3, i), row(row(features, 3, i), 4, 3), round)
	}
	// Order is seen from two layers on, see Decoder.
	near(t, "one layer, another order", row(h1, 3, 0), row(h1, 3, 2), round)
	if diff := gap(row(h, 3, 0), row(h, 3, 2)); !(diff > 1e-3) {
		t.Errorf("two layers: another order changes h by just %g", diff)
	}
}

// drawLarge draws all parameters from N(0, 0.7²), so that the parts of a network are of
// comparable size.
func drawLarge(t *testing.T, l Layout) []*tensors.Tensor {
	t.Helper()
	large := append(Layout{}, l...)
	for i := range large {
		large[i].Init = Normal(0.7)
	}
	return draw(9, large)
}

// Exchanging heads of equation (4) together with their rows of W₀ changes nothing;
// exchanging the heads alone does.
func TestEquation4Heads(t *testing.T) {
	c := Equation4{Zeta: 4, T: 3, Dim: 3, Heads: 2, Key: 2, Value: 2, Hidden: 3, Activation: "logistic"}
	params := drawLarge(t, c.Params())
	out := eval(t, func(in []*Node) []*Node {
		n := len(params)
		swap := func(x *Node) *Node {
			half := x.Shape().Dim(0) / 2
			return Concatenate([]*Node{Slice(x, AxisRange(half)), Slice(x, AxisRange(0, half))}, 0)
		}
		at := func(names ...string) *Node {
			p := append([]*Node{}, in[:n]...)
			for _, name := range names {
				i := c.Params().Index(name)
				p[i] = swap(p[i])
			}
			_, logits := c.Apply(p, in[n], in[n+1])
			return logits
		}
		return []*Node{at(), at("w1", "w2", "w3", "w0"), at("w1", "w2", "w3")}
	}, append(params, hostTokens, hostLengths)...)
	near(t, "heads exchanged", out[1], out[0], round)
	if diff := gap(out[2], out[0]); !(diff > 1e-3) {
		t.Errorf("exchanging heads alone changes the logits by just %g", diff)
	}
}

// Patches of an image may change places if their positions do; attention sums to one.
func TestViTPatches(t *testing.T) {
	c := ViT{Height: 2, Width: 4, Patch: 2, Layers: 2, Dim: 4, Heads: 2, Hidden: 5, Classes: 3}
	params := drawLarge(t, c.Params())
	pixels := Layout{{"x", []int{1, 8}, Normal(1)}}.Draw(rand.New(rand.NewPCG(4, 1)), dtypes.Float64)[0]
	out := eval(t, func(in []*Node) []*Node {
		n := len(params)
		image := in[n]
		swapped := Reshape(Concatenate([]*Node{ // columns 2, 3 before 0, 1
			Slice(Reshape(image, 2, 4), AxisRange(), AxisRange(2)),
			Slice(Reshape(image, 2, 4), AxisRange(), AxisRange(0, 2)),
		}, 1), 1, 8)
		moved := append([]*Node{}, in[:n]...)
		i := c.Params().Index("positions")
		u := moved[i]
		moved[i] = Concatenate([]*Node{Slice(u, AxisRange(0, 1)), Slice(u, AxisRange(2)), Slice(u, AxisRange(1, 2))}, 0)
		logits, attention := c.Apply(in[:n], image)
		both, _ := c.Apply(moved, swapped)
		alone, _ := c.Apply(in[:n], swapped)
		return []*Node{logits, both, alone, ReduceSum(attention, -1)}
	}, append(params, pixels)...)
	near(t, "patches and positions exchanged", out[1], out[0], round)
	if diff := gap(out[2], out[0]); !(diff > 1e-3) {
		t.Errorf("exchanging patches alone changes the logits by just %g", diff)
	}
	if want := c.Layers * c.Heads * (1 + c.Patches()); len(out[3]) != want {
		t.Errorf("%d queries, want %d", len(out[3]), want)
	}
	for _, sum := range out[3] {
		if !(sum >= 1-round && sum <= 1+round) {
			t.Errorf("attention sums to %g", sum)
		}
	}
}
