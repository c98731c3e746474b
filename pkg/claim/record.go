package claim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"

	"github.com/marginalia-ml/marginalia/pkg/atomicfile"
)

// Record is the content of claims.json: a paper, a run and what came out.
type Record struct {
	Paper  Heading   `json:"paper"`
	Run    Run       `json:"run"`
	Claims []Outcome `json:"claims"`
}

// Heading identifies the paper of a Record.
type Heading struct {
	Key     string   `json:"key"`
	Title   string   `json:"title"`
	Authors []string `json:"authors"`
	Venue   string   `json:"venue"`
	ArXiv   string   `json:"arxiv"`
	Learn   string   `json:"learn,omitempty"`
	Read    string   `json:"read,omitempty"`
}

// Outcome is a statement with everything that was recorded for it.
type Outcome struct {
	ID        string  `json:"id"`
	Kind      Kind    `json:"kind"`
	Title     string  `json:"title"`
	Statement string  `json:"statement"`
	Printed   string  `json:"printed,omitempty"`
	Repair    Verdict `json:"repair,omitempty"`
	Source    string  `json:"source"`
	Known     Known   `json:"known"`
	Scale     string  `json:"scale,omitempty"`
	Evidence  bool    `json:"evidence,omitempty"`
	Verdict   Verdict `json:"verdict"`
	// Reason says in words why the verdict is red.
	Reason          string  `json:"reason,omitempty"`
	Checks          []Entry `json:"checks"`
	CounterExamples []Entry `json:"counter_examples,omitempty"`
	Reported        *string `json:"reported"`
	Note            string  `json:"note"`
	// Kept is the provenance of numbers that come from an earlier run.
	Kept string `json:"kept,omitempty"`
	// Stopped says why a cell ended before it had measured the claim; see Part.Stopped.
	Stopped string `json:"stopped,omitempty"`
}

// Entry is one number that was asked one rule: a check or a counter-example.
type Entry struct {
	Name     string `json:"name"`
	Measured Number `json:"measured"`
	// Contraction is, for the rule "converges", what must be below 1; see Contraction.
	Contraction *Number `json:"contraction,omitempty"`
	Of          int     `json:"of,omitempty"` // how many numbers Measured is the worst of, where more than one
	Rule        string  `json:"rule"`
	Low         *Number `json:"low,omitempty"`
	High        *Number `json:"high,omitempty"`
	// The constants of the rule from which Low and High were computed.
	Target    *Number  `json:"target,omitempty"`
	Tolerance *Number  `json:"tolerance,omitempty"`
	Rivals    []Number `json:"rivals,omitempty"`
	Tail      int      `json:"tail,omitempty"`
	// Factor is, for a bound that is tested from both sides, how much sharper the bound is
	// that must be broken.
	Factor *Number `json:"factor,omitempty"`
	// Expected is the rule in words.
	Expected string `json:"expected"`
	Holds    bool   `json:"holds"`
	// Slack is the share of itself by which Measured could move before the rule breaks;
	// absent where Measured is 0 or breaks the rule.
	Slack    *Number   `json:"slack,omitempty"`
	Because  string    `json:"because,omitempty"`
	Controls []Control `json:"controls,omitempty"`
}

// Control is a number that was asked the rule of its check, on an instance where it must
// fail.
type Control struct {
	Name        string  `json:"name"`
	Measured    Number  `json:"measured"`
	Contraction *Number `json:"contraction,omitempty"`
	Of          int     `json:"of,omitempty"` // number of instances, where more than one
	// Some says that one of the instances must fail, and Measured is the one that fails
	// most. Otherwise all must, and Measured is the one that fails least.
	Some  bool    `json:"some,omitempty"`
	Sharp bool    `json:"sharp,omitempty"` // the check's own numbers against the sharper bound
	Low   *Number `json:"low,omitempty"`
	High  *Number `json:"high,omitempty"`
	Holds bool    `json:"holds"`
}

// newEntry asks the rule about x. What the record says of x is decided about the number
// that it shows.
func newEntry(name string, x float64, of int, rule Rule, factor float64) Entry {
	rules := []Rule{rule}
	e := Entry{Name: name, Rule: rule.name, Expected: rule.String(), Tail: rule.tail}
	if factor != 0 {
		e.Factor = number(factor)
		rules = append(rules, rule.sharper(factor))
	}
	if of > 1 {
		e.Of = of
	}
	e.Measured = Number(rounded(x, rules...))
	e.Low, e.High = rule.bounds()
	switch rule.name {
	case within, converges, slope:
		e.Target, e.Tolerance = number(rule.target), number(rule.tolerance)
	case roundOff:
		e.Tolerance = number(rule.tolerance)
	case exactly:
		e.Target = number(rule.target)
	}
	for _, r := range rule.rivals {
		e.Rivals = append(e.Rivals, Number(r))
	}
	e.Holds = e.asks(rule)
	e.Slack = e.slack(rule)
	return e
}

