package generalization

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

func softplusGraph(shift float64) func(*Node) (value, first *Node) {
	return func(z *Node) (*Node, *Node) {
		e := Exp(Neg(Abs(z)))
		value := Add(MaxScalar(z, 0), Log1P(e))
		first := Div(Where(GreaterThan(z, ZerosLike(z)), OnesLike(z), e), AddScalar(e, 1))
		return AddScalar(value, -shift), first
	}
}

func tanhGraph(z *Node) (value, first *Node) {
	t := Tanh(z)
	return t, OneMinus(Square(t))
}

func geluGraph(z *Node) (value, first *Node) {
	cdf := MulScalar(AddScalar(Erf(MulScalar(z, 1/math.Sqrt2)), 1), 0.5)
	pdf := MulScalar(Exp(MulScalar(Square(z), -0.5)), 1/math.Sqrt(2*math.Pi))
	return Mul(z, cdf), Add(cdf, Mul(z, pdf))
}

func reluGraph(z *Node) (value, first *Node) {
	return MaxScalar(z, 0), ConvertDType(GreaterThan(z, ZerosLike(z)), z.DType())
}
