package claim

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
)

// verify judges every claim again from its measured numbers and rules.
func (r *Record) verify() error {
	var errs []error
	for _, o := range r.Claims {
		faults := o.edited()
		if !slices.Contains(knowns, o.Known) {
			faults = append(faults, fmt.Errorf("known is %q, which is none of %v", o.Known, knowns))
		}
		verdict, reason := judge(o, r.Run.Scale)
		switch {
		case verdict != o.Verdict:
			faults = append(faults, fmt.Errorf("the verdict is %q, but its numbers say %q", o.Verdict, verdict))
		case reason != o.Reason:
			faults = append(faults, fmt.Errorf("the reason is %q, but its numbers say %q", o.Reason, reason))
		}
		for _, fault := range faults {
			errs = append(errs, fmt.Errorf("%s: %w", o.ID, fault))
		}
	}
	return errors.Join(errs...)
}

// edited lists where what the entries say does not follow from their numbers.
func (o Outcome) edited() []error {
	var errs []error
	names := map[string]bool{}
	once := func(name string) {
		if names[name] {
			errs = append(errs, fmt.Errorf("%q is recorded twice", name))
		}
		names[name] = true
	}
	for _, e := range slices.Concat(o.Checks, o.CounterExamples) {
		errs = append(errs, e.edited()...)
		once(e.Name)
		for _, c := range e.Controls {
			once(e.Name + ", control " + c.Name)
		}
	}
	return errs
}

func (e Entry) edited() []error {
	rule, err := e.rule()
	if err != nil {
		return []error{err}
	}
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if e.Expected != rule.String() {
		bad("%q expects %q in words, but its rule is %q", e.Name, e.Expected, rule)
	}
	if holds := e.asks(rule); holds != e.Holds {
		bad("holds of %q is %v, but %s %s %q", e.Name, e.Holds, measuredText(e.Measured, e.Contraction), doesOrNot(holds), rule)
	}
	if slack := e.slack(rule); (slack == nil) != (e.Slack == nil) || slack != nil && *slack != *e.Slack {
		bad("the slack of %q does not follow from its numbers", e.Name)
	}
	sharp := 0
	for _, c := range e.Controls {
		own := rule
		if c.Sharp {
			sharp++
			if e.Factor == nil {
				bad("control %q of %q is against a sharper bound, but the check names no factor", c.Name, e.Name)
				continue
			}
			own = rule.sharper(float64(*e.Factor))
			if !same(float64(c.Measured), float64(e.Measured)) {
				bad("control %q of %q measured %v, but the check measured %v", c.Name, e.Name, c.Measured, e.Measured)
			}
		}
		if low, high := own.bounds(); !sameBound(low, c.Low) || !sameBound(high, c.High) {
			bad("control %q has not the bounds of its check %q", c.Name, e.Name)
		}
		if holds := satisfies(c.Measured, c.Contraction, own); holds != c.Holds {
			bad("holds of control %q of %q is %v, but %s %s %q", c.Name, e.Name, c.Holds, measuredText(c.Measured, c.Contraction), doesOrNot(holds), own)
		}
	}
	if e.Factor != nil {
		if err := rule.boundMisuse(float64(*e.Factor)); err != nil {
			bad("%q: %w", e.Name, err)
		}
		if sharp != 1 {
			bad("%q is a bound with a factor, but has %d controls against the sharper bound", e.Name, sharp)
		}
	}
	return errs
}

func sameBound(a, b *Number) bool {
	return (a == nil) == (b == nil) && (a == nil || same(float64(*a), float64(*b)))
}

func doesOrNot(holds bool) string {
	if holds {
		return "satisfies"
	}
	return "does not satisfy"
}

// measuredText shows a measured number, with its contraction where there is one.
func measuredText(x Number, contraction *Number) string {
	text := Plain(float64(x), recordedDigits)
	if math.IsInf(float64(x), 1) {
		text = "+" + text
	}
	if contraction != nil {
		text += ", contraction " + Plain(float64(*contraction), 4)
	}
	return text
}

// Of returns nil if r is a record of the paper as its file has it now, otherwise an error
// that names every statement that is not the same.
func (r *Record) Of(p Paper) error {
	if r.Paper.Key != p.Key {
		return fmt.Errorf("claim: the record is of paper %s, not of %s", r.Paper.Key, p.Key)
	}
	fresh, err := (&Ledger{paper: p, run: r.Run}).assemble(nil)
	if err != nil {
		return err
	}
	a, b := *fresh, *r
	d := &differ{other: true}
	if !reflect.DeepEqual(a.Paper, b.Paper) {
		d.say("title, authors or another line about the paper is not the same")
	}
	pairs(a.Claims, b.Claims, func(o Outcome) string { return o.ID },
		func(id, where string) {
			if where == "first" {
				d.say("%s has no place in the record", id)
			} else {
				d.say("%s is no statement of the paper", id)
			}
		},
		func(x, y Outcome) {
			if !sameStatement(x, y) {
				d.say("%s: the statement of the record is another", x.ID)
			}
		})
	if len(d.found) > 0 {
		return fmt.Errorf("claim: %s; run the notebook again", strings.Join(d.found, "; "))
	}
	return nil
}

// sameStatement compares what the outcomes have from the paper.
func sameStatement(x, y Outcome) bool {
	for _, o := range []*Outcome{&x, &y} {
		o.Verdict, o.Reason, o.Checks, o.CounterExamples, o.Note, o.Kept, o.Stopped = "", "", nil, nil, "", "", ""
	}
	return reflect.DeepEqual(x, y)
}
