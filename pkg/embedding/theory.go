package embedding

import (
	"fmt"
	"math"
)

// Kernel is k = exp(−d²/(2ρ²)) of a distance d ≥ 0 with the radius ρ > 0, a distance too. It
// is zero in float64 beyond d/ρ = 38.6; [LogRatio] never computes it.
func Kernel(d, rho float64) float64 { return math.Exp(-d / rho * (d / rho) / 2) }

// Slope is −∂k/∂d = (d/ρ²) exp(−d²/(2ρ²)), at most e^{−1/2}/ρ, which it is at d = ρ.
func Slope(d, rho float64) float64 { return d / (rho * rho) * Kernel(d, rho) }

// BiasLoss is Σ_{i≠j} |k_i − k_j| over ordered pairs of the distances d_1, ..., d_K of a
// content's texts from its neutral text.
func BiasLoss(d []float64, rho float64) float64 {
	sum := 0.0
	for i, x := range d {
		for _, y := range d[:i] {
			sum += 2 * kernelDifference(x, y, rho)
		}
	}
	return sum
}

// kernelDifference is |k_1 − k_2|, with all its digits for distances that are nearly equal.
func kernelDifference(d1, d2, rho float64) float64 {
	near, far := min(d1, d2), max(d1, d2)
	return -Kernel(near, rho) * math.Expm1(-(far-near)/rho*((far+near)/rho)/2)
}

// BiasGradient returns the gradient of [BiasLoss] by the embeddings of the groups' texts, f [K][m],
// and by that of the neutral text, n [m]:
//
//	∂/∂f_i = 2 Σ_j sgn(k_i − k_j) k_i (n − f_i)/ρ²,   ∂/∂n = −Σ_i ∂/∂f_i
//
// with sgn 0 = 0: a sub-gradient where two distances are equal.
func BiasGradient(f [][]float64, n []float64, rho float64) (df [][]float64, dn []float64) {
	d := Distances(f, n)
	df, dn = make([][]float64, len(f)), make([]float64, len(n))
	for i := range f {
		signs := 0.0
		for j := range f {
			switch { // k falls with d
			case d[i] < d[j]:
				signs++
			case d[i] > d[j]:
				signs--
			}
		}
		df[i] = make([]float64, len(n))
		scale := 2 * signs * Kernel(d[i], rho) / (rho * rho)
		for t := range n {
			df[i][t] = scale * (n[t] - f[i][t])
			dn[t] -= df[i][t]
		}
	}
	return df, dn
}

// Distances are d_i = ‖f_i − n‖ for f [K][m] and n [m].
func Distances(f [][]float64, n []float64) []float64 {
	d := make([]float64, len(f))
	for i := range f {
		d[i] = math.Sqrt(SquaredDistance(f[i], n))
	}
	return d
}

// SquaredDistance is ‖a − b‖².
func SquaredDistance(a, b []float64) float64 {
	sum := 0.0
	for t, v := range a {
		sum += (v - b[t]) * (v - b[t])
	}
	return sum
}

// PairGap is the mean of |d_i − d_j| over the K(K−1)/2 pairs of groups: zero iff all are equal.
// With r = max d − min d it lies between 2r/K and 2⌊K²/4⌋r/(K(K−1)).
func PairGap(d []float64) float64 {
	sum, pairs := 0.0, 0
	for i, x := range d {
		for _, y := range d[:i] {
			sum, pairs = sum+math.Abs(x-y), pairs+1
		}
	}
	return sum / float64(pairs)
}

// LogRatio returns log(P_i/π_i), i = 1, ..., K, where
//
//	P_i = π_i k_i / Σ_j π_j k_j
//
// is the posterior probability of group i at the neutral text under Gaussian kernels. It is
// computed from differences d_i² − min d², so that it has all its digits for distances that are
// nearly equal and never underflows. It is defined for π_i = 0, too.
func LogRatio(prior, d []float64, rho float64) ([]float64, error) {
	if err := checkPosterior(prior, d, rho); err != nil {
		return nil, err
	}
	least := math.Inf(1)
	for _, x := range d {
		least = min(least, x)
	}
	ratio, sum := make([]float64, len(d)), 0.0
	for i, x := range d {
		ratio[i] = -(x - least) / rho * ((x + least) / rho) / 2
		sum += prior[i] * math.Expm1(ratio[i])
	}
	if sum < -0.5 { // few digits are left of 1 + sum, or the nearest groups have no prior
		sum = logSumExp(prior, ratio)
	} else {
		sum = math.Log1p(sum)
	}
	for i := range ratio {
		ratio[i] -= sum
	}
	return ratio, nil
}

// logSumExp is log Σ_j π_j e^{x_j}.
func logSumExp(prior, x []float64) float64 {
	top := math.Inf(-1)
	for j, p := range prior {
		if p > 0 {
			top = max(top, x[j])
		}
	}
	sum := 0.0
	for j, p := range prior {
		if p > 0 {
			sum += p * math.Exp(x[j]-top)
		}
	}
	return top + math.Log(sum)
}

// LogPosterior returns log P_i; see [LogRatio]. It is −Inf where π_i = 0.
func LogPosterior(prior, d []float64, rho float64) ([]float64, error) {
	p, err := LogRatio(prior, d, rho)
	for i := range p {
		p[i] += math.Log(prior[i])
	}
	return p, err
}

// PlainPosterior returns P_i as the formula stands, with exponentials: NaN where all of them
// are zero, which is beyond d/ρ = 38.6.
func PlainPosterior(prior, d []float64, rho float64) []float64 {
	p, sum := make([]float64, len(d)), 0.0
	for i := range d {
		p[i] = prior[i] * Kernel(d[i], rho)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// checkPosterior says what a posterior cannot be computed from.
func checkPosterior(prior, d []float64, rho float64) error {
	if len(d) < 2 || len(prior) != len(d) {
		return fmt.Errorf("embedding: %d prior probabilities and %d distances, want one of each for two groups and more", len(prior), len(d))
	}
	if !(rho > 0) || math.IsInf(rho, 1) {
		return fmt.Errorf("embedding: the kernel's radius is %v, want a positive number, such as the mean distance", rho)
	}
	sum := 0.0
	for i, p := range prior {
		if !(p >= 0) {
			return fmt.Errorf("embedding: the prior of group %d is %v, want a probability", i, p)
		}
		if !(d[i] >= 0) || math.IsInf(d[i], 1) {
			return fmt.Errorf("embedding: the distance of group %d is %v, want a finite number that is not negative", i, d[i])
		}
		sum += p
	}
	if math.Abs(sum-1) > 1e-9 {
		return fmt.Errorf("embedding: the prior sums to %v, want 1: divide it by its sum", sum)
	}
	return nil
}
