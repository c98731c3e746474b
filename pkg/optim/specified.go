package optim

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// specified is the optimizer of a Spec. Its slots are those of the rule for the
// trained parameters, then its numbers, scalars of Float64.
type specified struct {
	spec    Spec
	params  int
	trained []int  // places of the trained parameters
	decays  []bool // which of these decay
	numbers []value
}

// value is a named number.
type value struct {
	name  string
	value float64
}

// numbers lists what a spec's program reads. What follows from a number alone is computed
// here: in a small loop every scalar operation costs as much as a step of the optimizer.
func (s Spec) numbers() []value {
	all := []value{{"rate", s.Rate}}
	add := func(name string, v float64) { all = append(all, value{name, v}) }
	switch s.Method {
	case "momentum", "nesterov":
		add("momentum", s.Momentum)
	case "polyak":
		add("infimum", s.Infimum)
	}
	if s.adams() {
		if s.Beta1 == 0 && s.Beta2 == 0 && s.Eps == 0 {
			s.Beta1, s.Beta2, s.Eps = 0.9, 0.999, 1e-8
		}
		add("beta1", s.Beta1)
		add("1-beta1", 1-s.Beta1)
		add("beta2", s.Beta2)
		add("1-beta2", 1-s.Beta2)
		add("eps", s.Eps)
	}
	if s.Decay != 0 {
		add("decay", s.Decay)
	}
	if s.Clip != 0 {
		add("clip", s.Clip)
	}
	switch s.Schedule.kind() {
	case "cosine":
		add("rate/2", s.Rate/2)
		add("total", float64(s.Schedule.Total))
		add("π/total", math.Pi/float64(s.Schedule.Total))
	case "linear":
		add("total", float64(s.Schedule.Total))
		add("1/total", 1/float64(s.Schedule.Total))
	case "power":
		add("-power", -s.Schedule.Power)
	case "milestones":
		add("gamma", s.Schedule.Gamma)
		for i, m := range s.Schedule.Milestones {
			add(fmt.Sprintf("milestone %d", i), float64(m))
		}
	}
	if s.Schedule.Warmup > 0 {
		add("1/warmup", 1/float64(s.Schedule.Warmup))
	}
	return all
}

// rule returns the spec's optimizer of the trained parameters, whose numbers get
// looks up; of runs on a leading axis, if so.
func (o *specified) rule(get func(name string) number, runs bool) Optimizer {
	s := o.spec
	lr := s.Schedule.of(get)
	a := func(name string) adam {
		return adam{lr: lr, beta1: get("beta1"), rest1: get("1-beta1"), beta2: get("beta2"), rest2: get("1-beta2"), eps: get("eps"), name: name}
	}
	lambda := func(i int) *number {
		if s.Decay == 0 || !o.decays[i] {
			return nil
		}
		n := get("decay")
		return &n
	}
	switch s.Method {
	case "gd":
		return gd{lr}
	case "ngd":
		return normalized{lr: lr, runs: runs}
	case "momentum", "nesterov":
		return momentum{lr: lr, beta: get("momentum"), ahead: s.Method == "nesterov"}
	case "polyak":
		return polyak{infimum: get("infimum"), c: get("rate"), runs: runs}
	case "adam":
		return a("Adam")
	case "adamw":
		w := a("AdamW")
		w.lambda = lambda
		return w
	case "adamr":
		return adamR{adam: a("AdamR"), l1: s.L1, runs: runs, lambda: lambda}
	}
	panic(fmt.Errorf("optim: method %q was not checked", s.Method))
}

// of returns the schedule.
func (s ScheduleSpec) of(get func(name string) number) Schedule {
	v := get("rate")
	var lr Schedule
	switch s.kind() {
	case "constant":
		lr = steady(v)
	case "cosine":
		lr = cosine(get("rate/2"), get("total"), get("π/total"))
	case "linear":
		lr = linear(v, get("total"), get("1/total"))
	case "power":
		lr = power(v, get("-power"))
	case "inverse-sqrt":
		lr = inverseSqrt(v)
	case "milestones":
		at := make([]number, len(s.Milestones))
		for i := range at {
			at[i] = get(fmt.Sprintf("milestone %d", i))
		}
		lr = stairs(v, get("gamma"), at)
	}
	if s.Warmup > 0 {
		lr = warmup(lr, get("1/warmup"))
	}
	return lr
}

// onHost looks a number up in the spec.
func (o *specified) onHost(name string) number {
	for _, v := range o.numbers {
		if v.name == name {
			return fixed(v.value)
		}
	}
	panic(fmt.Errorf("optim: %s has no number %q", o.spec.Method, name))
}

func (o *specified) Name() string {
	return fmt.Sprintf("%s, η=%g", o.rule(o.onHost, false).Name(), o.spec.Rate)
}

func (o *specified) Slots(params []*tensors.Tensor) []*tensors.Tensor {
	if len(params) != o.params {
		panic(fmt.Errorf("optim: %s was made for %d parameters, found %d", o.Name(), o.params, len(params)))
	}
	slots := o.rule(o.onHost, false).Slots(choose(params, o.trained))
	for _, v := range o.numbers {
		slots = append(slots, tensors.FromScalar(v.value))
	}
	return slots
}

func (o *specified) Update(k, loss *Node, grads, params, slots []*Node) (newParams, newSlots []*Node) {
	if len(params) != o.params || len(slots) < len(o.numbers) {
		panic(fmt.Errorf("optim: %s was made for %d parameters, found %d and %d slots (make the state with optim.State)", o.Name(), o.params, len(params), len(slots)))
	}
	moments, inputs := slots[:len(slots)-len(o.numbers)], slots[len(slots)-len(o.numbers):]
	get := func(name string) number {
		for i, v := range o.numbers {
			if v.name == name {
				return number{value: v.value, node: inputs[i]}
			}
		}
		panic(fmt.Errorf("optim: %s has no number %q", o.spec.Method, name))
	}
	runs := !inputs[0].IsScalar() // then the numbers are [R]
	p, g := choose(params, o.trained), choose(grads, o.trained)
	if o.spec.Clip != 0 {
		g = clip(g, get("clip"), runs)
	}
	if o.spec.Decay != 0 && !o.spec.decoupled() {
		for i := range g {
			if o.decays[i] {
				g[i] = Add(g[i], Mul(p[i], get("decay").like(p[i])))
			}
		}
	}
	p, moments = o.rule(get, runs).Update(k, loss, g, p, moments)
	newParams = append(newParams, params...)
	for i, at := range o.trained {
		newParams[at] = p[i]
	}
	return newParams, append(append(newSlots, moments...), inputs...)
}

// clip scales gradients, or those of each run, down to a norm of at most c.
func clip(grads []*Node, c number, runs bool) []*Node {
	n := newNorm(grads, runs)
	length := Mul(n.scale, Sqrt(n.square))
	factor := Min(OnesLike(length), Div(c.like(length), length))
	out := make([]*Node, len(grads))
	for i, g := range grads {
		out[i] = Mul(g, along(ConvertDType(factor, g.DType()), g))
	}
	return out
}

// choose returns the elements at some places.
func choose[T any](all []T, places []int) []T {
	out := make([]T, len(places))
	for i, at := range places {
		out[i] = all[at]
	}
	return out
}

// scalar64 converts a node to Float64 for a sum that must not lose digits.
func scalar64(x *Node) *Node { return ConvertDType(x, dtypes.Float64) }
