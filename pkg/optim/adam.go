package optim

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Adam is Algorithm 1 of Kingma and Ba 2015, with both biases corrected:
//
//	m ← β₁ m + (1−β₁) g
//	v ← β₂ v + (1−β₂) g²
//	θ ← θ − η_k m̂/(√v̂ + ε),  m̂ = m/(1−β₁^{k+1}),  v̂ = v/(1−β₂^{k+1})
func Adam(lr Schedule, beta1, beta2, eps float64) Optimizer {
	return newAdam(lr, beta1, beta2, eps, 0, "Adam")
}

// AdamW is Adam with decoupled weight decay (Loshchilov and Hutter 2019,
// Algorithm 2), in the form in which libraries have it, where the decay is
// multiplied by the step size:
//
//	θ ← θ − η_k (m̂/(√v̂ + ε) + λ θ)
//
// Every parameter decays.
func AdamW(lr Schedule, beta1, beta2, eps, lambda float64) Optimizer {
	if !(lambda >= 0) {
		panic("optim: AdamW: λ is negative")
	}
	return newAdam(lr, beta1, beta2, eps, lambda, "AdamW")
}

func newAdam(lr Schedule, beta1, beta2, eps, lambda float64, name string) Optimizer {
	fraction(beta1, name+": β₁")
	fraction(beta2, name+": β₂")
	if !(eps >= 0) {
		panic("optim: " + name + ": ε is negative")
	}
	o := adam{lr: lr, beta1: fixed(beta1), rest1: fixed(1 - beta1), beta2: fixed(beta2), rest2: fixed(1 - beta2), eps: fixed(eps), name: name}
	if lambda != 0 {
		l := fixed(lambda)
		o.lambda = func(int) *number { return &l }
	}
	return o
}

type adam struct {
	lr           Schedule
	beta1, beta2 number
	rest1, rest2 number // 1−β₁ and 1−β₂, which a step need not compute again
	eps          number
	lambda       func(i int) *number // of parameter i, nil where none decays; the function is nil where none does
	name         string
}

func (o adam) Name() string {
	name := fmt.Sprintf("%s(β₁=%g, β₂=%g", o.name, o.beta1.value, o.beta2.value)
	if o.lambda == nil {
		return name + ")"
	}
	return fmt.Sprintf("%s, λ=%g)", name, o.lambda(0).value)
}

// Slots are the first moments m of all parameters, then the second ones v.
func (adam) Slots(params []*tensors.Tensor) []*tensors.Tensor { return zeros(params, 2) }

func (o adam) Update(k, _ *Node, grads, params, slots []*Node) (newParams, newSlots []*Node) {
	checkSlots(o, params, slots, 2)
	m, v := o.moments(grads, slots)
	for i, p := range params {
		d := o.direction(k, m[i], v[i])
		if o.lambda != nil {
			if lambda := o.lambda(i); lambda != nil {
				d = Add(d, Mul(p, lambda.like(p)))
			}
		}
		newParams = append(newParams, Sub(p, Mul(along(o.lr(k, p.DType()), p), d)))
	}
	return newParams, append(m, v...)
}

// moments returns the new m and v.
func (o adam) moments(grads, slots []*Node) (m, v []*Node) {
	for i, g := range grads {
		m = append(m, Add(Mul(slots[i], o.beta1.like(g)), Mul(g, o.rest1.like(g))))
		v = append(v, Add(Mul(slots[len(grads)+i], o.beta2.like(g)), Mul(Square(g), o.rest2.like(g))))
	}
	return m, v
}

// direction returns m̂/(√v̂ + ε).
func (o adam) direction(k, m, v *Node) *Node {
	mHat := Div(m, along(correction(k, o.beta1, m.DType()), m))
	vHat := Div(v, along(correction(k, o.beta2, v.DType()), v))
	return Div(mHat, Add(Sqrt(vHat), o.eps.like(v)))
}

// correction returns 1 − β^{k+1}. It is computed in float64, because in float32
// the β₂ = 0.999 of the first step would lose four digits.
func correction(k *Node, beta number, dtype dtypes.DType) *Node {
	n := AddScalar(ConvertDType(k, dtypes.Float64), 1)
	return ConvertDType(OneMinus(Pow(beta.in(k.Graph(), dtypes.Float64), n)), dtype)
}
