package softlabel

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Divergence returns Σ_j π_j KL(p_j ‖ q_j) in nats for the columns of P and Q, by its
// definition Σ_z p log(p/q); terms with p = 0 are zero.
func Divergence(P, Q mat.Matrix, pi []float64) float64 {
	V, m := P.Dims()
	sum := 0.0
	for j := range m {
		for z := range V {
			if p := P.At(z, j); p > 0 {
				sum += pi[j] * p * math.Log(p/Q.At(z, j))
			}
		}
	}
	return sum
}

// KL returns KL(p ‖ softmax(l)) in nats for one context, with relative accuracy: with q the
// softmax of l restricted to the support of p it is
//
//	KL(p ‖ q) + log(1 + x),    x = Σ_{p_z = 0} exp(l_z) / Σ_{p_z > 0} exp(l_z),
//
// summed as terms that are never negative. It panics if the lengths differ.
func KL(p, l []float64) float64 {
	kl, x := split(p, l)
	return kl + math.Log1p(x)
}

// split returns KL(p ‖ q) and x of KL. With δ_z = log q_z - log p_z,
//
//	KL = Σ_z p_z (exp(δ_z) - 1 - δ_z),
//
// as both sum to one; every term is nonnegative.
func split(p, l []float64) (kl, x float64) {
	if len(p) != len(l) {
		panic(fmt.Sprintf("softlabel: %d probabilities and %d logits", len(p), len(l)))
	}
	on := make([]float64, 0, len(l))
	for z, pz := range p {
		if pz != 0 { // a NaN is on the support, and shows
			on = append(on, l[z])
		}
	}
	lse := floats.LogSumExp(on)
	for z, pz := range p {
		if pz != 0 {
			kl += pz * expm1x(l[z]-lse-math.Log(pz))
		} else {
			x += math.Exp(l[z] - lse)
		}
	}
	return kl, x
}

// seriesBelow is where expm1x sums its series: from there on the closed form loses
// less than two digits, below it nine terms reach 1e-16.
const seriesBelow = 0.05

// expm1x returns exp(x) - 1 - x ≥ 0 with relative accuracy.
func expm1x(x float64) float64 {
	if math.Abs(x) >= seriesBelow {
		return math.Expm1(x) - x
	}
	sum := 1.0
	for n := 11.0; n >= 3; n-- {
		sum = 1 + x/n*sum
	}
	return x * x / 2 * sum
}
