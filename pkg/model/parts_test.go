package model

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
)

// Tokens, Block and Head are what Apply is made of; a token that is inserted shows.
func TestViTInParts(t *testing.T) {
	c := ViT{Height: 2, Width: 4, Patch: 2, Layers: 2, Dim: 4, Heads: 2, Hidden: 5, Classes: 3}
	params := drawLarge(t, c.Params())
	images := draw(4, Layout{{"x", []int{3, 8}, Normal(1)}})
	out := eval(t, func(in []*Node) []*Node {
		params, images := in[:len(params)], in[len(params)]
		whole, _ := c.Apply(params, images)
		p := Named("ViT", c.Params(), params)
		parts := func(extra bool) *Node {
			x := c.Tokens(p, images)
			if extra {
				x = Concatenate([]*Node{x, Slice(x, AxisRange(), AxisRange(1, 2))}, 1)
			}
			for i := range c.Layers {
				x, _ = c.Block(p, i, x)
			}
			return c.Head(p, x)
		}
		return []*Node{whole, parts(false), parts(true)}
	}, append(params, images...)...)
	near(t, "the parts", out[1], out[0], 0)
	if d := gap(out[2], out[0]); !(d > 1e-3) {
		t.Errorf("an inserted token changes the logits by just %g", d)
	}
}

// Behind the end of a text nothing is seen: what stands there changes nothing, exactly.
func TestAttentionOfPadded(t *testing.T) {
	q := draw(1, Layout{{"q", []int{2, 3, 2, 4}, Normal(1)}})
	k := draw(2, Layout{{"k", []int{2, 3, 2, 4}, Normal(1)}})
	out := eval(t, func(in []*Node) []*Node {
		q, k, lengths := in[0], in[1], in[2]
		_, inside := Ends(lengths, 3, q) // [n, s]
		seen := Reshape(inside, 2, 1, 1, 3)
		other := Where(BroadcastToDims(Reshape(inside, 2, 3, 1, 1), 2, 3, 2, 4), k, AddScalar(k, 5))
		a, weights := Attention(q, k, k, seen)
		b, _ := Attention(q, other, other, seen)
		c, _ := Attention(q, other, other, nil)
		return []*Node{a, b, c, ReduceSum(weights, -1), Slice(weights, AxisElem(0), AxisRange(), AxisRange(), AxisElem(2))}
	}, q[0], k[0], ints([]int{2}, 2, 3))
	near(t, "another filling", out[1], out[0], 0)
	if d := gap(out[2], out[0]); !(d > 1e-3) {
		t.Errorf("without a mask the filling changes the output by just %g", d)
	}
	for _, sum := range out[3] {
		if !(sum >= 1-round && sum <= 1+round) {
			t.Errorf("attention sums to %g", sum)
		}
	}
	for _, w := range out[4] {
		if w != 0 {
			t.Errorf("attention of %g behind the end", w)
		}
	}
}
