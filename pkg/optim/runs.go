package optim

import (
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/xla"
)

// StepRuns is [Step] for R runs side by side, for devices on which a step costs the start
// of its kernels: all parameters and slots have a leading axis R, as [StateRuns] makes them.
// obj returns the R losses, [R], and gradients of the shapes of the parameters. opt is the
// optimizer of any of the runs, whose optimizers differ in numbers alone (see
// [Spec.Program]): the numbers are slots, and each run has its own. Norms and means are
// those of a run. The optimizer of a [Spec] updates all runs at once, another run by run.
func StepRuns(obj Objective, opt Optimizer, nParams int) xla.Step {
	if obj == nil || opt == nil || nParams < 1 {
		panic("optim: a step of runs needs an objective, an optimizer and a parameter")
	}
	return func(k *Node, state, args []*Node) []*Node {
		if len(state) < nParams {
			panic(fmt.Errorf("optim: %s: %d parameters in a state of %d", opt.Name(), nParams, len(state)))
		}
		params := state[:nParams:nParams]
		runs := params[0].Shape().Dim(0)
		losses, grads := obj(k, params, args)
		if len(grads) != nParams || !slices.Equal(losses.Shape().Dimensions, []int{runs}) {
			panic(fmt.Errorf("optim: %s: the objective of %d runs has losses %s and %d gradients for %d parameters", opt.Name(), runs, losses.Shape(), len(grads), nParams))
		}
		if _, all := opt.(*specified); all {
			p, s := opt.Update(k, losses, grads, params, state[nParams:])
			return append(p, s...)
		}
		parts := make([][]*Node, len(state))
		for r := range runs {
			of := func(all []*Node) []*Node { return ofRun(all, r) }
			p, s := opt.Update(k, ofRun([]*Node{losses}, r)[0], of(grads), of(params), of(state[nParams:]))
			for i, x := range append(p, s...) {
				parts[i] = append(parts[i], x)
			}
		}
		next := make([]*Node, len(state))
		for i, of := range parts {
			next[i] = Stack(of, 0)
		}
		return next
	}
}

// EachRun returns an objective of R runs for [StepRuns] from that of one, whose args have a
// leading axis R as well. It computes run by run within one program: an objective that
// multiplies matrices of all runs at once starts fewer kernels.
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

// MeasureRuns returns the measure of a loop of [StepRuns] from that of a loop of [Step], whose
// args have a leading axis R as well: the numbers of each run, one run after the other.
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

// StateRuns returns what a loop of [StepRuns] starts from: the parameters of each run and
// the slots of its optimizer, on a leading axis.
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
