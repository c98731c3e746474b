package loss

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// radius is where the power series of the exponential take over from the
// formula. Beyond it exp(d) − 1 − d ≥ 0.1 has lost at most four bits.
const radius = 0.5

// seriesTerms makes the first term left out, d^k/k! for d = 1/2 and k = 15,
// less than the unit round-off of float64 times the first term.
const seriesTerms = 14

// expMinusOneMinus returns exp(d) − 1 − d, accurate near zero.
func expMinusOneMinus(d *Node) *Node {
	near := LessThan(Abs(d), Scalar(d.Graph(), d.DType(), radius))
	s := Where(near, d, ZerosLike(d)) // keeps powers, and their gradients, finite
	series := MulScalar(Mul(Square(s), tail(s)), 0.5)
	return Where(near, series, Sub(Sub(Exp(d), OnesLike(d)), d))
}

// tail returns 1 + s/3·(1 + s/4·(1 + ...)).
func tail(s *Node) *Node {
	sum := OnesLike(s)
	for j := seriesTerms; j >= 3; j-- {
		sum = AddScalar(Mul(MulScalar(s, 1/float64(j)), sum), 1)
	}
	return sum
}
