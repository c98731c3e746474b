package optim

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// AdamR is Adam that decays towards the parameters θ₀ of its start, by as much
// as its steps are long (Deng et al., DARE the Extreme, ICLR 2025, Algorithm 1):
//
//	r ← √(mean of v̂ over all entries of all parameters), 1 if that is 0
//	θ ← θ − η_k (m̂/(√v̂ + ε) + λ/r (θ − θ₀))
//
// or, with l1, λ/r sign(θ − θ₀). The slots keep θ₀. A parameter whose gradient is
// always zero lowers the mean: leave it out, by the masks of a [Spec].
func AdamR(lr Schedule, beta1, beta2, eps, lambda float64, l1 bool) Optimizer {
	if !(lambda >= 0) {
		panic("optim: AdamR: λ is negative")
	}
	l := fixed(lambda)
	inner := newAdam(lr, beta1, beta2, eps, 0, "AdamR").(adam)
	return adamR{adam: inner, l1: l1, lambda: func(int) *number { return &l }}
}

type adamR struct {
	adam
	l1     bool
	runs   bool                // on a leading axis
	lambda func(i int) *number // of parameter i, nil where it does not decay
}

func (o adamR) Name() string {
	kind := "L2"
	if o.l1 {
		kind = "L1"
	}
	return fmt.Sprintf("AdamR-%s(β₁=%g, β₂=%g)", kind, o.beta1.value, o.beta2.value)
}

// Slots are the moments m and v, then the parameters at the start.
func (o adamR) Slots(params []*tensors.Tensor) []*tensors.Tensor {
	return append(zeros(params, 2), params...)
}

func (o adamR) Update(k, _ *Node, grads, params, slots []*Node) (newParams, newSlots []*Node) {
	checkSlots(o, params, slots, 3)
	n := len(params)
	m, v := o.moments(grads, slots[:2*n])
	start := slots[2*n:]

	sum, entries := ScalarZero(k.Graph(), scalar64(v[0]).DType()), 0
	for _, x := range v {
		hat := Div(x, along(correction(k, o.beta2, x.DType()), x))
		sum = Add(sum, scalar64(reduced(ReduceSum, hat, o.runs)))
		size := x.Shape().Size()
		if o.runs {
			size /= x.Shape().Dim(0)
		}
		entries += size
	}
	r := Sqrt(DivScalar(sum, float64(entries)))
	r = Where(Equal(r, ZerosLike(r)), OnesLike(r), r)
	for i, p := range params {
		d := o.direction(k, m[i], v[i])
		if lambda := o.lambda(i); lambda != nil {
			away := Sub(p, start[i])
			if o.l1 {
				away = Sign(away)
			}
			d = Add(d, Mul(away, along(ConvertDType(Div(lambda.like(r), r), p.DType()), p)))
		}
		newParams = append(newParams, Sub(p, Mul(along(o.lr(k, p.DType()), p), d)))
	}
	return newParams, append(append(m, v...), start...)
}
