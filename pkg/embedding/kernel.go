package embedding

import "math"

// LogKernel is log k = −d²/(2ρ²), the kernel of a distance on a logarithmic scale: k itself is
// zero from d = 38.6 ρ on.
func LogKernel(d, rho float64) float64 { return -d * d / (2 * rho * rho) }

// Kernel is k = exp(−d²/(2ρ²)).
func Kernel(d, rho float64) float64 { return math.Exp(LogKernel(d, rho)) }

// Slope is |dk/dd| = d/ρ² exp(−d²/(2ρ²)), by which the loss moves a distance. It is largest at
// d = ρ, where it is e^(−1/2)/ρ.
func Slope(d, rho float64) float64 { return d / (rho * rho) * Kernel(d, rho) }

// LogPosterior returns log P(i | x^n) = log π_i k_i − log Σ_j π_j k_j from the prior π, nil for
// equal ones, and the distances, without a kernel that could vanish.
func LogPosterior(prior, d []float64, rho float64) []float64 {
	logs, most := make([]float64, len(d)), math.Inf(-1)
	for i := range d {
		logs[i] = LogKernel(d[i], rho) + math.Log(priorOf(prior, i, len(d)))
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

// PosteriorGap is max_i |P(i | x^n) − π_i|, which is zero where all distances are equal.
func PosteriorGap(prior, d []float64, rho float64) float64 {
	gap := 0.0
	for i, x := range LogPosterior(prior, d, rho) {
		gap = max(gap, math.Abs(math.Exp(x)-priorOf(prior, i, len(d))))
	}
	return gap
}

func priorOf(prior []float64, i, n int) float64 {
	if prior == nil {
		return 1 / float64(n)
	}
	return prior[i]
}
