package embedding

import (
	"fmt"
	"math"
)

// Method names what a fine-tuning makes small beside β times the representation loss.
type Method string

// Methods, by their bias loss of a content; d_i is the distance of group i to the neutral text.
//
//	CCD       Σ_{i≠j} |k_i − k_j|, k_i = exp(−d_i²/(2ρ²))
//	Distance  Σ_{i≠j} |d_i − d_j|
//	Merge     Σ_i d_i
//	ADEPT     Σ_{i<j} JS(P_i, P_j), P_i(c) ∝ exp(−‖f(x^i) − f(x_c^n)‖²/(2ρ²)) over the neutral
//	          texts x_c^n of the batch, as Yang et al. 2023 have it for words
const (
	CCD      Method = "ccd"
	Distance Method = "distance"
	Merge    Method = "merge"
	ADEPT    Method = "adept"
)

// Methods are all of them.
var Methods = []Method{CCD, Distance, Merge, ADEPT}

// Loss is what a fine-tuning makes small,
//
//	L = L_bias + β L_rep,  L_rep = ‖f(x^n) − f₀(x^n)‖,
//
// as means over a batch. Norms are √(‖·‖² + 10⁻¹²), so that they have a gradient at zero.
type Loss struct {
	Method  Method
	Beta    float64
	Rho     float64 // ρ of the methods that have one
	Squared bool    `json:",omitempty"` // L_rep is ‖f(x^n) − f₀(x^n)‖²
}

// floor is under the root of a norm.
const floor = 1e-12

// kernel reports whether the method has a ρ.
func (l Loss) kernel() bool { return l.Method == CCD || l.Method == ADEPT }

// Check reports a method that is none, a weight that is negative, and a ρ that is not positive.
func (l Loss) Check() error {
	known := false
	for _, m := range Methods {
		known = known || l.Method == m
	}
	switch {
	case !known:
		return fmt.Errorf("embedding: unknown method %q: known are %q", l.Method, Methods)
	case !(l.Beta >= 0) || math.IsInf(l.Beta, 1):
		return fmt.Errorf("embedding: β = %g, want zero or more", l.Beta)
	case l.kernel() && (!(l.Rho > 0) || math.IsInf(l.Rho, 1)):
		return fmt.Errorf("embedding: ρ = %g, want more than zero, as the mean distance of training triples", l.Rho)
	}
	return nil
}

// Terms are the parts of a loss.
type Terms struct{ Bias, Rep, Total float64 }

// Of returns the loss of embedded triples, all of them one batch, on the host in float64; frozen
// are the f₀(x^n).
func (l Loss) Of(t Embedded, frozen [][]float64) (terms Terms, err error) {
	if err := l.Check(); err != nil {
		return terms, err
	}
	if len(frozen) != len(t.Neutral) {
		return terms, fmt.Errorf("embedding: %d frozen vectors of %d neutral texts", len(frozen), len(t.Neutral))
	}
	n := float64(len(t.Neutral))
	for c := range t.Neutral {
		bias, err := l.bias(t, c)
		if err != nil {
			return terms, err
		}
		terms.Bias += bias / n
		rep := SquaredDistance(t.Neutral[c], frozen[c])
		if !l.Squared {
			rep = math.Sqrt(rep + floor)
		}
		terms.Rep += rep / n
	}
	terms.Total = terms.Bias + l.Beta*terms.Rep
	return terms, nil
}

// bias is the bias loss of content c.
func (l Loss) bias(t Embedded, c int) (sum float64, err error) {
	K := len(t.Groups)
	if l.Method == ADEPT {
		logs := make([][]float64, K)
		for i := range logs {
			var err error
			if logs[i], err = LogPosterior(even(len(t.Neutral)), Distances(t.Neutral, t.Groups[i][c]), l.Rho); err != nil {
				return 0, err
			}
		}
		for i := range K {
			for j := range i {
				sum += jensenShannon(logs[i], logs[j])
			}
		}
		return sum, nil
	}
	at := make([]float64, K)
	for i := range at {
		d2 := SquaredDistance(t.Groups[i][c], t.Neutral[c])
		at[i] = math.Sqrt(d2 + floor)
		if l.Method == CCD {
			at[i] = math.Exp(-d2 / (2 * l.Rho * l.Rho))
		}
	}
	for i := range K {
		if l.Method == Merge {
			sum += at[i]
			continue
		}
		for j := range K {
			sum += math.Abs(at[i] - at[j])
		}
	}
	return sum, nil
}

// jensenShannon is the divergence of two distributions whose logarithms are given, in nats.
func jensenShannon(p, q []float64) (sum float64) {
	for i := range p {
		most := max(p[i], q[i])
		middle := most + math.Log((math.Exp(p[i]-most)+math.Exp(q[i]-most))/2)
		sum += (math.Exp(p[i])*(p[i]-middle) + math.Exp(q[i])*(q[i]-middle)) / 2
	}
	return sum
}
