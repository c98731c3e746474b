package model

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// InsertTokens puts tokens [n, t, d] directly behind the first token of x [n, T, d], the one of
// the class: [n, T+t, d]. Visual prompt tuning inserts prompts so (Jia et al. 2022).
func InsertTokens(x, tokens *Node) *Node {
	if x.Rank() != 3 || tokens.Rank() != 3 || tokens.Shape().Dim(0) != x.Shape().Dim(0) || tokens.Shape().Dim(2) != x.Shape().Dim(2) {
		panic(fmt.Errorf("model: tokens of shape %v inserted into %v: want [n, t, d] into [n, T, d]", tokens.Shape().Dimensions, x.Shape().Dimensions))
	}
	return Concatenate([]*Node{Slice(x, AxisRange(), AxisRange(0, 1)), tokens, Slice(x, AxisRange(), AxisRange(1))}, 1)
}

// Through sends tokens x [n, T, d] through the blocks from, ..., to-1 and returns the attention
// of each. Before block i it inserts inserted[i] [n, t_i, d] behind the class token
// ([InsertTokens]); tokens that were inserted before stay, so that the sequence grows by t_i.
// A zero token is not none: it takes part in the softmax.
func (c ViT) Through(p map[string]*Node, x *Node, from, to int, inserted map[int]*Node) (out *Node, attention []*Node) {
	if from < 0 || to > c.Layers || from > to {
		panic(fmt.Errorf("model: ViT: blocks %d to %d of %d", from, to, c.Layers))
	}
	for i := range inserted {
		if i < from || i >= to {
			panic(fmt.Errorf("model: ViT: tokens before block %d, of blocks %d to %d", i, from, to))
		}
	}
	for i := from; i < to; i++ {
		if tokens := inserted[i]; tokens != nil {
			x = InsertTokens(x, tokens)
		}
		var a *Node
		x, a = c.Block(p, i, x)
		attention = append(attention, a)
	}
	return x, attention
}

// Feature is the mean of the first tokens of x [n, T, d] behind the last norm, [n, d]. One token
// is that of the class, which the head of [ViT.Apply] sees.
func (c ViT) Feature(p map[string]*Node, x *Node, first int) *Node {
	n := x.Shape().Dim(0)
	if first < 1 || first > x.Shape().Dim(1) {
		panic(fmt.Errorf("model: ViT: the mean of %d tokens of %d", first, x.Shape().Dim(1)))
	}
	norm := func(x *Node) *Node { return LayerNorm(x, p["norm.gain"], p["norm.bias"], normEps) }
	if first == 1 {
		return norm(Reshape(Slice(x, AxisRange(), AxisElem(0)), n, c.Dim))
	}
	return ReduceMean(norm(Slice(x, AxisRange(), AxisRange(0, first))), 1)
}
