package capacity

import "math"

// RoundBits returns x with a mantissa of the given number of bits, the nearest one.
func RoundBits(x float64, bits int) float64 {
	mantissa, exponent := math.Frexp(x)
	scale := math.Ldexp(1, bits)
	return math.Ldexp(math.RoundToEven(mantissa*scale)/scale, exponent)
}

// Sensitivity returns the largest first-order change of a centred logit when every
// parameter is off by its own relative amount of at most one: max_i Σ_θ |∂l_i/∂θ| |θ|.
// Rounding to p bits moves the logits by at most 2^{-p} of it, up to second order, and
// the probabilities by no more: the softmax has slopes of at most 1/4 a logit.
func (p *Params) Sensitivity(contexts [][]int) float64 {
	theta, worst := p.Flat(), 0.0
	for _, context := range contexts {
		var units [][]float64
		for z := range p.Zeta {
			unit := make([]float64, p.Zeta)
			unit[z] = 1
			units = append(units, unit)
		}
		for _, row := range p.gradients(context, units) {
			sum := 0.0
			for i, g := range row {
				sum += math.Abs(g * theta[i])
			}
			worst = max(worst, sum)
		}
	}
	return worst
}
