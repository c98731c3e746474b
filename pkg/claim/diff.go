package claim

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
)

// Tolerance returns the relative error within which two runs with the same seed on a
// backend are expected to measure the same.
//
//	go     1e-5   a unit in the sixth digit, which is the last one recorded: pure Go
//	              computes the same bits on machines of one architecture
//	cpu    1e-3   XLA's kernels sum in an order that depends on the CPU's vector width;
//	              training amplifies the last bits of float32, 6e-8, ten thousandfold
//	cuda   1e-2   kernels, and with them the order of sums, are chosen by timing; products
//	              of matrices may lose bits
//
// An unknown backend has the tolerance of cuda.
func Tolerance(backend string) float64 {
	words := strings.Fields(backend)
	if len(words) == 0 {
		return 1e-2
	}
	switch words[len(words)-1] {
	case "go":
		return 1e-5
	case "cpu":
		return 1e-3
	}
	return 1e-2
}

// Diff lists in words where two records differ: statements, verdicts, checks, controls
// and rules that are in one only, and measured values that differ by more than tolerance
// (Tolerance of both backends where it is 0; see near). It is empty when they agree.
func Diff(a, b *Record, tolerance float64) []string {
	if a.Paper.Key != b.Paper.Key {
		return []string{fmt.Sprintf("the first is of paper %s, the second of %s", a.Paper.Key, b.Paper.Key)}
	}
	d := &differ{tolerance: tolerance}
	if tolerance == 0 {
		d.tolerance = max(Tolerance(a.Run.Backend), Tolerance(b.Run.Backend))
	}
	if a.Run.Scale != b.Run.Scale || a.Run.Seed != b.Run.Seed {
		d.other = true
		d.say("the first ran at scale %s with seed %d, the second at scale %s with seed %d: measured values are not compared",
			a.Run.Scale, a.Run.Seed, b.Run.Scale, b.Run.Seed)
	}
	pairs(a.Claims, b.Claims, func(o Outcome) string { return o.ID }, func(id, where string) { d.say("%s is only in the %s", id, where) }, d.outcomes)
	return d.found
}

// DiffVerdicts lists where the verdicts of two records differ, which may be of other seeds
// and backends.
func DiffVerdicts(a, b *Record) []string {
	if a.Paper.Key != b.Paper.Key {
		return []string{fmt.Sprintf("the first is of paper %s, the second of %s", a.Paper.Key, b.Paper.Key)}
	}
	d := &differ{}
	pairs(a.Claims, b.Claims, func(o Outcome) string { return o.ID }, func(id, where string) { d.say("%s is only in the %s", id, where) }, d.verdicts)
	return d.found
}

type differ struct {
	tolerance float64
	other     bool // another seed or scale
	found     []string
}

func (d *differ) say(format string, args ...any) {
	d.found = append(d.found, fmt.Sprintf(format, args...))
}

// pairs calls both for the elements of a and b with the same name, and only for the names
// that one of them has.
func pairs[T any](a, b []T, name func(T) string, only func(name, where string), both func(x, y T)) {
	for _, x := range a {
		if i := slices.IndexFunc(b, func(y T) bool { return name(y) == name(x) }); i >= 0 {
			both(x, b[i])
		} else {
			only(name(x), "first")
		}
	}
	for _, y := range b {
		if !slices.ContainsFunc(a, func(x T) bool { return name(x) == name(y) }) {
			only(name(y), "second")
		}
	}
}

func (d *differ) verdicts(x, y Outcome) {
	if x.Verdict != y.Verdict {
		d.say("%s: %s in the first, %s in the second", x.ID, x.Verdict, y.Verdict)
	}
}

