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
	check(logits, p, pi)
	logQ := logSoftmax(logits) // [m, V]
	terms := Where(support(p), Mul(p, logQ), ZerosLike(p))
	return Neg(ReduceAllSum(Mul(pi, ReduceSum(terms, -1))))
}

// SoftCrossEntropyGrad returns the gradient of [SoftCrossEntropy] with respect
// to the logits, [m, V], in closed form:
//
//	∂CE/∂l_{j,z} = π_j (σ_z(l_j) Σ_y p_{j,y} − p_{j,z})
//
// It is the gradient of [Excess], too. For linear logits l_j = W h_j the
// gradient with respect to W is its product with H.
func SoftCrossEntropyGrad(logits, p, pi *Node) *Node {
	check(logits, p, pi)
	q := exps(logits)
	mass := Div(ReduceAndKeep(p, ReduceSum, -1), ReduceAndKeep(q, ReduceSum, -1)) // [m, 1]
	return Mul(ExpandAxes(pi, -1), Sub(Mul(q, mass), p))
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
	check(logits, p, pi)
	on, d, q := deviations(logits, p)
	terms := Where(on, Mul(p, expMinusOneMinus(d)), q) // [m, V]
	return ReduceAllSum(Mul(pi, ReduceSum(terms, -1)))
}

// deviations returns where p ≠ 0, d = log σ(l) − log p there (0 elsewhere), and
// q = σ(l), all [m, V].
func deviations(logits, p *Node) (on, d, q *Node) {
	on = support(p)
	logQ := logSoftmax(logits)
	safe := Where(on, p, OnesLike(p))
	d = Where(on, Sub(logQ, Log(safe)), ZerosLike(p))
	return on, d, Exp(logQ)
}

// logSoftmax returns log σ(l) over the last axis.
func logSoftmax(logits *Node) *Node {
	shifted := shift(logits)
	return Sub(shifted, Log(ReduceAndKeep(Exp(shifted), ReduceSum, -1)))
}

// exps returns exp(l − max l) over the last axis.
func exps(logits *Node) *Node { return Exp(shift(logits)) }

func shift(logits *Node) *Node {
	return Sub(logits, StopGradient(ReduceAndKeep(logits, ReduceMax, -1)))
}

// support is where p ≠ 0; a NaN is on it, and shows.
func support(p *Node) *Node { return NotEqual(p, ZerosLike(p)) }

func check(logits, p, pi *Node) {
	l, w := logits.Shape(), pi.Shape()
	if l.Rank() != 2 || !l.DType.IsFloat() || !l.Equal(p.Shape()) || w.Rank() != 1 || w.Dimensions[0] != l.Dimensions[0] || w.DType != l.DType {
		panic(fmt.Errorf("loss: logits of shape %s, p of %s, pi of %s, want [m, V], [m, V] and [m] of one float type", l, p.Shape(), w))
	}
}
