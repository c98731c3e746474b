package claim

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Rule is a condition on one measured number. The zero Rule is no rule: recording
// with it panics. NaN satisfies none.
type Rule struct {
	name      string
	low, high float64 // closed interval, open for above and below
	target    float64 // of within, converges, slope and exactly
	tolerance float64 // of within, converges, slope and round-off
	rivals    []float64
	tail      int // of converges
}

// The names of rules in claims.json.
const (
	within    = "within"
	between   = "between"
	atMost    = "at most"
	atLeast   = "at least"
	above     = "above"
	below     = "below"
	converges = "converges"
	roundOff  = "round-off"
	exactly   = "exactly"
	slope     = "slope"
)

// Within holds for target - tolerance ≤ x ≤ target + tolerance.
func Within(target, tolerance float64) Rule { return around(within, target, tolerance) }

// Converges is Within for an x that stands for the tail of a sequence. Claim.Converges
// asks it, and that the sequence still comes closer.
func Converges(target, tolerance float64) Rule { return around(converges, target, tolerance) }

func around(name string, target, tolerance float64) Rule {
	return Rule{name: name, low: target - tolerance, high: target + tolerance, target: target, tolerance: tolerance}
}

// Between holds for low ≤ x ≤ high.
func Between(low, high float64) Rule { return Rule{name: between, low: low, high: high} }

// AtMost holds for x ≤ high.
func AtMost(high float64) Rule { return Rule{name: atMost, low: math.Inf(-1), high: high} }

// AtLeast holds for x ≥ low.
func AtLeast(low float64) Rule { return Rule{name: atLeast, low: low, high: math.Inf(1)} }

// Above holds for x > low.
func Above(low float64) Rule { return Rule{name: above, low: low, high: math.Inf(1)} }

// Below holds for x < high.
func Below(high float64) Rule { return Rule{name: below, low: math.Inf(-1), high: high} }

// MaxRoundOff is the largest tolerance that passes for round-off: a thousand times the
// precision of float32, which is 1.2·10⁻⁷, for sums of that many terms. What errs more
// is an approximation: it takes Within or AtMost, and a control.
const MaxRoundOff = 1e-4

// RoundOff holds for |x| ≤ tolerance, where x is the error of an identity and the
// tolerance, at most MaxRoundOff, is what its arithmetic may lose.
func RoundOff(tolerance float64) Rule { return around(roundOff, 0, tolerance) }

// Exactly holds for the count n alone.
func Exactly(n int) Rule {
	return Rule{name: exactly, low: float64(n), high: float64(n), target: float64(n)}
}

// SlopeOf holds for slopes that are nearer to law than to any of the rivals, which are
// the slopes of other laws: within half the distance from law to the nearest of them.
func SlopeOf(law float64, rivals ...float64) Rule {
	nearest := math.NaN()
	for _, r := range rivals {
		if d := math.Abs(r - law); math.IsNaN(nearest) || d < nearest || math.IsNaN(d) {
			nearest = d
		}
	}
	r := around(slope, law, nearest/2)
	r.rivals = slices.Clone(rivals)
	return r
}

// Holds reports whether x satisfies the rule.
func (r Rule) Holds(x float64) bool {
	switch r.name {
	case above:
		return x > r.low
	case below:
		return x < r.high
	case "":
		return false
	}
	return r.low <= x && x <= r.high
}

// slack is how far x is inside the rule: negative where it does not hold, NaN for NaN.
func (r Rule) slack(x float64) float64 {
	if math.IsInf(x, 0) { // Inf - Inf says nothing
		if r.Holds(x) {
			return math.Inf(1)
		}
		return math.Inf(-1)
	}
	return min(x-r.low, r.high-x)
}

// sharper returns the bound with its constant made stricter by the factor.
func (r Rule) sharper(factor float64) Rule {
	switch r.name {
	case atMost, below:
		r.high /= factor
	case atLeast, above:
		r.low *= factor
	}
	return r
}

// exact reports whether the rule leaves no room in which a wrong value could hide:
// checks with such a rule need no control of their own.
func (r Rule) exact() bool { return r.name == roundOff || r.name == exactly }

// aFifth is the error that a check must notice, or say why it does not.
const aFifth = 0.2

