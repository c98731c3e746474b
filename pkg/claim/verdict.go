package claim

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Verdict is what became of a statement.
type Verdict string

const (
	Holds Verdict = "holds"
	// Evidence: a run supports the statement, which no run could establish.
	Evidence Verdict = "evidence"
	// Corrected: the printed form is refuted, the repaired one holds.
	Corrected Verdict = "corrected"
	// Slip is Corrected where the paper's author would mend the print at once.
	Slip Verdict = "slip"
	// PaperScale marks a statement of the paper's scale in a run at quick scale: it is
	// not red and never counts as holding.
	PaperScale Verdict = "paper scale"

	Fails      Verdict = "fails"
	Vacuous    Verdict = "vacuous"
	NotChecked Verdict = "not checked"
)

var verdicts = []Verdict{Holds, Evidence, Corrected, Slip, PaperScale, Fails, Vacuous, NotChecked}

// Red reports whether the verdict turns a notebook red.
func (v Verdict) Red() bool {
	switch v {
	case Holds, Evidence, Corrected, Slip, PaperScale:
		return false
	}
	return true
}

// judge returns the verdict on o and, where it is red, the reason in words. Nothing but
// the statement, the scale and what was measured goes into it, and no order.
func judge(o Outcome, scale string) (Verdict, string) {
	if o.Stopped != "" {
		return Fails, "its cell stopped: " + o.Stopped
	}
	if err := errors.Join(o.edited()...); err != nil {
		return Fails, "its records contradict themselves: " + oneLine(err.Error())
	}
	elsewhere := o.Scale == PaperSized && scale != PaperSized
	if len(o.Checks) == 0 {
		if elsewhere && len(o.CounterExamples) == 0 {
			return PaperScale, ""
		}
		return NotChecked, "no check was recorded"
	}
	if why := refuted(o.Checks, Plain); why != "" {
		return Fails, why
	}
	if why := untested(o); len(why) > 0 {
		return Vacuous, strings.Join(why, "; ")
	}
	switch {
	case elsewhere:
		return PaperScale, ""
	case o.Evidence:
		return Evidence, ""
	case o.Printed != "":
		return o.Repair, ""
	}
	return Holds, ""
}

// refuted says which checks do not hold.
func refuted(checks []Entry, number func(x float64, digits int) string) string {
	var why []string
	for _, c := range checks {
		if c.Holds {
			continue
		}
		measured := number(float64(c.Measured), recordedDigits)
		if c.Contraction != nil {
			measured += ", contraction " + number(float64(*c.Contraction), 4)
		}
		why = append(why, fmt.Sprintf("%s is %s, expected %s", c.Name, measured, c.Expected))
	}
	return strings.Join(why, "; ")
}

// untested says why the checks, all of which hold, could not have failed, or not as far
// as the statement says.
func untested(o Outcome) []string {
	var why []string
	bad := func(format string, args ...any) { why = append(why, fmt.Sprintf(format, args...)) }
	exact, exactControls := "", 0
	for _, c := range o.Checks {
		rule, err := c.rule()
		if err != nil {
			bad("%v", err)
			continue
		}
		if rule.exact() {
			exact, exactControls = c.Name, exactControls+len(c.Controls)
		} else if len(c.Controls) == 0 {
			bad("check %q has no control: a number that must break %q", c.Name, c.Expected)
		}
		switch {
		case c.Because != "":
		case rule.loose() && !(c.Factor != nil && *c.Factor <= sharpFactor):
			bad("check %q could be off by a fifth unnoticed: say with Because why that is all one can ask, or bound it from both sides", c.Name)
		case c.Factor != nil && c.Slack != nil && *c.Slack == 0:
			bad("check %q lies on its bound to the last digit, as a ratio does where it was normalised: start behind that point, or say why with Because", c.Name)
		case c.Factor != nil && rule.one() && math.Abs(float64(c.Measured)-1) <= normalised*(1+1e-9):
			bad("check %q is 1 up to %s beside a bound of 1, as a ratio is where it was normalised: start behind that point, or say why with Because", c.Name, Plain(normalised, 1))
		case rule.name == converges && c.Measured == *c.Target && c.Contraction != nil && *c.Contraction == 0:
			bad("the sequence of check %q lies on its target all along the tail: nothing converged; take a tail that begins where it comes closer, or say why with Because", c.Name)
		}
		for _, k := range c.Controls {
			switch {
			case !finite(float64(k.Measured)):
				bad("control %q of %q measured %s and so tested nothing", k.Name, c.Name, measuredText(k.Measured, nil))
			case k.Holds:
				bad("control %q of %q was to fail, but %s satisfies %q", k.Name, c.Name, measuredText(k.Measured, k.Contraction), k.words(rule, c.Factor))
			}
		}
	}
	if exact != "" && exactControls == 0 {
		bad("none of the exact checks, as %q, has a control: a wrong formula that must break it", exact)
	}
	if o.Printed != "" && len(o.CounterExamples) == 0 {
		bad("the statement as printed was not refuted: record a counter-example")
	}
	for _, c := range o.CounterExamples {
		switch {
		case !finite(float64(c.Measured)):
			bad("counter-example %q measured %s and so refutes nothing", c.Name, measuredText(c.Measured, nil))
		case c.Holds:
			bad("counter-example %q was to fail, but %s satisfies %q", c.Name, measuredText(c.Measured, nil), c.Expected)
		default:
			if rule, err := c.rule(); err != nil || rule.broken() {
				bad("the rule of counter-example %q has a bound that is no number and so refutes nothing", c.Name)
			}
		}
	}
	return why
}

// sharpFactor is how much sharper a bound may be for its test from both sides to notice
// a fifth: 1/1.25 = 1 - 1/5.
const sharpFactor = 1.25

// normalised is how near to 1 a ratio lies that is 1 by construction, in the digits that a
// record keeps.
const normalised = 1e-6

// one reports whether the rule is a bound of 1.
func (r Rule) one() bool {
	switch r.name {
	case atMost, below:
		return r.high == 1
	case atLeast, above:
		return r.low == 1
	}
	return false
}

// words says what the control was asked.
func (c Control) words(rule Rule, factor *Number) Rule {
	if c.Sharp && factor != nil {
		return rule.sharper(float64(*factor))
	}
	return rule
}