func number(x float64) *Number { n := Number(x); return &n }

// bounds returns the finite bounds of the rule, and those that are NaN.
func (r Rule) bounds() (low, high *Number) {
	if !math.IsInf(r.low, -1) {
		low = number(r.low)
	}
	if !math.IsInf(r.high, 1) {
		high = number(r.high)
	}
	return low, high
}

// asks reports whether the entry's number is finite and satisfies the rule.
func (e Entry) asks(rule Rule) bool { return satisfies(e.Measured, e.Contraction, rule) }

func satisfies(measured Number, contraction *Number, rule Rule) bool {
	x := float64(measured)
	ok := finite(x) && rule.Holds(x)
	if rule.name == converges {
		ok = ok && contraction != nil && float64(*contraction) < 1
	}
	return ok
}

// slack returns by which share of itself the entry's number could move, nil where there
// is no such share.
func (e Entry) slack(rule Rule) *Number {
	x := float64(e.Measured)
	if !e.Holds || x == 0 {
		return nil
	}
	return number(round(rule.slack(x)/math.Abs(x), 3))
}

// rule returns the rule that the entry describes.
func (e Entry) rule() (Rule, error) {
	value := func(n *Number, missing float64) float64 {
		if n == nil {
			return missing
		}
		return float64(*n)
	}
	low, high := value(e.Low, math.Inf(-1)), value(e.High, math.Inf(1))
	target, tolerance := value(e.Target, math.NaN()), value(e.Tolerance, math.NaN())
	var r Rule
	switch e.Rule {
	case within, converges:
		r = around(e.Rule, target, tolerance)
		r.tail = e.Tail
	case roundOff:
		r = RoundOff(tolerance)
	case exactly:
		r = Rule{name: exactly, low: target, high: target, target: target}
	case slope:
		rivals := make([]float64, len(e.Rivals))
		for i, x := range e.Rivals {
			rivals[i] = float64(x)
		}
		r = SlopeOf(target, rivals...)
		if !same(r.tolerance, tolerance) {
			return r, fmt.Errorf("%q has the tolerance %v, but its rivals make it %v", e.Name, tolerance, r.tolerance)
		}
	case between, atMost, atLeast, above, below:
		r = Rule{name: e.Rule, low: low, high: high}
	default:
		return r, fmt.Errorf("%q has the unknown rule %q", e.Name, e.Rule)
	}
	if !same(r.low, low) || !same(r.high, high) {
		return r, fmt.Errorf("%q has the bounds %v and %v, but its rule %q makes them %v and %v", e.Name, low, high, r, r.low, r.high)
	}
	if err := r.misuse(); err != nil {
		return r, fmt.Errorf("%q: %w", e.Name, err)
	}
	return r, nil
}

// same compares numbers, NaN being equal to itself.
func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

// Load reads a claims.json. It judges the measured numbers again and returns an error
// that names every claim whose verdict, and every check whose "holds", is not what its
// numbers say.
func Load(path string) (*Record, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("claim: reading a ledger: %w", err)
	}
	return parseRecord(b, path)
}

// parseRecord is Load for the content of a file.
func parseRecord(b []byte, path string) (*Record, error) {
	r := new(Record)
	s := scanner{text: b, dec: json.NewDecoder(bytes.NewReader(b)), empty: true}
	err := s.file(reflect.TypeFor[Record]())
	if err == nil {
		err = json.Unmarshal(b, r)
	}
	if err == nil && (r.Paper.Key == "" || r.Run.Scale == "") {
		err = errors.New("it names no paper or no scale")
	}
	if err != nil {
		return nil, fmt.Errorf("claim: %s is no ledger: %w; run the notebook again to write it afresh", path, err)
	}
	if err := r.verify(); err != nil {
		return nil, fmt.Errorf("claim: %s was edited: %w\nrun the notebook again to write it afresh", path, err)
	}
	return r, nil
}

// write puts the record at path, whole or not at all.
func (r *Record) write(path string) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		return enc.Encode(r)
	})
}
