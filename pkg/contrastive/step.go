package contrastive

import (
	"fmt"
	"math"
)

// Constants of the solver for STEP imbalance.
const (
	// bisections halve an interval down to neighbouring numbers.
	bisections = 200
	// leastSpread bounds e = 1 + (k₁-1)α from below: at e = 0 the derivative of the root is
	// infinite.
	leastSpread = 1e-300
	// largestRatio bounds the search for the threshold. Beyond it terms of the loss differ
	// by more than float64 resolves.
	largestRatio = 1e7
)

// Step is the reduced program with k₁ classes of Major samples and k₂ of Minor. Sizes may be
// fractions, since the formulas do not ask.
type Step struct {
	R            float64 // r = 1/τ
	K1, K2       int
	Major, Minor float64
}

// StepSolution has the cosines of the solution,
//
//	M = [ (1-α)I + αJ      βJ      ]
//	    [      βJ      (1-γ)I + γJ ]
//
// Alpha is NaN for k₁ = 1, Gamma for k₂ = 1.
type StepSolution struct {
	Alpha, Beta, Gamma float64
	Loss, Excess       float64
	// Slope is the derivative of the loss by q = 1 + (k₂-1)γ at the end q = k₂, where all
	// minority classes share one mean, the majority being at its best. They do at the
	// solution if and only if it is not positive.
	Slope float64
	// Merged says that the solution is there.
	Merged bool
}

func (s Step) check() error {
	if !(s.R > 0 && s.R <= largestR) || s.K1 < 1 || s.K2 < 1 || !(s.Major > 1) || !(s.Minor > 1) {
		return fmt.Errorf("contrastive: STEP problem with r = %v, %d classes of %v and %d of %v samples: want r from 0 to 350, at least one class of each kind and more than one sample in each",
			s.R, s.K1, s.Major, s.K2, s.Minor)
	}
	return nil
}

// at returns the excess at e = 1 + (k₁-1)α and q = 1 + (k₂-1)γ with the best β,
//
//	β = -√(e q / (k₁ k₂))
//
// and its derivatives by e and q.
func (s Step) at(e, q float64) (excess, de, dq float64) {
	k1, k2, r := float64(s.K1), float64(s.K2), s.R
	cosine := func(x, k float64) float64 {
		if k == 1 {
			return 0 // there is no other class of the kind: its factor k-1 is zero
		}
		return (x - 1) / (k - 1)
	}
	b := -math.Sqrt(e * q / (k1 * k2))
	x1 := (k1 - 1) * s.Major * math.Exp(r*(cosine(e, k1)-1)) / (s.Major - 1)
	y1 := k2 * s.Minor * math.Exp(r*(b-1)) / (s.Major - 1)
	x2 := (k2 - 1) * s.Minor * math.Exp(r*(cosine(q, k2)-1)) / (s.Minor - 1)
	y2 := k1 * s.Major * math.Exp(r*(b-1)) / (s.Minor - 1)
	excess = k1*s.Major*math.Log1p(x1+y1) + k2*s.Minor*math.Log1p(x2+y2)
	w1, w2 := k1*s.Major*r/(1+x1+y1), k2*s.Minor*r/(1+x2+y2)
	db := w1*y1 + w2*y2 // derivative by β
	if s.K1 > 1 {
		de = w1*x1/(k1-1) + db*b/(2*e)
	}
	if s.K2 > 1 && q > 0 {
		dq = w2*x2/(k2-1) + db*b/(2*q)
	}
	return excess, de, dq
}

// best returns the e in (0, k₁] that minimizes the excess at q: the derivative by e, which
// increases, changes its sign there.
func (s Step) best(q float64) float64 {
	k1 := float64(s.K1)
	if s.K1 == 1 {
		return 1
	}
	if _, de, _ := s.at(k1, q); de <= 0 {
		return k1
	}
	low, high := math.Log(leastSpread), math.Log(k1)
	for range bisections {
		mid := (low + high) / 2
		if mid == low || mid == high {
			break
		}
		if _, de, _ := s.at(math.Exp(mid), q); de <= 0 {
			low = mid
		} else {
			high = mid
		}
	}
	return math.Exp((low + high) / 2)
}

// Solve returns the solution: by bisection of the derivative by q of the least excess over e,
// which is convex in q, as the excess is convex in both. At small q the derivative is
// negative, and at q = k₂ its sign says whether the minority merges.
func (s Step) Solve() (StepSolution, error) {
	if err := s.check(); err != nil {
		return StepSolution{}, err
	}
	k1, k2 := float64(s.K1), float64(s.K2)
	q := k2
	_, _, slope := s.at(s.best(k2), k2)
	merged := s.K2 > 1 && slope <= 0
	if s.K2 == 1 {
		q, slope = 1, math.NaN()
	} else if !merged {
		low, high := 0.0, k2
		for range bisections {
			mid := (low + high) / 2
			if mid == low || mid == high {
				break
			}
			if _, _, dq := s.at(s.best(mid), mid); dq <= 0 {
				low = mid
			} else {
				high = mid
			}
		}
		q = (low + high) / 2
	}
	e := s.best(q)
	out := StepSolution{Alpha: math.NaN(), Gamma: math.NaN(), Beta: -math.Sqrt(e * q / (k1 * k2)), Slope: slope, Merged: merged}
	if s.K1 > 1 {
		out.Alpha = (e - 1) / (k1 - 1)
	}
	if s.K2 > 1 {
		out.Gamma = (q - 1) / (k2 - 1)
	}
	out.Excess, _, _ = s.at(e, q)
	out.Loss = k1*s.Major*math.Log(s.Major-1) + k2*s.Minor*math.Log(s.Minor-1) + out.Excess
	return out, nil
}

// Threshold returns the ratio n_maj/n_min at which all minority classes come to share one
// mean: where the slope at q = k₂ changes its sign. It is +Inf when it does not up to 10⁷.
// That the sign changes once is what is seen, not proved.
func (s Step) Threshold() (float64, error) {
	s.Major = s.Minor
	if err := s.check(); err != nil {
		return 0, err
	}
	if s.K2 < 2 {
		return 0, fmt.Errorf("contrastive: one minority class has nothing to merge with: at least two are expected")
	}
	slope := func(log float64) float64 {
		t := s
		t.Major = s.Minor * math.Exp(log)
		_, _, dq := t.at(t.best(float64(t.K2)), float64(t.K2))
		return dq
	}
	low, high := 0.0, math.Log(largestRatio)
	if slope(high) > 0 {
		return math.Inf(1), nil
	}
	for range 60 { // 10⁻¹⁸ of the interval
		mid := (low + high) / 2
		if slope(mid) > 0 {
			low = mid
		} else {
			high = mid
		}
	}
	return math.Exp((low + high) / 2), nil
}

// MinorityLimit returns what γ tends to when n_maj/n_min → ∞, for k₁ ≥ 2, before it is cut at
// one (derived in step 13),
//
//	γ_∞ = 1/r log( (x + k₁ e^{-r})² / (4 k₁ A x) ),  A = e^{-r k₁/(k₁-1)},  x = 1 + (k₁-1) A
func MinorityLimit(r float64, k1 int) float64 {
	k := float64(k1)
	logA := -r * k / (k - 1)
	x := 1 + (k-1)*math.Exp(logA)
	return (2*math.Log(x+k*math.Exp(-r)) - math.Log(4*k*x) - logA) / r
}
