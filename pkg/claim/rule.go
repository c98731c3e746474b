package claim

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Rule is a condition on one measured number. The zero Rule is no rule: recording
// with it panics. NaN satisfies none.
type Rule struct {
	name      string
	low, high float64 // closed interval, open for above and below
	target    float64 // of within and converges
	tolerance float64
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
)

// Within holds for target - tolerance ≤ x ≤ target + tolerance.
func Within(target, tolerance float64) Rule { return around(within, target, tolerance) }

// Converges is Within for an x that stands for the tail of a sequence; see Tail and
// Contraction.
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

// String says the rule in words: "at most 1", "within 1e-12 of 0".
func (r Rule) String() string {
	switch r.name {
	case within:
		return "within " + digits(r.tolerance, 4) + " of " + digits(r.target, 6)
	case converges:
		return "converges to " + digits(r.target, 6) + ", tail within " + digits(r.tolerance, 4)
	case between:
		return "between " + digits(r.low, 6) + " and " + digits(r.high, 6)
	case atMost, below:
		return r.name + " " + digits(r.high, 6)
	case atLeast, above:
		return r.name + " " + digits(r.low, 6)
	}
	return "no rule"
}

// misuse returns what makes the rule useless, that is, impossible to fail or to
// satisfy whatever is measured. A bound that is NaN is none of these: it comes from a
// computation that went wrong, and nothing satisfies it.
func (r Rule) misuse() error {
	switch {
	case r.name == "":
		return fmt.Errorf("no rule: use Within, Between, AtMost, AtLeast, Above, Below or Converges")
	case r.tolerance < 0:
		return fmt.Errorf("rule %q: a negative tolerance", r)
	case math.IsInf(r.tolerance, 1), math.IsInf(r.low, -1) && math.IsInf(r.high, 1):
		return fmt.Errorf("rule %q cannot fail", r)
	case r.low > r.high:
		return fmt.Errorf("rule %q: the lower bound is above the upper one", r)
	}
	return nil
}

// broken reports a bound that is NaN.
func (r Rule) broken() bool {
	return math.IsNaN(r.low) || math.IsNaN(r.high) || math.IsNaN(r.target) || math.IsNaN(r.tolerance)
}

// digits writes x with at most n significant digits, large whole parts in full.
func digits(x float64, n int) string {
	if x == 0 {
		return "0" // no minus zero
	}
	if a := math.Abs(x); a >= 1e4 && a < 1e7 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	text := strconv.FormatFloat(x, 'g', n, 64)
	mantissa, exponent, found := strings.Cut(text, "e")
	if !found {
		return text
	}
	sign := strings.TrimPrefix(exponent[:1], "+")
	return mantissa + "e" + sign + strings.TrimLeft(exponent[1:], "0")
}
