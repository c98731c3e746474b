package optim

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// GD is gradient descent (Cauchy 1847):
//
//	θ ← θ − η_k g
func GD(lr Schedule) Optimizer { return gd{lr} }

type gd struct{ lr Schedule }

func (gd) Name() string                              { return "GD" }
func (gd) Slots([]*tensors.Tensor) []*tensors.Tensor { return nil }
func (o gd) Update(k, _ *Node, grads, params, slots []*Node) (newParams, newSlots []*Node) {
	checkSlots(o, params, slots, 0)
	for i, p := range params {
		newParams = append(newParams, Sub(p, Mul(along(o.lr(k, p.DType()), p), grads[i])))
	}
	return newParams, nil
}

// NormalizedGD moves by η_k against the gradient, whatever its length (Nesterov
// 1984; Hazan, Levy and Shalev-Shwartz 2015):
//
//	θ ← θ − η_k g/‖g‖
//
// At a stationary point, g = 0, it stays. The norm is computed after a division
// by the largest entry, so that gradients far below the square root of the
// smallest number still have a direction.
func NormalizedGD(lr Schedule) Optimizer { return normalized{lr: lr} }

type normalized struct {
	lr   Schedule
	runs bool // on a leading axis
}

func (normalized) Name() string                              { return "NGD" }
func (normalized) Slots([]*tensors.Tensor) []*tensors.Tensor { return nil }
func (o normalized) Update(k, _ *Node, grads, params, slots []*Node) (newParams, newSlots []*Node) {
	checkSlots(o, params, slots, 0)
	n := newNorm(grads, o.runs)
	for i, p := range params {
		direction := Div(n.scaled[i], along(ConvertDType(Sqrt(n.square), p.DType()), p))
		newParams = append(newParams, Sub(p, Mul(along(o.lr(k, p.DType()), p), direction)))
	}
	return newParams, nil
}

// Polyak is gradient descent with Polyak's step size (Polyak 1969), which knows
// the infimum f* of the loss f:
//
//	θ ← θ − η_k g,  η_k = c·(f(θ) − f*)/‖g‖²
//
// c = 1 is Polyak's, a smaller c more cautious. It stays where g = 0, and where
// f ≤ f*. Near the infimum the difference f − f* cancels: give it a loss whose
// infimum is 0, as an excess, rather than a loss and its infimum.
func Polyak(infimum, c float64) Optimizer {
	if !(c > 0) {
		panic("optim: Polyak: c is not positive")
	}
	return polyak{infimum: fixed(infimum), c: fixed(c)}
}

type polyak struct {
	infimum, c number
	runs       bool // on a leading axis
}

func (polyak) Name() string                              { return "Polyak" }
func (polyak) Slots([]*tensors.Tensor) []*tensors.Tensor { return nil }
func (o polyak) Update(_, loss *Node, grads, params, slots []*Node) (newParams, newSlots []*Node) {
	checkSlots(o, params, slots, 0)
	n := newNorm(grads, o.runs)
	// With g = s·ĝ the step is c·(f − f*)/(s·‖ĝ‖²)·ĝ, and no square underflows.
	excess := MaxScalar(Sub(loss, o.infimum.like(loss)), 0)
	excess = ConvertDType(Mul(excess, o.c.like(loss)), n.scale.DType())
	eta := Div(Div(excess, n.scale), n.square)
	for i, p := range params {
		newParams = append(newParams, Sub(p, Mul(along(ConvertDType(eta, p.DType()), p), n.scaled[i])))
	}
	return newParams, nil
}

// norm is a gradient g = scale·scaled whose largest entry in scaled is 1, with
// square = ‖scaled‖² ≥ 1. For g = 0, scaled is 0, scale and square are 1. NaN
// stays.
type norm struct {
	scaled        []*Node
	scale, square *Node // scalars, or [R] of R runs
}

// newNorm is that of gradients, or of each of the runs on their leading axis.
func newNorm(grads []*Node, runs bool) norm {
	dtype := grads[0].DType()
	var largest *Node
	for _, g := range grads {
		m := ConvertDType(reduced(ReduceMax, Abs(g), runs), dtype)
		if largest == nil {
			largest = m
		} else {
			largest = Max(largest, m)
		}
	}
	zero := Equal(largest, ZerosLike(largest))
	n := norm{scale: Where(zero, OnesLike(largest), largest)}
	sum := ScalarZero(largest.Graph(), dtype)
	for _, g := range grads {
		x := Div(g, along(ConvertDType(n.scale, g.DType()), g))
		n.scaled = append(n.scaled, x)
		sum = Add(sum, ConvertDType(reduced(ReduceSum, Square(x), runs), dtype))
	}
	n.square = Where(zero, OnesLike(sum), sum)
	return n
}

// reduced reduces x to a scalar, or of runs on a leading axis to [R].
func reduced(by func(x *Node, axes ...int) *Node, x *Node, runs bool) *Node {
	if !runs {
		return by(x)
	}
	var axes []int
	for axis := 1; axis < x.Rank(); axis++ {
		axes = append(axes, axis)
	}
	if len(axes) == 0 { // of none a reduction takes all
		return x
	}
	return by(x, axes...)
}

// Momentum is the heavy ball (Polyak 1964), in the form with a velocity:
//
//	v ← β v + g
//	θ ← θ − η_k v
//
// With a constant η it is θ_{k+1} = θ_k − η g_k + β (θ_k − θ_{k−1}).
func Momentum(lr Schedule, beta float64) Optimizer {
	fraction(beta, "Momentum: β")
	return momentum{lr: lr, beta: fixed(beta)}
}

// Nesterov is the accelerated gradient (Nesterov 1983) in the form of Sutskever
// et al. 2013, rewritten so that the gradient is taken at θ itself:
//
//	v ← β v + g
//	θ ← θ − η_k (g + β v)
func Nesterov(lr Schedule, beta float64) Optimizer {
	fraction(beta, "Nesterov: β")
	return momentum{lr: lr, beta: fixed(beta), ahead: true}
}

type momentum struct {
	lr    Schedule
	beta  number
	ahead bool
}

func (o momentum) Name() string {
	name := "Momentum"
	if o.ahead {
		name = "Nesterov"
	}
	return fmt.Sprintf("%s(β=%g)", name, o.beta.value)
}

func (momentum) Slots(params []*tensors.Tensor) []*tensors.Tensor { return zeros(params, 1) }

func (o momentum) Update(k, _ *Node, grads, params, slots []*Node) (newParams, newSlots []*Node) {
	checkSlots(o, params, slots, 1)
	for i, p := range params {
		beta := o.beta.like(p)
		v := Add(Mul(slots[i], beta), grads[i])
		newSlots = append(newSlots, v)
		if o.ahead {
			v = Add(grads[i], Mul(v, beta))
		}
		newParams = append(newParams, Sub(p, Mul(along(o.lr(k, p.DType()), p), v)))
	}
	return newParams, newSlots
}

// fraction panics unless 0 ≤ β < 1.
func fraction(beta float64, name string) {
	if !(0 <= beta && beta < 1) {
		panic("optim: " + name + " is not in [0, 1)")
	}
}
