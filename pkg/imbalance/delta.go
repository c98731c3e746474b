package imbalance

import (
	"fmt"
	"math"
)

// End tells where the δ of least balanced error is.
type End int

// The least balanced error over δ > 0 is attained, or it is the limit at one of the ends, where the SVM gives the class of
// vanishing margin nothing.
const (
	Zero     End = iota - 1 // δ → 0
	Interior                // at a δ > 0
	Infinite                // δ → ∞
)

func (e End) String() string {
	switch e {
	case Zero:
		return "0"
	case Interior:
		return "interior"
	case Infinite:
		return "∞"
	}
	return fmt.Sprintf("End(%d)", int(e))
}

// Best is the δ of least balanced error: 0, a positive number or +Inf, as At says; T is its threshold b_δ/‖w_δ‖ or the
// threshold's limit, and Error the error there or its infimum.
type Best struct {
	Delta    float64
	At       End
	T, Error float64
}

// Thresholds returns the threshold of least balanced error of the mixture for hyperplanes with half-gap m, and the other
// stationary point, which is a maximum. They are the roots of
//
//	A t² + B t + C,   A = σ_+⁻² − σ_−⁻²,  B = 2m (σ_+⁻² + σ_−⁻²),  C = m² A + 2 ln(σ_+/σ_−)
//
// where the densities of the two projected classes cross. For σ_+ ≠ σ_− there are always two, since
// B² − 4AC = 16 m²/(σ_+σ_−)² − 8A ln(σ_+/σ_−) > 0; the minimum is global, and below 1/2. For σ_+ = σ_− and m > 0 it is 0,
// and other is NaN. For σ_+ = σ_− and m ≤ 0 there is no minimum, ok is false: 1/2 is the infimum, at t → ±∞.
func (g Mixture) Thresholds(m float64) (best, other float64, ok bool) {
	if g.Plus == g.Minus {
		if m > 0 {
			return 0, math.NaN(), true
		}
		return math.NaN(), math.NaN(), false
	}
	p, q := 1/(g.Plus*g.Plus), 1/(g.Minus*g.Minus)
	A, B, L := p-q, 2*m*(p+q), 2*math.Log(g.Plus/g.Minus)
	C := m*m*A + L
	root := math.Sqrt(16*m*m*p*q - 4*A*L)
	h := -(B + math.Copysign(root, B)) / 2 // adds numbers of one sign
	best, other = C/h, h/A
	if g.Balanced(m, other) < g.Balanced(m, best) {
		best, other = other, best
	}
	return best, other, true
}

// BestDelta returns the δ of least balanced error for the SVM whose solution at δ = 1 has norm q, intercept b1 and half-gap
// m. With the best threshold t* of [Mixture.Thresholds] and D = 1 + b_1 − t* q,
//
//	δ* = (2 − D)/D   where 0 < D < 2
//
// and else the least error is not attained: it is the lower of the limits at the two ends, t = (b_1 ± 1)/q.
// For m = 0 and equal noise every δ has error 1/2, and 1 is returned.
func (g Mixture) BestDelta(q, b1, m float64) Best {
	if m == 0 && g.Plus == g.Minus {
		return Best{1, Interior, Threshold(1, q, b1), 0.5}
	}
	if t, _, ok := g.Thresholds(m); ok {
		if D := 1 + b1 - t*q; D > 0 && D < 2 {
			return Best{(2 - D) / D, Interior, t, g.Balanced(m, t)}
		}
	}
	left, right := (b1-1)/q, (b1+1)/q
	if g.lower(m, left, right) {
		return Best{0, Zero, left, g.Balanced(m, left)}
	}
	return Best{math.Inf(1), Infinite, right, g.Balanced(m, right)}
}

// lower reports whether the threshold t has less balanced error than u, also where both are 1/2 or 1 to all digits. Where
// even that underflows the nearer to zero is the lower.
func (g Mixture) lower(m, t, u float64) bool {
	compare := func(f func(t float64) float64) bool {
		a, b := f(t), f(u)
		return a < b || a == b && math.Abs(t) < math.Abs(u)
	}
	switch e := math.Min(g.Balanced(m, t), g.Balanced(m, u)); {
	case e < 0.4:
		return compare(func(t float64) float64 { return g.Balanced(m, t) })
	case e > 0.6:
		return compare(func(t float64) float64 { return -Q(-(m+t)/g.Plus) - Q(-(m-t)/g.Minus) })
	}
	return compare(func(t float64) float64 { // twice the error, less 1, as a difference of tails
		a, c := (m+t)/g.Plus, (m-t)/g.Minus
		if t > 0 {
			return Q(a) - Q(-c)
		}
		return Q(c) - Q(-a)
	})
}

// BestOf is BestDelta for a solution on a sample, mu being the classes' mean.
func (g Mixture) BestOf(v *SVM, mu []float64) Best {
	f, s := Scale(v.Delta)
	return g.BestDelta(v.Norm/f, (v.B-s)/f, v.Along(mu))
}
