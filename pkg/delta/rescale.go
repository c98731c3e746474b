package delta

import (
	"fmt"
	"math"
)

// ByBound minimises the bound |1 − (1−p)/q| |S| + √(Φ(p) Q log(2/γ))/q over q ≥ 1−p. It is
// linear in 1/q, so that its least value is at an end: q = 1−p where
// √(Φ Q log(2/γ)) < (1−p)|S|, and no delta at all, q = +Inf, elsewhere.
func ByBound(f Influence, p, gamma float64) float64 {
	if math.Sqrt(Phi(p)*f.Q*math.Log(2/gamma)) < (1-p)*math.Abs(f.S) {
		return 1 - p
	}
	return math.Inf(1)
}

// Chernoff is the exponent of the upper tail at a fixed parameter η > 0 (Deng et al. 2025,
// App. E.2), with the constant of the confidence γ,
//
//	η (1 − (1−p)/q) S + η² Φ(p) Q/(4q²) + log(2/γ)
func Chernoff(f Influence, p, q, eta, gamma float64) float64 {
	return eta*f.Bias(p, q) + eta*eta*Phi(p)*f.Q/(4*q*q) + math.Log(2/gamma)
}

// ByChernoff minimises [Chernoff] over q > 0, for η > 0 and S > 0:
//
//	q = η Φ(p) Q / (2 (1−p) S)
//
// With |S| in the place of S it is the safer variant for rows of either sign.
func ByChernoff(f Influence, p, eta float64) float64 {
	return eta * Phi(p) * f.Q / (2 * (1 - p) * math.Abs(f.S))
}

// ByRows returns the divisor of a layer by the authors' Algorithm 3: for each row the q on
// the grid 1−p, 1−p+step, ... below 1 at which |Chernoff| with γ = .05 is least, and the
// mean over the rows. The grid stops where four fifths of the rows are past their best.
func ByRows(rows []Influence, p, eta, step float64) (float64, error) {
	if err := CheckRate(p, 1-p); err != nil {
		return 0, err
	}
	if len(rows) == 0 || !(eta > 0) || !(step > 0) {
		return 0, fmt.Errorf("delta: %d rows, η = %v, step %v: want at least one row and positive numbers", len(rows), eta, step)
	}
	best, at := make([]float64, len(rows)), make([]float64, len(rows))
	for i := range best {
		best[i] = math.Inf(1)
	}
	for k := 0; ; k++ {
		q := 1 - p + float64(k)*step
		if k > 0 && q >= 1-step {
			break
		}
		past := 0
		for i, f := range rows {
			if v := math.Abs(Chernoff(f, p, q, eta, 0.05)); v < best[i] {
				best[i], at[i] = v, q
			} else {
				past++
			}
		}
		if 5*past >= 4*len(rows) {
			break
		}
	}
	sum := 0.0
	for _, q := range at {
		sum += q
	}
	return sum / float64(len(rows)), nil
}

// ByClosedForm is the mean over rows of [ByChernoff] cut to [1−p, 1].
func ByClosedForm(rows []Influence, p, eta float64) (float64, error) {
	if err := CheckRate(p, 1-p); err != nil {
		return 0, err
	}
	if len(rows) == 0 || !(eta > 0) {
		return 0, fmt.Errorf("delta: %d rows and η = %v: want at least one row and a positive number", len(rows), eta)
	}
	sum := 0.0
	for _, f := range rows {
		q := ByChernoff(f, p, eta)
		if math.IsNaN(q) { // no influence at all: any q will do
			q = 1 - p
		}
		sum += min(1, max(1-p, q))
	}
	return sum / float64(len(rows)), nil
}

// Tried is one divisor and its score.
type Tried struct{ Q, Score float64 }

// Search looks for the divisor of best score, the larger the better (the authors'
// Algorithm 2): on a coarse grid 1−p, 1−p+step, ... up to most, until more than three in a
// row were no better, and then on one ten times as fine about the best. The score is a
// metric on validation data (q_v) or minus the output change on unlabelled data (q_e); it
// must use the same masks for all q. DARE's 1−p is always tried, and is the first of all.
func Search(p, step, most float64, score func(q float64) (float64, error)) (found Tried, all []Tried, err error) {
	if err := CheckRate(p, 1-p); err != nil {
		return found, nil, err
	}
	if !(step > 0) || !(most >= 1-p) {
		return found, nil, fmt.Errorf("delta: a grid from %v by %v to %v: want a positive step and an end behind the beginning", 1-p, step, most)
	}
	best, since := 0, 0
	try := func(q float64) error {
		s, err := score(q)
		if err != nil {
			return fmt.Errorf("delta: q = %v: %w", q, err)
		}
		if math.IsNaN(s) {
			return fmt.Errorf("delta: the score at q = %v is not a number: is the validation set empty?", q)
		}
		all = append(all, Tried{q, s})
		since++
		if s > all[best].Score || len(all) == 1 {
			best, since = len(all)-1, 0
		}
		return nil
	}
	for k := 0; ; k++ {
		q := 1 - p + float64(k)*step
		if q > most+1e-12 || since > 3 {
			break
		}
		if err := try(q); err != nil {
			return found, nil, err
		}
	}
	middle := all[best].Q
	for k := 0; ; k++ {
		q := max(1-p+step/10, middle-0.9*step) + float64(k)*step/10
		if q > min(middle+step, most)+1e-12 {
			break
		}
		if math.Abs(q-middle) < step/100 {
			continue // it was tried
		}
		if err := try(q); err != nil {
			return found, nil, err
		}
	}
	return all[best], all, nil
}

// Change is the mean of |a_i − b_i|: how far outputs have moved.
func Change(a, b []float64) (float64, error) {
	if len(a) != len(b) || len(a) == 0 {
		return 0, fmt.Errorf("delta: outputs of %d and %d numbers, want as many of each and at least one", len(a), len(b))
	}
	sum := 0.0
	for i, v := range a {
		sum += math.Abs(v - b[i])
	}
	return sum / float64(len(a)), nil
}

// WithoutFarthest is the mean of numbers but for the one that is farthest from the mean of
// all, where there are more than two: how the authors average over masks.
func WithoutFarthest(x []float64) float64 {
	mean := 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	if len(x) < 3 {
		return mean
	}
	far := 0
	for i, v := range x {
		if math.Abs(v-mean) > math.Abs(x[far]-mean) {
			far = i
		}
	}
	return (mean*float64(len(x)) - x[far]) / float64(len(x)-1)
}
