package theory

import (
	"fmt"
	"math"
)

// Mixture is a federation of M clients whose distributions are mixtures of G groups,
// D_i = Σ_g Alpha[i][g] P_g. In group g, y = x·w_g + noise of variance Noise, with
// E[x xᵀ] = I inside every group, and the loss is the squared one:
//
//	risk_i(w) = σ² + Σ_g α_ig ‖w − w_g‖²
type Mixture struct {
	W     [][]float64 // [G, d] the groups' optima
	Alpha [][]float64 // [M, G] the clients' mixtures, which add up to one
	P     []float64   // [M] the clients' weights p_i, which add up to one
	Noise float64     // σ²
}

// Uniform returns weights 1/M.
func Uniform(M int) []float64 {
	p := make([]float64, M)
	for i := range p {
		p[i] = 1 / float64(M)
	}
	return p
}

// Check says what is wrong with a mixture, if anything is.
func (x Mixture) Check() error {
	if len(x.W) == 0 || len(x.Alpha) == 0 || len(x.P) != len(x.Alpha) {
		return fmt.Errorf("theory: %d groups, %d clients and %d weights: want at least one group, and a weight for each client", len(x.W), len(x.Alpha), len(x.P))
	}
	unit := func(what string, a []float64) error {
		sum := 0.0
		for _, v := range a {
			if !(v >= 0) {
				return fmt.Errorf("theory: %s has the share %v, want shares that are not negative", what, v)
			}
			sum += v
		}
		if math.Abs(sum-1) > 1e-9 {
			return fmt.Errorf("theory: the shares of %s add up to %v, want 1", what, sum)
		}
		return nil
	}
	for i, a := range x.Alpha {
		if len(a) != len(x.W) {
			return fmt.Errorf("theory: client %d has %d shares, want one for each of %d groups", i, len(a), len(x.W))
		}
		if err := unit(fmt.Sprintf("client %d", i), a); err != nil {
			return err
		}
	}
	return unit("the federation", x.P)
}

// Mean returns ᾱ = Σ_i p_i α_i.
func (x Mixture) Mean() []float64 { return Mix(x.P, x.Alpha) }

// At returns Σ_g a_g w_g: the best single model where the groups have the shares a.
func (x Mixture) At(a []float64) []float64 { return Mix(a, x.W) }

// square returns ‖a − b‖².
func square(a, b []float64) float64 {
	sum := 0.0
	for j := range a {
		sum += (a[j] - b[j]) * (a[j] - b[j])
	}
	return sum
}

// Risk returns the risk of client i under the single model w.
func (x Mixture) Risk(i int, w []float64) float64 {
	sum := x.Noise
	for g, a := range x.Alpha[i] {
		sum += a * square(w, x.W[g])
	}
	return sum
}

// Regret returns what client i loses by the best global single model w̄ = Σ ᾱ_g w_g against
// the best single one of its own,
//
//	risk_i(w̄) − min_w risk_i(w) = ‖Σ_g (ᾱ_g − α_ig) w_g‖²
func (x Mixture) Regret(i int) float64 { return square(x.At(x.Mean()), x.At(x.Alpha[i])) }

// RegretBound returns (TV(ᾱ, α_i) · max_{g,h} ‖w_g − w_h‖)², which is at least [Mixture.Regret],
// and equal to it for two groups.
func (x Mixture) RegretBound(i int) float64 {
	far := 0.0
	for g := range x.W {
		for h := range x.W[:g] {
			far = max(far, square(x.W[g], x.W[h]))
		}
	}
	tv := TV(x.Mean(), x.Alpha[i])
	return tv * tv * far
}

// MeanRegret returns the mean of the clients' regrets.
func (x Mixture) MeanRegret() float64 {
	sum := 0.0
	for i := range x.Alpha {
		sum += x.Regret(i)
	}
	return sum / float64(len(x.Alpha))
}

// Spread returns V = (1/G) Σ_g ‖w_g − mean‖².
func (x Mixture) Spread() float64 {
	mean, sum := x.At(Uniform(len(x.W))), 0.0
	for _, w := range x.W {
		sum += square(w, mean)
	}
	return sum / float64(len(x.W))
}

// DirichletRegret returns the expectation of [Mixture.MeanRegret] given the groups' optima,
// for M clients of equal weight with α_i ~ Dirichlet(c, ..., c) independently:
//
//	(1 − 1/M) V/(G c + 1)
func (x Mixture) DirichletRegret(c float64) float64 {
	M, G := float64(len(x.Alpha)), float64(len(x.W))
	return (1 - 1/M) * x.Spread() / (G*c + 1)
}

// Confusion is a selector's: Confusion[g][h] is the probability that it takes model h for an
// input of group g.
type Confusion [][]float64

// Flat returns the selector of G groups that guesses uniformly with probability e.
func Flat(G int, e float64) Confusion {
	c := make(Confusion, G)
	for g := range c {
		c[g] = make([]float64, G)
		for h := range c[g] {
			c[g][h] = e / float64(G)
		}
		c[g][g] += 1 - e
	}
	return c
}

// Selected returns the risk of client i with one model for each group and a selector whose
// mistakes depend on x through the group alone,
//
//	σ² + Σ_g α_ig Σ_h c_gh ‖w_h − w_g‖²
//
// which is σ² for every client at once where the group is a function of x.
func (x Mixture) Selected(i int, c Confusion) float64 {
	sum := x.Noise
	for g, a := range x.Alpha[i] {
		for h, p := range c[g] {
			sum += a * p * square(x.W[h], x.W[g])
		}
	}
	return sum
}
