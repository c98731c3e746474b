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
	return adam{lr, beta1, beta2, eps, lambda, name}
}

type adam struct {
	lr                        Schedule
	beta1, beta2, eps, lambda float64
	name                      string
}

func (o adam) Name() string {
	if o.lambda == 0 {
		return fmt.Sprintf("%s(β₁=%g, β₂=%g)", o.name, o.beta1, o.beta2)
	}
	return fmt.Sprintf("%s(β₁=%g, β₂=%g, λ=%g)", o.name, o.beta1, o.beta2, o.lambda)
}

// Slots are the first moments m of all parameters, then the second ones v.
func (adam) Slots(params []*tensors.Tensor) []*tensors.Tensor { return zeros(params, 2) }

func (o adam) Update(k, _ *Node, grads, params, slots []*Node) (newParams, newSlots []*Node) {
	checkSlots(o, params, slots, 2)
	var second []*Node
	for i, p := range params {
		g, dtype := grads[i], p.DType()
		m := Add(MulScalar(slots[i], o.beta1), MulScalar(g, 1-o.beta1))
		v := Add(MulScalar(slots[len(params)+i], o.beta2), MulScalar(Square(g), 1-o.beta2))
		newSlots, second = append(newSlots, m), append(second, v)

		mHat := Div(m, correction(k, o.beta1, dtype))
		vHat := Div(v, correction(k, o.beta2, dtype))
		d := Div(mHat, AddScalar(Sqrt(vHat), o.eps))
		if o.lambda != 0 {
			d = Add(d, MulScalar(p, o.lambda))
		}
		newParams = append(newParams, Sub(p, Mul(o.lr(k, dtype), d)))
	}
	return newParams, append(newSlots, second...)
}

// correction returns 1 − β^{k+1}. It is computed in float64, because in float32
// the β₂ = 0.999 of the first step would lose four digits.
func correction(k *Node, beta float64, dtype dtypes.DType) *Node {
	n := AddScalar(ConvertDType(k, dtypes.Float64), 1)
	return ConvertDType(OneMinus(Pow(Scalar(k.Graph(), dtypes.Float64, beta), n)), dtype)
}
