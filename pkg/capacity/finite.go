package capacity

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

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
	worst, _, _, _ := p.steepest(contexts)
	return worst
}

// Worst moves every parameter by the share delta of itself, with the signs that add up at the
// logit that Sensitivity speaks of, and returns how far this logit moved: delta times the
// sensitivity, up to second order.
func (p *Params) Worst(contexts [][]int, delta float64) float64 {
	_, context, z, gradient := p.steepest(contexts)
	theta := p.Flat()
	for i, g := range gradient {
		theta[i] += delta * math.Copysign(theta[i], g)
	}
	return p.With(theta).Logits(context)[z] - p.Logits(context)[z]
}

// steepest returns the sensitivity with the context, the token and the gradient of its logit.
func (p *Params) steepest(contexts [][]int) (worst float64, at []int, token int, gradient []float64) {
	theta := p.Flat()
	for _, context := range contexts {
		var units [][]float64
		for z := range p.Zeta {
			unit := make([]float64, p.Zeta)
			unit[z] = 1
			units = append(units, unit)
		}
		for z, row := range p.gradients(context, units) {
			sum := 0.0
			for i, g := range row {
				sum += math.Abs(g * theta[i])
			}
			if sum >= worst {
				worst, at, token, gradient = sum, context, z, row
			}
		}
	}
	return worst, at, token, gradient
}

// RoundOff bounds what float64 adds to |h(α_i) - y_i| once V is solved for,
//
//	n u ‖H‖ ‖V‖,  u = 2^-53,
//
// with H the n×m matrix of hidden activations and spectral norms. A backward stable solver
// returns the V of H + E, where ‖E‖ is some u ‖H‖; the sums of m ≤ n products in the logits
// are off by at most m u ‖H‖ ‖V‖ (Higham, Accuracy and Stability of Numerical Algorithms,
// section 3.1); and a probability moves by at most half of what the logits do. The bound
// grows with the condition of H, through ‖V‖, and asks for no error to be measured. It is
// infinite where float64 cannot tell H from a matrix of lower rank.
func (p *Params) RoundOff(t *Task) float64 {
	var svd mat.SVD
	if !svd.Factorize(p.activations(t), mat.SVDNone) {
		return math.NaN()
	}
	s, n := svd.Values(nil), len(t.Contexts)
	if s[len(s)-1] <= singular(n, p.M)*s[0] {
		return math.Inf(1)
	}
	return float64(n) * 0x1p-53 * s[0] * mat.Norm(mat.NewDense(p.M, p.Zeta, p.V), 2)
}