// loose reports whether some measured value could be off by a fifth of itself, or of the
// rule's target, without breaking the rule: bounds of one side, which hold however far
// inside the value is, and tolerances wider than a fifth of their target.
func (r Rule) loose() bool {
	switch r.name {
	case roundOff, exactly:
		return false
	case within, converges, slope:
		return !(r.tolerance <= aFifth*math.Abs(r.target))
	case between:
		return !((r.high-r.low)/2 <= aFifth*math.Abs(r.low+r.high)/2)
	}
	return true
}

// String says the rule in words: "at most 1", "within 10⁻¹² of 0".
func (r Rule) String() string { return r.words(Plain) }

// words says the rule with numbers set by number.
func (r Rule) words(number func(x float64, digits int) string) string {
	switch r.name {
	case within:
		return "within " + number(r.tolerance, 4) + " of " + number(r.target, 6)
	case converges:
		return "converges to " + number(r.target, 6) + ", tail within " + number(r.tolerance, 4)
	case between:
		return "between " + number(r.low, 6) + " and " + number(r.high, 6)
	case atMost, below:
		return r.name + " " + number(r.high, 6)
	case atLeast, above:
		return r.name + " " + number(r.low, 6)
	case roundOff:
		return "0 up to round-off, " + number(r.tolerance, 4)
	case exactly:
		return "exactly " + number(r.target, 16)
	case slope:
		rivals := make([]string, len(r.rivals))
		for i, x := range r.rivals {
			rivals[i] = number(x, 4)
		}
		return "slope " + number(r.target, 6) + " within " + number(r.tolerance, 4) + ", told apart from " + strings.Join(rivals, " and ")
	}
	return "no rule"
}

// misuse returns what makes the rule useless, that is, impossible to fail or to
// satisfy whatever is measured. A bound that is NaN is none of these: it comes from a
// computation that went wrong, and nothing satisfies it.
func (r Rule) misuse() error {
	switch {
	case r.name == "":
		return fmt.Errorf("no rule: use Within, Between, AtMost, AtLeast, Above, Below, RoundOff, Exactly, SlopeOf or Converges")
	case r.name == slope && len(r.rivals) == 0:
		return fmt.Errorf("rule %q: name the slopes that it is to be told apart from", r)
	case r.name == slope && r.tolerance == 0:
		return fmt.Errorf("rule %q: a rival is the law itself", r)
	case r.name == roundOff && r.tolerance > MaxRoundOff:
		return fmt.Errorf("rule %q: round-off is at most %s; what errs more needs Within or AtMost, and a control", r, Plain(MaxRoundOff, 4))
	case r.tolerance < 0:
		return fmt.Errorf("rule %q: a negative tolerance", r)
	case math.IsInf(r.tolerance, 1), math.IsInf(r.low, -1) && math.IsInf(r.high, 1):
		return fmt.Errorf("rule %q cannot fail", r)
	case r.low > r.high:
		return fmt.Errorf("rule %q: the lower bound is above the upper one", r)
	}
	return nil
}

// pointMisuse returns an error for a tolerance of zero: what meets it is a count, or a number
// that underflowed. It is apart from misuse, as the claims of Go literals may have one.
func (r Rule) pointMisuse() error {
	if (r.name == within || r.name == converges || r.name == roundOff) && r.tolerance == 0 {
		return fmt.Errorf("rule %q: a tolerance of zero, which an underflow meets: use Exactly for a count, RoundOff or Within with what the arithmetic may lose for a number", r)
	}
	return nil
}

// boundMisuse returns why the rule with the factor is no bound that can be tested from
// both sides.
func (r Rule) boundMisuse(factor float64) error {
	constant := r.high
	switch r.name {
	case atLeast, above:
		constant = r.low
	case atMost, below:
	default:
		return fmt.Errorf("rule %q is no bound: use AtMost, AtLeast, Above or Below", r)
	}
	if constant <= 0 {
		return fmt.Errorf("rule %q: a bound that is made sharper by a factor must be positive; measure a ratio", r)
	}
	if !(factor > 1) || math.IsInf(factor, 1) {
		return fmt.Errorf("factor %v: want a finite number above 1", factor)
	}
	return nil
}

// broken reports a bound that is NaN.
func (r Rule) broken() bool {
	return math.IsNaN(r.low) || math.IsNaN(r.high) || math.IsNaN(r.target) || math.IsNaN(r.tolerance)
}
