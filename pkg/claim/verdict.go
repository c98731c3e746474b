package claim

import (
	"fmt"
	"math"
	"strings"
)

// Verdict is what became of a statement.
type Verdict string

const (
	Holds      Verdict = "holds"
	Fails      Verdict = "fails"
	Vacuous    Verdict = "vacuous"
	NotChecked Verdict = "not checked"
	Corrected  Verdict = "corrected"
	// PaperScale marks a statement of the paper's scale in a run at quick scale: it is
	// not red and never counts as holding.
	PaperScale Verdict = "paper scale"
)

// Red reports whether the verdict turns a notebook red.
func (v Verdict) Red() bool {
	return v != Holds && v != Corrected && v != PaperScale
}

// judge returns the verdict on o and, where it is red, the reason in words.
func judge(o Outcome, scale string, broken map[string]bool) (Verdict, string) {
	elsewhere := o.Scale == PaperSized && scale != PaperSized
	if len(o.Checks) == 0 {
		if elsewhere && len(o.Controls)+len(o.CounterExamples) == 0 {
			return PaperScale, ""
		}
		return NotChecked, "no check was recorded"
	}
	if why := refuted(o.Checks); why != "" {
		return Fails, why
	}
	if why := untested(o, broken); why != "" {
		return Vacuous, why
	}
	switch {
	case elsewhere:
		return PaperScale, ""
	case len(o.CounterExamples) > 0:
		return Corrected, ""
	}
	return Holds, ""
}

// refuted says which checks do not hold.
func refuted(checks []Entry) string {
	var why []string
	for _, c := range checks {
		if !c.Holds {
			why = append(why, fmt.Sprintf("%s is %s, expected %s", c.Name, digits(float64(c.Measured), 6), c.Expected))
		}
	}
	return strings.Join(why, "; ")
}

// untested says why the checks, all of which hold, could not have failed.
func untested(o Outcome, broken map[string]bool) string {
	if o.Kind.needsControl() && len(o.Controls) == 0 {
		article := "a "
		if strings.ContainsRune("aeio", rune(o.Kind[0])) {
			article = "an "
		}
		return article + string(o.Kind) + " needs a control: the same rule where it must fail"
	}
	if o.Printed != "" && len(o.CounterExamples) == 0 {
		return "the statement as printed was not refuted: record a counter-example"
	}
	var why []string
	for _, c := range append(append([]Entry(nil), o.Controls...), o.CounterExamples...) {
		switch {
		case c.Holds:
			why = append(why, fmt.Sprintf("%q was to fail, but %s is %s", c.Name, digits(float64(c.Measured), 6), c.Expected))
		case math.IsNaN(float64(c.Measured)):
			why = append(why, fmt.Sprintf("%q measured NaN and so tested nothing", c.Name))
		case broken[c.Name]:
			why = append(why, fmt.Sprintf("the rule of %q has a NaN bound and so tested nothing", c.Name))
		}
	}
	for _, c := range o.Controls {
		if !usesRule(o.Checks, c.Rule) {
			why = append(why, fmt.Sprintf("control %q tests %q, a rule that no check of the claim uses", c.Name, c.Rule))
		}
	}
	return strings.Join(why, "; ")
}

func usesRule(checks []Entry, rule string) bool {
	for _, c := range checks {
		if c.Rule == rule {
			return true
		}
	}
	return false
}
