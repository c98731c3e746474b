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
func Constant(v float64) Schedule {
	return func(k *Node, dtype dtypes.DType) *Node { return Scalar(k.Graph(), dtype, v) }
}

// Power is v / (k+1)^p.
func Power(v, p float64) Schedule {
	return fromFloat(func(k *Node) *Node {
		return MulScalar(Pow(AddScalar(k, 1), Scalar(k.Graph(), k.DType(), -p)), v)
	})
}

// InverseSqrt is v / √(k+1).
func InverseSqrt(v float64) Schedule {
	return fromFloat(func(k *Node) *Node {
		return Div(Scalar(k.Graph(), k.DType(), v), Sqrt(AddScalar(k, 1)))
	})
}

// Cosine falls from v at k = 0 to 0 at k = total along half a cosine, and stays
// there (Loshchilov and Hutter 2017, SGDR, equation (5), without restarts):
//
//	v/2 · (1 + cos(π·min(k, total)/total))
func Cosine(v float64, total int) Schedule {
	positive(total, "total")
	return fromFloat(func(k *Node) *Node {
		angle := MulScalar(MinScalar(k, float64(total)), math.Pi/float64(total))
		return MulScalar(AddScalar(Cos(angle), 1), v/2)
	})
}

// Linear falls from v at k = 0 to 0 at k = total, and stays there.
func Linear(v float64, total int) Schedule {
	positive(total, "total")
	return fromFloat(func(k *Node) *Node {
		left := OneMinus(DivScalar(MinScalar(k, float64(total)), float64(total)))
		return MulScalar(left, v)
	})
}

// Warmup multiplies a schedule, whose own k runs all the while, by
// min(1, (k+1)/n).
func Warmup(s Schedule, n int) Schedule {
	positive(n, "n")
	factor := fromFloat(func(k *Node) *Node {
		return MinScalar(DivScalar(AddScalar(k, 1), float64(n)), 1)
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
