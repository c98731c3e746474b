package embedding

import "math"

// PosteriorGap is |P_1 − 1/2| of two groups with equal prior,
//
//	½ tanh(|d_1² − d_2²|/(4ρ²)) = |k_1 − k_2|/(2(k_1 + k_2)).
func PosteriorGap(d1, d2, rho float64) float64 {
	return math.Tanh(math.Abs(d1-d2)/rho*((d1+d2)/rho)/4) / 2
}

// Deviation is max_i |P_i − π_i|, with all its digits for small ones.
func Deviation(prior, d []float64, rho float64) (float64, error) {
	ratio, err := LogRatio(prior, d, rho)
	most := 0.0
	for i, r := range ratio {
		if prior[i] > 0 {
			most = max(most, prior[i]*math.Abs(math.Expm1(r)))
		}
	}
	return most, err
}

// EnergyRange is R = (max_i d_i² − min_i d_i²)/(2ρ²), the range of −log k_i.
func EnergyRange(d []float64, rho float64) float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, x := range d {
		low, high = min(low, x), max(high, x)
	}
	return (high - low) / rho * ((high + low) / rho) / 2
}

// DeviationBound is tanh(R/4), which [Deviation] does not exceed for any number of groups and any
// prior. Two groups reach it where the prior odds of the farther one are e^{R/2}.
//
// With t = Σ_{j≠i} π_j k_j/((1−π_i) k_i), between e^{−R} and e^R, P_i = π_i/(π_i + (1−π_i)t), and
// |P_i − π_i| is largest over π_i at (1−√t)/(1+√t) for t < 1, its negative for t > 1.
func DeviationBound(d []float64, rho float64) float64 { return math.Tanh(EnergyRange(d, rho) / 4) }

// GapBetween returns the bounds of [PosteriorGap] by the kernels alone,
//
//	|k_1 − k_2|/4 ≤ gap ≤ |k_1 − k_2|/(4 min(k_1, k_2)),
//
// of which the upper one may be +Inf by underflow.
func GapBetween(d1, d2, rho float64) (low, high float64) {
	low = kernelDifference(d1, d2, rho) / 4
	return low, low / Kernel(max(d1, d2), rho)
}

// AnchoredBound bounds the posterior gap of a triple whose loss
//
//	2|k_1 − k_2| + β Σ_t ‖f(t) − f_0(t)‖ ≤ loss,   t over all three texts,
//
// is known, where both distances were at most far before training:
//
//	gap ≤ loss · exp((far + loss/β)²/(2ρ²))/8.
//
// Without the group texts in the sum no function of the loss is a bound.
func AnchoredBound(loss, beta, far, rho float64) float64 {
	return loss / 8 / Kernel(far+loss/beta, rho)
}

// RetrievalMargin returns both sides of
//
//	‖z−f_1‖² − ‖z−f_2‖² = (‖f_1−n‖² − ‖f_2−n‖²) + 2⟨n−z, f_1−f_2⟩
//
// for vectors of one length: whose text is nearer to the query z. The two terms on the right are
// returned apart; the first is zero at equal distances.
func RetrievalMargin(z, f1, f2, n []float64) (left, unequal, inner float64) {
	left = SquaredDistance(z, f1) - SquaredDistance(z, f2)
	unequal = SquaredDistance(f1, n) - SquaredDistance(f2, n)
	for t := range z {
		inner += 2 * (n[t] - z[t]) * (f1[t] - f2[t])
	}
	return left, unequal, inner
}
