package generalization

import "math"

// The constants that the proof gives (derived here; the paper's own are hidden in its O).
const (
	// Threshold is the largest κ ρ*² for which q ≤ 1/4 along the path, q = 2κρ*²/(1 - κρ*²/2).
	Threshold = 2. / 17
	// SumConstant bounds η Σ_{t<T} F̂(w_t) ≤ SumConstant ρ*²: 2/3 + 5/3 + 1/3 for t = 1..T, and 1 for t = 0.
	SumConstant = 11. / 3
)

// Tau returns τ = 1/(1 - κ D²/8), by which the loss between two points at distance D can exceed that at the ends; +Inf
// for κ D² ≥ 8.
func Tau(kappa, d float64) float64 {
	if kappa*d*d >= 8 {
		return math.Inf(1)
	}
	return 1 / (1 - kappa*d*d/8)
}

// Q returns q = κ τ D²/2.
func Q(kappa, d float64) float64 { return kappa * Tau(kappa, d) * d * d / 2 }

// Smoothness returns β = G²/4 + κ, which bounds the largest eigenvalue of ∇²F̂.
func Smoothness(g, kappa float64) float64 { return g*g/4 + kappa }

// Path is gradient descent of T steps of size η towards a comparator w*.
type Path struct {
	Eta       float64
	T         int
	Distance  float64 // ‖w* - w_0‖
	Star      float64 // F̂(w*)
	First     float64 // F̂(w_0)
	Gradient0 float64 // max_i ‖∇Φ(w_0, x_i)‖
	Kappa     float64
}

// RhoStar returns ρ* = max(‖w* - w_0‖, √(ηT F̂(w*)), √(η F̂(w_0)), 1).
func (p Path) RhoStar() float64 {
	return max(p.Distance, math.Sqrt(p.Eta*float64(p.T)*p.Star), math.Sqrt(p.Eta*p.First), 1)
}

// Gradient returns G_0 + 3κρ*, a bound of ‖∇Φ(w, x_i)‖ on the ball of radius 3ρ* around w_0, which no step leaves.
func (p Path) Gradient() float64 { return p.Gradient0 + 3*p.Kappa*p.RhoStar() }

// Inside reports whether the theorem's conditions hold: κρ*² ≤ 2/17 and η ≤ 1/β.
func (p Path) Inside() bool {
	return p.Kappa*p.RhoStar()*p.RhoStar() <= Threshold && p.Eta*Smoothness(p.Gradient(), p.Kappa) <= 1
}

// LastBound returns 4ρ*²/(ηT), of F̂(w_T).
func (p Path) LastBound() float64 { return 4 * p.RhoStar() * p.RhoStar() / (p.Eta * float64(p.T)) }

// MeanBound returns (2/3)‖w_0 - w*‖²/(ηT) + (5/3)F̂(w*) + F̂(w_0)/(3T), of the mean of F̂(w_1), ..., F̂(w_T).
func (p Path) MeanBound() float64 {
	t := float64(p.T)
	return 2./3*p.Distance*p.Distance/(p.Eta*t) + 5./3*p.Star + p.First/(3*t)
}

// StabilityConstant returns a bound of C_s under κρ*² = k: the exponent is κτ(22/3)ρ*² with τ = 1/(1 - 2κρ*²), as w_t and
// its leave-one-out twin are within 4ρ* of each other.
func StabilityConstant(k float64) float64 {
	if k >= 0.5 {
		return math.Inf(1)
	}
	return math.Exp(2 * SumConstant * k / (1 - 2*k))
}

// GapBound returns 2G²(η/n) Σ_{s<t} F̂(w_s), the bound of the generalization gap that the paper draws with G = L_Φ at w_0.
func GapBound(g, eta, sum float64, n int) float64 { return 2 * g * g * eta * sum / float64(n) }

// Radius returns ρ = (log(ηT) + φ + 1)/γ, how far the comparator w_0 + ρv goes where the tangent kernel separates with
// margin γ and |Φ(w_0, x_i)| ≤ φ.
func Radius(etaT, phi, gamma float64) float64 { return (math.Log(etaT) + phi + 1) / gamma }

// Widths returns the least widths that the theorem asks for: what its exponent says, ρ^{6L+4}/(2/17)² with constant 1 in the
// bound of the Hessian, and for one hidden layer what the exact κ = sR²/√m asks for, (17/2)² s² R⁴ ρ⁴, else NaN.
func Widths(rho float64, l int, s, r float64) (exponent, exact float64) {
	exponent = math.Pow(rho, float64(6*l+4)) / (Threshold * Threshold)
	if l > 1 {
		return exponent, math.NaN()
	}
	return exponent, math.Pow(s*r*r*rho*rho/Threshold, 2)
}

// Guarantee is a line of the paper's table of comparison: exponents in the width m ≥ γ^{-Width} and in the bound of the
// generalization error γ^{-Margin} n^{-Examples} m^{Wide}, up to constants and logarithms.
type Guarantee struct {
	Work, Activation               string
	Deep                           bool
	Width                          func(l int) float64
	Margin, Examples, Wide         float64
	Depth                          func(l int) float64 // the factor in L, e^{O(L)} taken as e^L
	WidthText, TestText, Reference string
}

// Guarantees are the lines of the table. All have the training error 1/(γ²T).
var Guarantees = []Guarantee{
	{"Ji and Telgarsky 2020", "ReLU", false, fixed(8), 2, 0.5, 0, one, `\gamma^{-8}`, `\gamma^{-2}n^{-1/2}`, "ji2020"},
	{"Chen et al. 2021", "ReLU", true, fixed(8), 1, 0.5, 0.5, exponential, `L^{22}\gamma^{-8}`, `e^{O(L)}\gamma^{-1}\sqrt{m/n}`, "chen2021"},
	{"this paper", "smooth", true, func(l int) float64 { return float64(6*l + 4) }, 2, 1, 0, exponential, `\gamma^{-(6L+4)}`, `e^{O(L)}\gamma^{-2}n^{-1}`, "taheri2025"},
	{"Li et al. 2025", "ReLU", true, fixed(8), 2, 1, 0, func(l int) float64 { return math.Pow(float64(l), 6) }, `L^{16}\gamma^{-8}`, `L^{6}\gamma^{-2}n^{-1}`, "li2025"},
}

func fixed(e float64) func(int) float64 { return func(int) float64 { return e } }
func one(int) float64                   { return 1 }
func exponential(l int) float64         { return math.Exp(float64(l)) }

// Bound returns the line's bound of the generalization error with constant 1.
func (g Guarantee) Bound(gamma float64, n, m, l int) float64 {
	return g.Depth(l) * math.Pow(gamma, -g.Margin) * math.Pow(float64(n), -g.Examples) * math.Pow(float64(m), g.Wide)
}
