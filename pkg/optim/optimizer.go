package optim

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/xla"
)

// Objective returns the loss of the step after k steps, a scalar, and its
// gradient, a node for each parameter. k, an Int64 scalar, chooses a minibatch,
// a fresh sample or a temperature. A hand-written gradient may be another than
// the loss's own: one that is scaled, or has weight decay added.
type Objective func(k *Node, params, args []*Node) (loss *Node, grads []*Node)

// Autodiff returns the objective of a loss with the gradient that GoMLX derives.
func Autodiff(loss func(params, args []*Node) *Node) Objective {
	return AutodiffAt(func(_ *Node, params, args []*Node) *Node { return loss(params, args) })
}

// AutodiffAt is [Autodiff] for a loss that depends on the step.
func AutodiffAt(loss func(k *Node, params, args []*Node) *Node) Objective {
	return func(k *Node, params, args []*Node) (*Node, []*Node) {
		f := loss(k, params, args)
		return f, Gradient(f, params...)
	}
}

// Optimizer is a rule that makes steps from gradients.
type Optimizer interface {
	// Name is the method with its constants, as a legend would write it.
	Name() string

	// Slots returns the optimizer's own state at the beginning of a run, on the
	// host.
	Slots(params []*tensors.Tensor) []*tensors.Tensor

	// Update returns the parameters and slots after step k, an Int64 scalar.
	// loss and grads are those at params, a gradient for each parameter.
	Update(k, loss *Node, grads, params, slots []*Node) (newParams, newSlots []*Node)
}

// State returns what a loop of [Step] starts from: the parameters, then the
// slots of the optimizer.
func State(opt Optimizer, params ...*tensors.Tensor) []*tensors.Tensor {
	return append(append([]*tensors.Tensor{}, params...), opt.Slots(params)...)
}

// Step returns the step of a loop whose state is nParams parameters and the
// slots of the optimizer.
func Step(obj Objective, opt Optimizer, nParams int) xla.Step {
	if obj == nil || opt == nil || nParams < 1 {
		panic("optim: a step needs an objective, an optimizer and a parameter")
	}
	return func(k *Node, state, args []*Node) []*Node {
		if len(state) < nParams {
			panic(fmt.Errorf("optim: %s: %d parameters in a state of %d", opt.Name(), nParams, len(state)))
		}
		params, slots := state[:nParams:nParams], state[nParams:]
		loss, grads := obj(k, params, args)
		if len(grads) != nParams {
			panic(fmt.Errorf("optim: %s: the objective has %d gradients for %d parameters", opt.Name(), len(grads), nParams))
		}
		for i, g := range grads {
			if !g.Shape().Equal(params[i].Shape()) {
				panic(fmt.Errorf("optim: %s: gradient %d has shape %s, its parameter %s", opt.Name(), i, g.Shape(), params[i].Shape()))
			}
		}
		newParams, newSlots := opt.Update(k, loss, grads, params, slots)
		return append(newParams, newSlots...)
	}
}

// zeros returns n slots of zeros for each parameter: first one for each, then
// the second for each.
func zeros(params []*tensors.Tensor, n int) []*tensors.Tensor {
	slots := make([]*tensors.Tensor, 0, n*len(params))
	for range n {
		for _, p := range params {
			slots = append(slots, tensors.FromShape(p.Shape()))
		}
	}
	return slots
}

// checkSlots panics unless there are n slots for each parameter.
func checkSlots(opt Optimizer, params, slots []*Node, n int) {
	if len(slots) != n*len(params) {
		panic(fmt.Errorf("optim: %s keeps %d slots for %d parameters, the state has %d (make it with optim.State)",
			opt.Name(), n*len(params), len(params), len(slots)))
	}
}
