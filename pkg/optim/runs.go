package optim

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/xla"
)

// EachRun returns an objective of R runs side by side from that of one: parameters and args
// [R, ...], losses [R]. With the optimizer of a [Spec] it makes a [Step] of all of them. It
// computes run by run within one program: an objective that multiplies matrices of all runs
// at once starts fewer kernels.
func EachRun(obj Objective) Objective {
	return func(k *Node, params, args []*Node) (losses *Node, grads []*Node) {
		runs := params[0].Shape().Dim(0)
		all, parts := make([]*Node, runs), make([][]*Node, len(params))
		for r := range runs {
			loss, g := obj(k, ofRun(params, r), ofRun(args, r))
			if len(g) != len(params) {
				panic(fmt.Errorf("optim: the objective has %d gradients for %d parameters", len(g), len(params)))
			}
			all[r] = loss
			for i := range g {
				parts[i] = append(parts[i], g[i])
			}
		}
		for _, of := range parts {
			grads = append(grads, Stack(of, 0))
		}
		return Stack(all, 0), grads
	}
}

// MeasureRuns returns the measure of R runs side by side from that of one, whose state and
// args are [R, ...] here: the numbers of each run, one run after the other.
func MeasureRuns(measure xla.Step) xla.Step {
	return func(k *Node, state, args []*Node) (row []*Node) {
		for r := range state[0].Shape().Dim(0) {
			row = append(row, measure(k, ofRun(state, r), ofRun(args, r))...)
		}
		return row
	}
}

// ofRun returns run r of nodes that have a leading axis.
func ofRun(all []*Node, r int) []*Node {
	out := make([]*Node, len(all))
	for i, x := range all {
		out[i] = Squeeze(Slice(x, AxisElem(r)), 0)
	}
	return out
}

// StateRuns returns what a loop of runs side by side starts from: the parameters of each run
// and the slots of its optimizer, on a leading axis.
func StateRuns(opts []Optimizer, params [][]*tensors.Tensor) ([]*tensors.Tensor, error) {
	if len(opts) == 0 || len(opts) != len(params) {
		return nil, fmt.Errorf("optim: the state of %d runs with %d optimizers: want as many, and at least one", len(params), len(opts))
	}
	states := make([][]*tensors.Tensor, len(opts))
	for r, opt := range opts {
		states[r] = State(opt, params[r]...)
	}
	return xla.StackRuns(states)
}
