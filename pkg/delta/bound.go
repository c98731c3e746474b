package delta

import "math"

// Phi is the constant of Kearns and Saul,
//
//	Φ(p) = (1−2p)/log((1−p)/p),   Φ(1/2) = 1/2
//
// for 0 < p < 1: at most 1/2, symmetric about 1/2. Within 10⁻³ of 1/2 it is the
// series 1/2 − (2/3)ε² − (32/45)ε⁴, ε = p − 1/2, which is exact to 10⁻¹⁸ there.
func Phi(p float64) float64 {
	e := p - 0.5
	if math.Abs(e) < 1e-3 {
		return 0.5 - e*e*(2.0/3+e*e*32/45)
	}
	return (1 - 2*p) / (math.Log1p(-p) - math.Log(p))
}

// KearnsSaul returns the logarithms of both sides of the inequality of Kearns and
// Saul (Large Deviation Methods for Approximate Probabilistic Inference, 1998; Berend
// and Kontorovich, On the concentration of the missing mass, 2013, Theorem 4),
//
//	(1−p) e^{−tp} + p e^{t(1−p)} ≤ exp(Φ(p) t²/4)
//
// for 0 < p < 1 and every real t: the moment generating function of ω − p,
// ω ~ Bernoulli(p). Both are (1−2p) log((1−p)/p) at t = 2 log((1−p)/p).
func KearnsSaul(p, t float64) (left, right float64) {
	return LogMGF(p, t), Phi(p) * t * t / 4
}

// LogMGF is log E e^{t(ω−p)} for ω ~ Bernoulli(p), without overflow.
func LogMGF(p, t float64) float64 {
	return logAdd(math.Log1p(-p)-t*p, math.Log(p)+t*(1-p))
}

// logAdd is log(e^a + e^b).
func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// Bound returns what |h − E h| exceeds with probability at most γ over the masks, for
// Q = Σ c_j²:
//
//	√(Φ(p) Q log(2/γ)) / q
//
// With q = 1−p, where E h = 0, it is the concentration of DARE (Deng et al. 2025,
// App. E, (8)).
func Bound(p, q, Q, gamma float64) float64 {
	return math.Sqrt(Phi(p)*Q*math.Log(2/gamma)) / q
}

// Tail is the bound as a probability, 2 exp(−t² q²/(Φ(p) Q)) for Pr(|h − E h| ≥ t), Q > 0.
func Tail(p, q, Q, t float64) float64 {
	return 2 * math.Exp(-t*t*q*q/(Phi(p)*Q))
}

// Printed returns a stronger constant, which we remember as that of Theorem 3.1: Ψ(p) in
// the place of √Φ(p), where Ψ = Φ for p ≤ 1/2 and √(2p(1−p)) above. It does not hold
// at finite n; see [Bound] for the one that does.
func Printed(p, q, Q, gamma float64) float64 {
	psi := Phi(p)
	if p > 0.5 {
		psi = math.Sqrt(2 * p * (1 - p))
	}
	return psi * math.Sqrt(Q*math.Log(2/gamma)) / q
}

// OneSided returns the upper bound of h, with probability 1 − γ, for influences
// c_j ≥ 0, p ≥ 1/2 and q = 1−p (Berend and Kontorovich 2013, Lemma 5):
//
//	Pr(h > t) ≤ exp(−t² (1−p)/(2 p Q))
func OneSided(p, Q, gamma float64) float64 {
	return math.Sqrt(2 * p * Q * math.Log(1/gamma) / (1 - p))
}

// Hoeffding is [Bound] with 1/2 for Φ: what is known of ω from its range alone.
func Hoeffding(p, q, Q, gamma float64) float64 {
	return Bound(0.5, q, Q, gamma)
}
