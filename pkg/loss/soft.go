package loss

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// SoftCrossEntropy returns −Σ_j π_j Σ_z p_{j,z} log σ_z(l_j), a scalar.
//
//	logits [m, V]   l
//	p      [m, V]   target distributions; 0·log 0 is 0
//	pi     [m]      weights
//
// A logit of −∞ is allowed where p is zero. Gradients with respect to the
// logits are finite and are those of [SoftCrossEntropyGrad].
func SoftCrossEntropy(logits, p, pi *Node) *Node {
	l, p := columns(logits, p, pi)
	terms := Where(support(p), Mul(p, logSoftmax(l)), ZerosLike(p)) // [V, m]
	return Neg(ReduceAllSum(Mul(pi, ReduceSum(terms, 0))))
}

// SoftCrossEntropyGrad returns the gradient of [SoftCrossEntropy] with respect
// to the logits, [m, V], in closed form:
//
//	∂CE/∂l_{j,z} = π_j (σ_z(l_j) Σ_y p_{j,y} − p_{j,z})
//
// It is the gradient of [Excess], too. For linear logits l_j = W h_j the
// gradient with respect to W is its product with H.
func SoftCrossEntropyGrad(logits, p, pi *Node) *Node {
	l, p := columns(logits, p, pi)
	q := Exp(shifted(l))
	mass := Div(ReduceAndKeep(p, ReduceSum, 0), ReduceAndKeep(q, ReduceSum, 0)) // [1, m]
	return Transpose(Mul(ExpandAxes(pi, 0), Sub(Mul(q, mass), p)), 0, 1)
}

// Excess returns Σ_j π_j KL(p_j ‖ σ(l_j)), a scalar: the cross-entropy over its
// infimum. Shapes are those of [SoftCrossEntropy]; each p_j sums to one.
//
// With q = σ(l) and d_z = log q_z − log p_z it sums, because p and q have the
// same sum,
//
//	KL(p ‖ q) = Σ_{z: p_z > 0} p_z (exp(d_z) − 1 − d_z) + Σ_{z: p_z = 0} q_z
//
// in which no term is negative; exp(d) − 1 − d is a power series near zero. A
// sum of p that is one only up to rounding changes it by the square of that.
// The mass off the support keeps full relative accuracy at any size. On the
// support d has an error of about u·|log p|, u the unit round-off, which makes
// a relative error of u·|log p|/√KL: about 1e-10 in float64 when KL is 1e-12.
func Excess(logits, p, pi *Node) *Node {
	l, p := columns(logits, p, pi)
	on, logQ := support(p), logSoftmax(l)
	d := Where(on, Sub(logQ, Log(p)), ZerosLike(p))
	terms := Where(on, Mul(p, expMinusOneMinus(d)), Exp(logQ)) // [V, m]
	return ReduceAllSum(Mul(pi, ReduceSum(terms, 0)))
}

// columns checks the shapes and returns the logits and p with a column for each
// context, [V, m]. XLA merges the transposition of a product into the product,
// and sums over columns are a quarter to a half faster than sums over short
// rows, because neighbours in memory are summed side by side.
func columns(logits, p, pi *Node) (l, q *Node) {
	s, w := logits.Shape(), pi.Shape()
	if s.Rank() != 2 || !s.DType.IsFloat() || !s.Equal(p.Shape()) || w.Rank() != 1 || w.Dimensions[0] != s.Dimensions[0] || w.DType != s.DType {
		panic(fmt.Errorf("loss: logits of shape %s, p of %s, pi of %s, want [m, V], [m, V] and [m] of one float type", s, p.Shape(), w))
	}
	return Transpose(logits, 0, 1), Transpose(p, 0, 1)
}

// logSoftmax returns log σ(l) of each column.
func logSoftmax(l *Node) *Node {
	s := shifted(l)
	return Sub(s, Log(ReduceAndKeep(Exp(s), ReduceSum, 0)))
}

// shifted returns the columns less their largest entry.
func shifted(l *Node) *Node {
	return Sub(l, StopGradient(ReduceAndKeep(l, ReduceMax, 0)))
}

// support is where p ≠ 0; a NaN is on it, and shows.
func support(p *Node) *Node { return NotEqual(p, ZerosLike(p)) }
