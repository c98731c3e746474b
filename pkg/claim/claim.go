package claim

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Part is what one cell records. A new process that records for a part replaces what
// earlier ones recorded for it: a cell that runs again leaves nothing of its last run.
type Part struct {
	ledger *Ledger
	name   string
	claims []string // guarded by ledger.mu
}

// Part returns the part with the given name, which is the cell's. It panics for a blank
// name and for a paper that is a Go literal, whose claims come from Ledger.Claim.
func (l *Ledger) Part(name string) *Part {
	if !l.paper.loaded {
		panic(fmt.Errorf("claim: part %q: paper %s is a Go literal, whose claims are measured by Ledger.Claim: move its statements to a paper.json", name, l.paper.Key))
	}
	if fault := lineFault(name); fault != "" {
		panic(fmt.Errorf("claim: the name of a part: %s", fault))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.parts[name] == nil {
		l.parts[name] = &Part{ledger: l, name: name}
	}
	return l.parts[name]
}

// Claim returns the claim with the given id, to be measured by this part. It panics,
// naming the known ids, if there is none.
func (p *Part) Claim(id string) *Claim {
	if _, err := p.ledger.paper.find(id); err != nil {
		panic(err)
	}
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	if !slices.Contains(p.claims, id) {
		p.claims = append(p.claims, id)
	}
	return &Claim{part: p, id: id}
}

// Claims returns the ids of the claims that this process measures in the part, in the
// order in which they were first named.
func (p *Part) Claims() []string {
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	return slices.Clone(p.claims)
}

// Stopped records that the cell ended before it had measured all that it was to measure:
// its claims, and the one that it has its name from, fail.
func (p *Part) Stopped(why error) {
	ids := p.Claims()
	if _, err := p.ledger.paper.find(p.name); err == nil && !slices.Contains(ids, p.name) {
		ids = append(ids, p.name)
	}
	for _, id := range ids {
		p.append(line{Claim: id, Slot: slotStopped, Text: oneLine(why.Error())})
	}
}

func (p *Part) append(rec line) {
	rec.Part = p.name
	p.ledger.append(rec)
}

// Claim is a statement that is being measured. Its methods panic when they are misused
// (no rule, the same name twice) or the ledger cannot be written.
type Claim struct {
	part *Part
	id   string
}

// Check is a measured number with the rule that could refute its claim. Every check has
// a control of its own; of those whose rule is RoundOff or Exactly one with a control is
// enough for the claim.
type Check struct {
	claim *Claim
	name  string
	rule  Rule
}

// Check records a number that the rule could refute. A number that is not finite holds
// nothing.
func (c *Claim) Check(name string, measured float64, rule Rule) *Check {
	return c.check(name, []float64{measured}, rule, 0)
}

// CheckAll records the number of measured that is furthest from satisfying the rule:
// it holds if all of them do. A number that is not finite is the furthest.
func (c *Claim) CheckAll(name string, measured []float64, rule Rule) *Check {
	return c.check(name, measured, rule, 0)
}

// Bound records a number that is to satisfy a bound (AtMost, AtLeast, Above, Below), and
// as its control that it breaks the bound whose constant is factor times sharper:
// smaller for an upper bound, larger for a lower one.
func (c *Claim) Bound(name string, measured float64, rule Rule, factor float64) *Check {
	return c.BoundAll(name, []float64{measured}, rule, factor)
}

// BoundAll is Bound for the number of measured that is furthest from satisfying the
// rule: all satisfy the bound, and one of them breaks the sharper one.
func (c *Claim) BoundAll(name string, measured []float64, rule Rule, factor float64) *Check {
	if err := rule.boundMisuse(factor); err != nil {
		panic(fmt.Errorf("claim %s: bound %q: %w", c.id, name, err))
	}
	return c.check(name, measured, rule, factor)
}

// Converges records a sequence that is to converge to target: its last tail elements lie
// within tolerance of target, and each of them is closer to it than the one before, that
// is, Contraction is below 1. The controls of the check are sequences too.
func (c *Claim) Converges(name string, sequence []float64, target, tolerance float64, tail int) *Check {
	rule := Converges(target, tolerance)
	rule.tail = tail
	if tail < 2 {
		panic(fmt.Errorf("claim %s: check %q: a tail of %d elements: want at least 2, so that one can be closer than the other", c.id, name, tail))
	}
	return c.check(name, sequence, rule, 0)
}

func (c *Claim) check(name string, measured []float64, rule Rule, factor float64) *Check {
	c.mustBeLine(slotCheck, name)
	if err := rule.misuse(); err != nil {
		panic(fmt.Errorf("claim %s: check %q: %w", c.id, name, err))
	}
	if err := rule.pointMisuse(); err != nil {
		panic(fmt.Errorf("claim %s: check %q: %w", c.id, name, err))
	}
	if rule.name == converges && rule.tail == 0 {
		panic(fmt.Errorf("claim %s: check %q: one number does not converge: use Claim.Converges", c.id, name))
	}
	var e Entry
	if rule.name == converges {
		e = newEntry(name, lastWorst(measured, rule), 0, rule, 0)
		e.Contraction = contraction(measured, rule)
		e.Holds = e.asks(rule)
		e.Slack = e.slack(rule)
	} else {
		e = newEntry(name, furthest(measured, rule), len(measured), rule, factor)
	}
	if factor != 0 {
		sharp := rule.sharper(factor)
		k := newControl(sharpName(rule, factor), float64(e.Measured), e.Of, sharp)
		k.Measured, k.Sharp, k.Some = e.Measured, true, e.Of > 1
		e.Controls = []Control{k}
	}
	c.part.append(line{Claim: c.id, Slot: slotCheck, Entry: &e})
	return &Check{claim: c, name: name, rule: rule}
}

func sharpName(rule Rule, factor float64) string {
	size := "smaller"
	if rule.name == atLeast || rule.name == above {
		size = "larger"
	}
	return fmt.Sprintf("constant %s times %s", Plain(factor, 4), size)
}

// Control records what must fail the check's own rule, because an assumption was dropped
// or a constant made wrong: one number, or the numbers of several instances, all of which
// must fail. For a check of Converges it is a sequence.
func (k *Check) Control(name string, measured ...float64) *Check {
	return k.control(name, measured, false)
}

// ControlSome is Control for instances of which one at least must fail.
func (k *Check) ControlSome(name string, measured ...float64) *Check {
	if k.rule.name == converges {
		panic(fmt.Errorf("claim %s: control %q of %q: the numbers are one sequence: use Control", k.claim.id, name, k.name))
	}
	return k.control(name, measured, true)
}

func (k *Check) control(name string, measured []float64, some bool) *Check {
	k.claim.mustBeLine(slotControl, name)
	var n Control
	switch {
	case k.rule.name == converges:
		n = newControl(name, lastWorst(measured, k.rule), 0, k.rule)
		n.Contraction = contraction(measured, k.rule)
		n.Holds = satisfies(n.Measured, n.Contraction, k.rule)
	case some:
		n = newControl(name, furthest(measured, k.rule), len(measured), k.rule)
		n.Some = true
	default:
		n = newControl(name, nearest(measured, k.rule), len(measured), k.rule)
	}
	k.claim.part.append(line{Claim: k.claim.id, Slot: slotControl, Check: k.name, Control: &n})
	return k
}

func newControl(name string, x float64, of int, rule Rule) Control {
	n := Control{Name: name, Measured: Number(rounded(x, rule))}
	if of > 1 {
		n.Of = of
	}
	n.Low, n.High = rule.bounds()
	n.Holds = satisfies(n.Measured, nil, rule)
	return n
}

// Because says why a check whose number could be off by a fifth unnoticed is all that one
// can ask.
func (k *Check) Because(reason string) *Check {
	reason = oneLine(reason)
	k.claim.mustBeLine(slotBecause, reason)
	k.claim.part.append(line{Claim: k.claim.id, Slot: slotBecause, Check: k.name, Text: reason})
	return k
}

// CounterExample records a number that must fail the rule of the statement as printed.
func (c *Claim) CounterExample(name string, measured float64, rule Rule) {
	if s, _ := c.part.ledger.paper.find(c.id); s.Printed == "" {
		panic(fmt.Errorf("claim %s: counter-example %q, but the statement has no printed form that it could refute: set printed", c.id, name))
	}
	c.mustBeLine(slotCounter, name)
	if err := rule.misuse(); err != nil {
		panic(fmt.Errorf("claim %s: counter-example %q: %w", c.id, name, err))
	}
	if err := rule.pointMisuse(); err != nil {
		panic(fmt.Errorf("claim %s: counter-example %q: %w", c.id, name, err))
	}
	if rule.name == converges {
		panic(fmt.Errorf("claim %s: counter-example %q: one number does not converge: use Within, AtMost or AtLeast", c.id, name))
	}
	e := newEntry(name, measured, 1, rule, 0)
	c.part.append(line{Claim: c.id, Slot: slotCounter, Entry: &e})
}

// Note adds a sentence that stands beside the claim in the record.
func (c *Claim) Note(text string) { c.say(slotNote, text) }

// Kept says that the numbers of the claim were not measured by this run, and where they
// come from.
func (c *Claim) Kept(provenance string) { c.say(slotKept, provenance) }

func (c *Claim) say(slot, text string) {
	text = oneLine(text)
	if text == "" {
		panic(fmt.Errorf("claim %s: an empty %s", c.id, slot))
	}
	c.part.append(line{Claim: c.id, Slot: slot, Text: text})
}

// mustBeLine panics if a name or a reason is not one line of text and LaTeX.
func (c *Claim) mustBeLine(slot, text string) {
	if fault := lineFault(text); fault != "" {
		panic(fmt.Errorf("claim %s: the text of a %s: %s", c.id, slot, fault))
	}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// furthest returns the number of xs that is furthest from satisfying the rule; one that
// is not finite is the furthest of all, and so is NaN for no numbers at all.
func furthest(xs []float64, rule Rule) float64 {
	if i := slices.IndexFunc(xs, notFinite); i >= 0 {
		return xs[i]
	}
	return Worst(xs, rule)
}

// nearest returns the number of xs that is nearest to satisfying the rule; all of them
// fail exactly if it does. One that is not finite, which tests nothing, comes first.
func nearest(xs []float64, rule Rule) float64 {
	best, most := math.NaN(), math.Inf(-1)
	for _, x := range xs {
		if notFinite(x) {
			return x
		}
		if s := rule.slack(x); !(s <= most) || math.IsNaN(best) {
			best, most = x, s
		}
	}
	return best
}

func notFinite(x float64) bool { return !finite(x) }

// lastWorst returns, of the tail, the element that is furthest from the target; one that
// is not finite anywhere in the sequence comes first.
func lastWorst(sequence []float64, rule Rule) float64 {
	if i := slices.IndexFunc(sequence, notFinite); i >= 0 {
		return sequence[i]
	}
	return Tail(sequence, rule.target, rule.tail)
}

// contraction is that of the tail, with the digits that a record keeps.
func contraction(sequence []float64, rule Rule) *Number {
	return number(rounded(Contraction(sequence, rule.target, rule.tail), Below(1)))
}
