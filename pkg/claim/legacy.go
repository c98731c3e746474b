// This file holds what papers whose statements are Go literals need: claims whose
// controls carry a rule of their own and belong to no check, the verdicts on these, and
// the part that is found from the stack. It goes when the last such paper is converted,
// with legacy_test.go and the calls that name it.

package claim

import (
	"fmt"
	"math"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// LegacyClaim is a claim of a paper that is a Go literal.
type LegacyClaim struct {
	ledger *Ledger
	id     string
}

// Claim returns the claim with the given id of a paper that is a Go literal. It panics,
// naming the known ids, if there is none.
func (l *Ledger) Claim(id string) *LegacyClaim {
	if _, err := l.paper.find(id); err != nil {
		panic(err)
	}
	if l.paper.loaded {
		panic(fmt.Errorf("claim %s: the statements of %s come from a paper.json: use Ledger.Part(cell).Claim(%q)", id, l.paper.Key, id))
	}
	return &LegacyClaim{ledger: l, id: id}
}

// Check records a number that the rule could refute.
func (c *LegacyClaim) Check(name string, measured float64, rule Rule) *LegacyClaim {
	return c.measure(slotCheck, name, measured, rule)
}

// CheckAll records the number of measured that is furthest from satisfying the rule:
// it holds if all of them do.
func (c *LegacyClaim) CheckAll(name string, measured []float64, rule Rule) *LegacyClaim {
	return c.Check(name, Worst(measured, rule), rule)
}

// Control records a number that must fail the rule, because an assumption was dropped
// or a constant made wrong.
func (c *LegacyClaim) Control(name string, measured float64, rule Rule) *LegacyClaim {
	return c.measure(slotControl, name, measured, rule)
}

// ControlAll records the number of measured that is furthest from satisfying the rule,
// which must fail: all of them holding would be vacuous.
func (c *LegacyClaim) ControlAll(name string, measured []float64, rule Rule) *LegacyClaim {
	return c.Control(name, Worst(measured, rule), rule)
}

// CounterExample records a number that must fail the rule of the statement as printed.
func (c *LegacyClaim) CounterExample(name string, measured float64, rule Rule) *LegacyClaim {
	if s, _ := c.ledger.paper.find(c.id); s.Printed == "" {
		panic(fmt.Errorf("claim %s: counter-example %q, but the statement has no printed form that it could refute: set Printed", c.id, name))
	}
	return c.measure(slotCounter, name, measured, rule)
}

// Note adds a sentence that stands beside the claim in the record.
func (c *LegacyClaim) Note(text string) *LegacyClaim { return c.say(slotNote, text) }

// Kept says that the numbers of the claim were not measured by this run, and where they
// come from.
func (c *LegacyClaim) Kept(provenance string) *LegacyClaim { return c.say(slotKept, provenance) }

func (c *LegacyClaim) measure(slot, name string, measured float64, rule Rule) *LegacyClaim {
	if name == "" {
		panic(fmt.Errorf("claim %s: a %s without a name", c.id, slot))
	}
	if err := rule.misuse(); err != nil {
		panic(fmt.Errorf("claim %s: %s %q: %w", c.id, slot, name, err))
	}
	e := Entry{Name: name, Measured: Number(round(measured, recordedDigits)), Rule: rule.name, Expected: rule.words(digits), Holds: rule.Holds(measured)}
	e.Low, e.High = rule.bounds()
	for _, bound := range []*Number{e.Low, e.High} {
		if bound != nil {
			*bound = Number(round(float64(*bound), recordedDigits))
		}
	}
	c.ledger.append(line{Claim: c.id, Slot: slot, Entry: &e, Part: callingPart()})
	return c
}

func (c *LegacyClaim) say(slot, text string) *LegacyClaim {
	if text = oneLine(text); text == "" {
		panic(fmt.Errorf("claim %s: an empty %s", c.id, slot))
	}
	c.ledger.append(line{Claim: c.id, Slot: slot, Text: text, Part: callingPart()})
	return c
}

// legacy reports whether the outcome is of a statement that does not say how it is known.
func (o Outcome) legacy() bool { return o.Known == "" }

// judgeLegacy sets the verdict on o.
func (o *Outcome) judgeLegacy(scale string) {
	if o.Controls == nil {
		o.Controls = []Entry{}
	}
	o.Verdict, o.Reason = legacyVerdict(*o, scale)
}

// verifyLegacy judges o again from what its entries say. Their bounds have six digits,
// too few to ask them again.
func (o Outcome) verifyLegacy(scale string) error {
	if verdict, _ := legacyVerdict(o, scale); verdict != o.Verdict {
		return fmt.Errorf("%s: the verdict is %q, but its checks and controls say %q", o.ID, o.Verdict, verdict)
	}
	return nil
}

func legacyVerdict(o Outcome, scale string) (Verdict, string) {
	elsewhere := o.Scale == PaperSized && scale != PaperSized
	if len(o.Checks) == 0 {
		if elsewhere && len(o.Controls)+len(o.CounterExamples) == 0 {
			return PaperScale, ""
		}
		return NotChecked, "no check was recorded"
	}
	if why := refuted(o.Checks, digits); why != "" {
		return Fails, why
	}
	if why := legacyUntested(o); why != "" {
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

// legacyUntested says why the checks, all of which hold, could not have failed.
func legacyUntested(o Outcome) string {
	if o.Kind != Certificate && o.Kind != Empirical && len(o.Controls) == 0 {
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
	for _, c := range slices.Concat(o.Controls, o.CounterExamples) {
		switch {
		case c.Holds:
			why = append(why, fmt.Sprintf("%q was to fail, but %s is %s", c.Name, digits(float64(c.Measured), 6), c.Expected))
		case math.IsNaN(float64(c.Measured)):
			why = append(why, fmt.Sprintf("%q measured NaN and so tested nothing", c.Name))
		case isNaN(c.Low) || isNaN(c.High):
			why = append(why, fmt.Sprintf("the rule of %q has a NaN bound and so tested nothing", c.Name))
		}
	}
	for _, c := range o.Controls {
		if !slices.ContainsFunc(o.Checks, func(k Entry) bool { return k.Rule == c.Rule }) {
			why = append(why, fmt.Sprintf("control %q tests %q, a rule that no check of the claim uses", c.Name, c.Rule))
		}
	}
	return strings.Join(why, "; ")
}

func isNaN(n *Number) bool { return n != nil && math.IsNaN(float64(*n)) }

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

const ownPackage = "github.com/marginalia-ml/marginalia/pkg/claim."

// mainPart is what the functions main of all cells have in common: their name.
const mainPart = "main"

// anonymous is what the compiler adds to the name of a function literal.
var anonymous = regexp.MustCompile(`(\.func\d+|\.\d+|-range\d+|\.gowrap\d+)+$`)

// callingPart names the function that a record belongs to: of the package that called
// into this one, the outermost function on the stack, that is, the cell's function even
// when a helper beside it does the recording.
func callingPart() string {
	pcs := make([]uintptr, 128)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	home, part := "", ""
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if strings.HasPrefix(f.Function, ownPackage) || f.Function == "" {
			continue
		}
		pkg, name := split(f.Function)
		if home == "" {
			home = pkg
		}
		if pkg == home && (name != mainPart || part == "") {
			part = name
		}
	}
	return part
}

// split cuts "a/b.(*T).Method.func1" into its package path "a/b" and "(*T).Method".
func split(function string) (pkg, name string) {
	slash := strings.LastIndexByte(function, '/') + 1
	dot := strings.IndexByte(function[slash:], '.') + slash
	return function[:dot], anonymous.ReplaceAllString(function[dot+1:], "")
}

// legacyRow is the claim as one row of the table.
func (o Outcome) legacyRow(reported bool) []string {
	name := "**" + o.ID + "**"
	statement := Cell(o.Statement)
	if o.Title != "" {
		statement = "*" + Cell(o.Title) + ".* " + statement
	}
	statement += " (" + Cell(o.Source) + ")"
	measured := entries(o.Checks)
	if o.Kept != "" {
		measured += "<br>" + Cell(o.Kept)
	}
	controls := entries(o.Controls)
	if len(o.CounterExamples) > 0 {
		statement += "<br>Printed: " + Cell(o.Printed)
		if controls != "" {
			controls += "<br>"
		}
		controls += "as printed: " + entries(o.CounterExamples)
	}
	row := []string{name, statement, dash(measured), dash(controls)}
	if reported {
		text := ""
		if o.Reported != nil {
			text = Cell(*o.Reported)
		}
		row = append(row, dash(text))
	}
	verdict := string(o.Verdict)
	if o.Verdict.Red() {
		verdict = "**" + verdict + "**: " + Cell(o.Reason)
	}
	return append(row, verdict)
}

func entries(es []Entry) string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = fmt.Sprintf("%s: %s (%s)", Cell(e.Name), signed(digits(float64(e.Measured), 4)), signed(e.Expected))
	}
	return strings.Join(lines, "<br>")
}

// signed sets a hyphen in front of a digit as a minus sign, which does not break from
// its number at the end of a line.
func signed(text string) string { return minus.ReplaceAllString(text, "−$1") }

var minus = regexp.MustCompile(`-(\d|Inf)`)
