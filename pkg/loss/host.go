package loss

import (
	"fmt"
	"math"
)

// Entropy returns −Σ_z p_z log p_z in nats, with 0 log 0 = 0.
func Entropy(p []float64) float64 {
	h := 0.0
	for _, x := range p {
		if x != 0 {
			h -= x * math.Log(x)
		}
	}
	return h
}

// LogSumExp returns log Σ_z exp(l_z), −∞ for nothing.
func LogSumExp(l []float64) float64 {
	largest := math.Inf(-1)
	for _, x := range l {
		if x > largest || math.IsNaN(x) {
			largest = x
		}
	}
	if math.IsInf(largest, 0) || math.IsNaN(largest) {
		return largest
	}
	sum := 0.0
	for _, x := range l {
		sum += math.Exp(x - largest)
	}
	return largest + math.Log(sum)
}

// KL returns KL(p ‖ softmax(logits)) for one context on the host, as the same
// sum of terms that are not negative as [Excess].
func KL(p, logits []float64) float64 {
	if len(p) != len(logits) {
		panic(fmt.Sprintf("loss: KL of %d probabilities and %d logits", len(p), len(logits)))
	}
	lse, sum := LogSumExp(logits), 0.0
	for z, pz := range p {
		logQ := logits[z] - lse
		if pz == 0 {
			sum += math.Exp(logQ)
			continue
		}
		sum += pz * expm1Minus(logQ-math.Log(pz))
	}
	return sum
}

// expm1Minus returns exp(d) − 1 − d.
func expm1Minus(d float64) float64 {
	if math.Abs(d) >= radius {
		return math.Expm1(d) - d
	}
	sum := 1.0
	for j := seriesTerms; j >= 3; j-- {
		sum = 1 + d/float64(j)*sum
	}
	return d * d / 2 * sum
}