func (d *differ) outcomes(x, y Outcome) {
	d.verdicts(x, y)
	if !sameStatement(x, y) {
		d.say("%s: the statement is not the same in both", x.ID)
	}
	for _, set := range []struct {
		what string
		a, b []Entry
	}{{"check", x.Checks, y.Checks}, {"counter-example", x.CounterExamples, y.CounterExamples}} {
		pairs(set.a, set.b, func(e Entry) string { return e.Name },
			func(name, where string) { d.say("%s: the %s %q is only in the %s", x.ID, set.what, name, where) },
			func(e, f Entry) { d.entries(x.ID, set.what, e, f) })
	}
}

func (d *differ) entries(id, what string, e, f Entry) {
	switch {
	case e.Rule != f.Rule || !reflect.DeepEqual(e.Rivals, f.Rivals) || e.Tail != f.Tail || !sameBound(e.Factor, f.Factor) ||
		!d.other && !(d.nearBound(e.Low, f.Low) && d.nearBound(e.High, f.High)):
		d.say("%s: the rule of %q is %q in the first, %q in the second", id, e.Name, ruleText(e), ruleText(f))
	case !d.near(e, e.Measured, f.Measured):
		d.say("%s: the %s %q measured %s in the first, %s in the second", id, what, e.Name, measuredText(e.Measured, e.Contraction), measuredText(f.Measured, f.Contraction))
	}
	if e.Because != f.Because {
		d.say("%s: the reason of %q is not the same in both", id, e.Name)
	}
	pairs(e.Controls, f.Controls, func(k Control) string { return k.Name },
		func(name, where string) { d.say("%s: the control %q of %q is only in the %s", id, name, e.Name, where) },
		func(k, l Control) {
			if k.Some != l.Some {
				d.say("%s: of the control %q of %q all instances must fail in one, some in the other", id, k.Name, e.Name)
			}
			if !d.near(e, k.Measured, l.Measured) {
				d.say("%s: the control %q of %q measured %s in the first, %s in the second", id, k.Name, e.Name, measuredText(k.Measured, k.Contraction), measuredText(l.Measured, l.Contraction))
			}
		})
}

func ruleText(e Entry) string {
	if e.Factor != nil {
		return fmt.Sprintf("%s, broken when %s times sharper", e.Expected, Plain(float64(*e.Factor), 4))
	}
	return e.Expected
}

// near reports whether two measured values differ by at most the tolerance times the
// largest of them and of the rule's bounds: a difference that is tiny beside what the rule
// tells apart is none. Errors that are round-off in both are noise and are not compared.
func (d *differ) near(e Entry, a, b Number) bool {
	x, y := float64(a), float64(b)
	if d.other || same(x, y) {
		return true
	}
	if !finite(x) || !finite(y) {
		return false
	}
	if e.Rule == roundOff && math.Abs(x) <= MaxRoundOff && math.Abs(y) <= MaxRoundOff {
		return e.Tolerance != nil && max(math.Abs(x), math.Abs(y)) <= float64(*e.Tolerance)
	}
	scale := max(math.Abs(x), math.Abs(y))
	for _, bound := range []*Number{e.Low, e.High} {
		if bound != nil && finite(float64(*bound)) {
			scale = max(scale, math.Abs(float64(*bound)))
		}
	}
	return math.Abs(x-y) <= d.tolerance*scale
}

// nearBound compares bounds, which may be computed from the instance.
func (d *differ) nearBound(a, b *Number) bool {
	if sameBound(a, b) {
		return true
	}
	if a == nil || b == nil {
		return false
	}
	x, y := float64(*a), float64(*b)
	return math.Abs(x-y) <= d.tolerance*max(math.Abs(x), math.Abs(y))
}

// Slacks lists, for every check of r that has one, by which share of itself its number
// could move.
func (r *Record) Slacks() []string {
	var out []string
	for _, o := range r.Claims {
		for _, c := range o.Checks {
			if c.Slack != nil {
				out = append(out, fmt.Sprintf("%s: the slack of %q is %s (%s, %s)", o.ID, c.Name, Plain(float64(*c.Slack), 3), measuredText(c.Measured, c.Contraction), c.Expected))
			}
		}
	}
	return out
}
