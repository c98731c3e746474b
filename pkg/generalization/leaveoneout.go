package generalization

import (
	"math"
)

// LeaveOneOut returns the runs of n + 1 networks from one start: network 0 on the whole sample, network i on the sample without
// example i - 1, its loss still divided by n. n must be 2 or more.
func LeaveOneOut(net *Net, s *Sample, start []float64, eta float64, at []int) (*Runs, error) {
	n := s.N()
	if n < 2 {
		return nil, malformed("leave-one-out on %d example: want at least two, as one that is left out leaves nothing", n)
	}
	weights := make([][]float64, n+1)
	for k := range weights {
		weights[k] = mean(n)
		if k > 0 {
			weights[k][k-1] = 0
		}
	}
	return &Runs{Net: net, Starts: [][]float64{start}, Samples: []*Sample{s}, Weights: weights, Eta: eta, At: at}, nil
}

// Stability is what leave-one-out runs showed after one number of steps.
type Stability struct {
	T        int
	Gap      float64 // F(w_T) - F̂(w_T), F on the test sample
	Distance float64 // 1/n Σ_i ‖w_T - w_T^{-i}‖
	Sum      float64 // Σ_{t<T} F̂(w_t)
	Constant float64 // the largest C_s: exp(η Σ_t κ τ_t max(F̂^{-i}(w_t), F̂^{-i}(w_t^{-i})))
	Change   float64 // 1/n Σ_i f_i(w_T^{-i}) - f_i(w_T): the loss of an example that was left out, over what it is when learned
}

// Stabilities evaluates a trace of leave-one-out runs that looked after every step, at the given ones.
func Stabilities(r *Runs, t *Trace, kappa float64, at []int) []Stability {
	n := r.Samples[0].N()
	exponent := make([]float64, n)
	var all []Stability
	for k, step := range t.At {
		for _, want := range at {
			if want != step {
				continue
			}
			s := Stability{T: step, Sum: t.Sum[k][0]}
			for i := range n {
				s.Distance += t.Apart[k][i+1] / float64(n)
				s.Change += (t.Outside[k][i] - t.Losses[k][i]) / float64(n)
				s.Constant = math.Max(s.Constant, math.Exp(exponent[i]))
			}
			if t.Test != nil {
				s.Gap = t.Test[k][0] - t.Train[k][0]
			}
			all = append(all, s)
		}
		for i := range n {
			exponent[i] += r.Eta * growth(t, k, i, n, kappa)
		}
	}
	return all
}

// growth is κ τ max(F̂^{-i}(w_t), F̂^{-i}(w_t^{-i})).
func growth(t *Trace, k, i, n int, kappa float64) float64 {
	whole := t.Train[k][0] - t.Losses[k][i]/float64(n) // F̂^{-i}(w_t)
	return kappa * Tau(kappa, t.Apart[k][i+1]) * math.Max(whole, t.Train[k][i+1])
}

// Recursion returns, for every step and every example, the left side over the right side of
//
//	δ_{t+1} ≤ (1 + ηκτ max(F̂^{-i}(w_t), F̂^{-i}(w_t^{-i}))) δ_t + (ηG/n) f_i(w_t),
//
// δ_t = ‖w_t - w_t^{-i}‖. The trace must have looked after every step.
func Recursion(r *Runs, t *Trace, g, kappa float64) []float64 {
	n := r.Samples[0].N()
	var ratios []float64
	for k := 0; k+1 < len(t.At); k++ {
		for i := range n {
			right := (1+r.Eta*growth(t, k, i, n, kappa))*t.Apart[k][i+1] + r.Eta*g/float64(n)*t.Losses[k][i]
			ratios = append(ratios, t.Apart[k+1][i+1]/right)
		}
	}
	return ratios
}
