package imbalance

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Mixture are two Gaussian classes, x | y ~ N(y μ, σ_y² I) with ‖μ‖ = S, and P(y = +1) = Pi.
type Mixture struct {
	Pi          float64
	Plus, Minus float64 // σ_+ and σ_−
	S           float64
}

func (g Mixture) check() error {
	if !(g.Pi > 0 && g.Pi < 1) || !(g.Plus > 0) || !(g.Minus > 0) || !(g.S >= 0) || math.IsInf(g.Plus+g.Minus+g.S, 1) {
		return malformed("a mixture with π = %g, σ = %g and %g, ‖μ‖ = %g: want 0 < π < 1, positive σ and ‖μ‖ ≥ 0", g.Pi, g.Plus, g.Minus, g.S)
	}
	return nil
}

// Mirror returns the mixture with the names of the classes exchanged.
func (g Mixture) Mirror() Mixture { return Mixture{1 - g.Pi, g.Minus, g.Plus, g.S} }

// Draw draws n examples of d features with μ = S e_1. The classes have fixed sizes, π n of + rounded and at least one of
// each, + first: with random sizes intercept and errors scatter more.
func (g Mixture) Draw(n, d int, rng *rand.Rand) (*Sample, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	if n < 2 || d < 1 {
		return nil, malformed("%d examples of %d features: want at least two of one", n, d)
	}
	plus := min(max(int(math.Round(g.Pi*float64(n))), 1), n-1)
	s := &Sample{X: mat.NewDense(n, d, nil), Y: make([]float64, n)}
	for i := range n {
		y, sigma := 1.0, g.Plus
		if i >= plus {
			y, sigma = -1, g.Minus
		}
		s.Y[i] = y
		row := s.X.RawRowView(i)
		for j := range row {
			row[j] = sigma * rng.NormFloat64()
		}
		row[0] += y * g.S
	}
	return s, nil
}

// Q returns P(N(0,1) > t), with full relative accuracy in the tail.
func Q(t float64) float64 { return math.Erfc(t/math.Sqrt2) / 2 }

// Density returns the density of N(0,1).
func Density(t float64) float64 { return math.Exp(-t*t/2) / math.Sqrt(2*math.Pi) }

// Hinge2 returns E (G + c)_+² of a normal G, (1 + c²) Φ(c) + c φ(c). For negative c the two terms cancel to about
// 2 φ(c)/|c|³, which costs c⁴ of the relative accuracy of float64: ten digits are left at c = −30.
func Hinge2(c float64) float64 { return math.Max(0, (1+c*c)*Q(-c)+c*Density(c)) }

// hinge1 returns E (G + c)_+ = c Φ(c) + φ(c), half the derivative of Hinge2.
func hinge1(c float64) float64 { return math.Max(0, c*Q(-c)+Density(c)) }

// ClassErrors returns the errors of both classes for a hyperplane with half-gap m = ⟨w, μ⟩/‖w‖ and threshold t = b/‖w‖,
//
//	Err_+ = Q((m + t)/σ_+),   Err_− = Q((m − t)/σ_−)
//
// for any w ≠ 0 and b.
func (g Mixture) ClassErrors(m, t float64) (plus, minus float64) {
	return Q((m + t) / g.Plus), Q((m - t) / g.Minus)
}

// Balanced returns (Err_+ + Err_−)/2.
func (g Mixture) Balanced(m, t float64) float64 {
	plus, minus := g.ClassErrors(m, t)
	return (plus + minus) / 2
}
