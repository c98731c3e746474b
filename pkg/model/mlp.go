package model

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// MLP is a fully connected network: x ↦ x W + b from each width to the next, with the
// activation after all but the last.
type MLP struct {
	Widths     []int // of the input, the hidden layers and the output
	Activation string
}

// Params lists "0.w", "0.b", "1.w" and so on, uniform between ±1/√inputs.
func (c MLP) Params() Layout {
	if len(c.Widths) < 2 {
		panic(fmt.Errorf("model: MLP of widths %v: want an input and an output at least", c.Widths))
	}
	positive("MLP", c.Widths...)
	var l Layout
	for i, in := range c.Widths[:len(c.Widths)-1] {
		l = append(l, LinearParams(fmt.Sprint(i), in, c.Widths[i+1], FanIn(in))...)
	}
	return l
}

// Apply maps x [n, in] to [n, out].
func (c MLP) Apply(params []*Node, x *Node) *Node {
	Named("MLP", c.Params(), params)
	for i := 0; i < len(params); i += 2 {
		x = Linear(x, params[i], params[i+1])
		if i+2 < len(params) {
			x = Activation(c.Activation)(x)
		}
	}
	return x
}

// Together is Apply of R networks at once: params are [R, ...], x [R, n, in], and the outputs
// [R, n, out]. Each layer is one product of matrices on a leading axis.
func (c MLP) Together(params []*Node, x *Node) *Node {
	NamedTogether("MLP", c.Params(), params)
	for i := 0; i < len(params); i += 2 {
		x = linears(x, params[i], params[i+1])
		if i+2 < len(params) {
			x = Activation(c.Activation)(x)
		}
	}
	return x
}
