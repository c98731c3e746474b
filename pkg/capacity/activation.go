package capacity

import (
	"math"
	"math/big"
)

// Activation names the function ψ of the hidden layer. All three are real analytic on the
// whole line and no polynomials.
type Activation string

// The activations.
const (
	GELU     Activation = "gelu"     // x Φ(x), Φ the normal distribution function
	Tanh     Activation = "tanh"     //
	Logistic Activation = "logistic" // 1/(1 + e^{-x})
)

func (a Activation) check() error {
	if a != GELU && a != Tanh && a != Logistic {
		return bad("activation %q: want gelu, tanh or logistic", string(a))
	}
	return nil
}

// At returns ψ(x).
func (a Activation) At(x float64) float64 {
	switch a {
	case GELU:
		return x * math.Erfc(-x/math.Sqrt2) / 2
	case Tanh:
		return math.Tanh(x)
	case Logistic:
		return 1 / (1 + math.Exp(-x))
	}
	return math.NaN()
}

// Slope returns ψ'(x).
func (a Activation) Slope(x float64) float64 {
	switch a {
	case GELU:
		return math.Erfc(-x/math.Sqrt2)/2 + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
	case Tanh:
		c := math.Cosh(x)
		return 1 / (c * c)
	case Logistic:
		s := a.At(x)
		return s * (1 - s)
	}
	return math.NaN()
}

// Radius returns the radius of convergence of ψ's series at eta: the distance to the
// nearest pole, iπ/2 of tanh and iπ of the logistic function; GELU has none.
func (a Activation) Radius(eta float64) float64 {
	switch a {
	case Tanh:
		return math.Hypot(eta, math.Pi/2)
	case Logistic:
		return math.Hypot(eta, math.Pi)
	}
	return math.Inf(1)
}

// Big returns ψ(x) at the precision p, with the relative error stated at Prec.
func (a Activation) Big(p Prec, x *big.Float) *big.Float {
	switch a {
	case GELU:
		return p.GELU(x)
	case Tanh:
		return p.Tanh(x)
	case Logistic:
		return p.Logistic(x)
	}
	panic("capacity: unknown activation " + string(a))
}

// Taylor returns the exact coefficients c_0, ..., c_degree of ψ at 0 of tanh and the
// logistic function, from tanh' = 1 - tanh² and σ' = σ - σ². GELU's are
//
//	GELU(x) = x/2 + s Σ_k (-1)^k x^{2k+2}/(2^k k! (2k+1)),      s = 1/√(2π),
//
// with s replaced by the given rational: which of them vanish does not depend on s.
func (a Activation) Taylor(degree int, s *big.Rat) []*big.Rat {
	c := make([]*big.Rat, degree+1)
	for i := range c {
		c[i] = new(big.Rat)
	}
	if a == GELU {
		c[1].SetFrac64(1, 2)
		fraction := big.NewRat(1, 1) // (-1)^k/(2^k k!)
		for k := 0; 2*k+2 <= degree; k++ {
			c[2*k+2].Mul(s, fraction).Mul(c[2*k+2], big.NewRat(1, int64(2*k+1)))
			fraction.Mul(fraction, big.NewRat(-1, int64(2*(k+1))))
		}
		return c
	}
	if a == Logistic {
		c[0].SetFrac64(1, 2)
	}
	for k := range degree { // (k+1) c_{k+1} is the k-th coefficient of the right side
		next := new(big.Rat)
		for i := range k + 1 {
			next.Sub(next, new(big.Rat).Mul(c[i], c[k-i]))
		}
		switch {
		case a == Logistic:
			next.Add(next, c[k])
		case k == 0:
			next.Add(next, big.NewRat(1, 1))
		}
		c[k+1].Mul(next, big.NewRat(1, int64(k+1)))
	}
	return c
}
