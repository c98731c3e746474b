package embedding

import "math"

// logPosterior are log k_i − log Σ_j k_j: the posterior of groups with equal priors, without a
// kernel that could vanish.
func logPosterior(d []float64, rho float64) []float64 {
	logs, most := make([]float64, len(d)), math.Inf(-1)
	for i := range d {
		logs[i] = -d[i] * d[i] / (2 * rho * rho)
		most = max(most, logs[i])
	}
	sum := 0.0
	for _, x := range logs {
		sum += math.Exp(x - most)
	}
	for i := range logs {
		logs[i] -= most + math.Log(sum)
	}
	return logs
}

// posteriorGap is max_i |P(i | x^n) − 1/K|, which is zero where all distances are equal.
func posteriorGap(d []float64, rho float64) float64 {
	gap := 0.0
	for _, x := range logPosterior(d, rho) {
		gap = max(gap, math.Abs(math.Exp(x)-1/float64(len(d))))
	}
	return gap
}
