package optim

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Schedule is a number that may depend on the step: the scalar for step k (an
// Int64 node, 0 at the first step) in the given dtype. The ones here are
// computed in float64 and then rounded.
type Schedule func(k *Node, dtype dtypes.DType) *Node

// Constant is v at every step.
func Constant(v float64) Schedule { return steady(fixed(v)) }

func steady(v number) Schedule {
	return func(k *Node, dtype dtypes.DType) *Node { return v.in(k.Graph(), dtype) }
}

// Power is v / (k+1)^p.
func Power(v, p float64) Schedule { return power(fixed(v), fixed(-p)) }

func power(v, exponent number) Schedule {
	return fromFloat(func(k *Node) *Node {
		return Mul(Pow(AddScalar(k, 1), exponent.like(k)), v.like(k))
	})
}

// InverseSqrt is v / √(k+1).
func InverseSqrt(v float64) Schedule { return inverseSqrt(fixed(v)) }

func inverseSqrt(v number) Schedule {
	return fromFloat(func(k *Node) *Node { return Div(v.like(k), Sqrt(AddScalar(k, 1))) })
}

// Cosine falls from v at k = 0 to 0 at k = total along half a cosine, and stays
// there (Loshchilov and Hutter 2017, SGDR, equation (5), without restarts):
//
//	v/2 · (1 + cos(π·min(k, total)/total))
func Cosine(v float64, total int) Schedule {
	positive(total, "total")
	return cosine(fixed(v/2), fixed(float64(total)), fixed(math.Pi/float64(total)))
}

// cosine takes v/2, the total and π/total, which a step need not compute again.
func cosine(half, total, slope number) Schedule {
	return fromFloat(func(k *Node) *Node {
		angle := Mul(Min(k, total.like(k)), slope.like(k))
		return Mul(AddScalar(Cos(angle), 1), half.like(k))
	})
}

// Linear falls from v at k = 0 to 0 at k = total, and stays there.
func Linear(v float64, total int) Schedule {
	positive(total, "total")
	return linear(fixed(v), fixed(float64(total)), fixed(1/float64(total)))
}

// linear takes v, the total and 1/total.
func linear(v, total, inverse number) Schedule {
	return fromFloat(func(k *Node) *Node {
		left := OneMinus(Mul(Min(k, total.like(k)), inverse.like(k)))
		return Mul(left, v.like(k))
	})
}

// Milestones is v times γ for each of the milestones that k has reached.
func Milestones(v, gamma float64, milestones ...int) Schedule {
	at := make([]number, len(milestones))
	for i, m := range milestones {
		at[i] = fixed(float64(m))
	}
	return stairs(fixed(v), fixed(gamma), at)
}

func stairs(v, gamma number, milestones []number) Schedule {
	return fromFloat(func(k *Node) *Node {
		rate := v.like(k)
		for _, m := range milestones {
			rate = Where(GreaterOrEqual(k, m.like(k)), Mul(rate, gamma.like(k)), rate)
		}
		return rate
	})
}

// Warmup multiplies a schedule, whose own k runs all the while, by
// min(1, (k+1)/n).
func Warmup(s Schedule, n int) Schedule {
	positive(n, "n")
	return warmup(s, fixed(1/float64(n)))
}

// warmup takes 1/n.
func warmup(s Schedule, inverse number) Schedule {
	factor := fromFloat(func(k *Node) *Node {
		return MinScalar(Mul(AddScalar(k, 1), inverse.like(k)), 1)
	})
	return func(k *Node, dtype dtypes.DType) *Node { return Mul(s(k, dtype), factor(k, dtype)) }
}

// fromFloat returns the schedule that f computes from k in float64.
func fromFloat(f func(k *Node) *Node) Schedule {
	return func(k *Node, dtype dtypes.DType) *Node {
		return ConvertDType(f(ConvertDType(k, dtypes.Float64)), dtype)
	}
}

func positive(n int, name string) {
	if n < 1 {
		panic("optim: " + name + " of a schedule is not positive")
	}
}
