package generalization

import "math"

// Loss returns the logistic loss f(u) = log(1 + e^{-u}), without overflow for any u.
func Loss(u float64) float64 { return math.Max(-u, 0) + math.Log1p(math.Exp(-math.Abs(u))) }

// Slope returns f'(u) = -1/(1 + e^u), to full relative accuracy where it is small.
func Slope(u float64) float64 { return -sigmoid(-u) }

// Curvature returns f”(u) = 1/((1 + e^u)(1 + e^{-u})).
func Curvature(u float64) float64 { return sigmoid(u) * sigmoid(-u) }

// BayesRisk returns the least logistic risk where each label is wrong with probability p,
//
//	h(p) = -p log p - (1 - p) log(1 - p)
//
// in nats, 0 for p = 0 and 1; NaN outside [0, 1].
func BayesRisk(p float64) float64 {
	if p == 0 || p == 1 {
		return 0
	}
	return -p*math.Log(p) - (1-p)*math.Log1p(-p)
}

func sigmoid(u float64) float64 {
	if u >= 0 {
		return 1 / (1 + math.Exp(-u))
	}
	e := math.Exp(u)
	return e / (1 + e)
}
