package claim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
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
}

// Outcome is a statement with everything that was recorded for it.
type Outcome struct {
	ID        string  `json:"id"`
	Kind      Kind    `json:"kind"`
	Title     string  `json:"title"`
	Statement string  `json:"statement"`
	Printed   string  `json:"printed,omitempty"`
	Source    string  `json:"source"`
	Scale     string  `json:"scale,omitempty"`
	Verdict   Verdict `json:"verdict"`
	// Reason says in words why the verdict is red.
	Reason          string  `json:"reason,omitempty"`
	Checks          []Entry `json:"checks"`
	Controls        []Entry `json:"controls"`
	CounterExamples []Entry `json:"counter_examples,omitempty"`
	Reported        *string `json:"reported"`
	Note            string  `json:"note"`
	// Kept is the provenance of numbers that come from an earlier run.
	Kept string `json:"kept,omitempty"`
}

// Entry is one number that was asked one rule.
type Entry struct {
	Name     string  `json:"name"`
	Measured Number  `json:"measured"`
	Rule     string  `json:"rule"`
	Low      *Number `json:"low,omitempty"`
	High     *Number `json:"high,omitempty"`
	// Expected is the rule in words.
	Expected string `json:"expected"`
	Holds    bool   `json:"holds"`
}

func newEntry(name string, measured float64, rule Rule) Entry {
	e := Entry{Name: name, Measured: Number(measured), Rule: rule.name, Expected: rule.String(), Holds: rule.Holds(measured)}
	if low := Number(rule.low); !math.IsInf(rule.low, -1) {
		e.Low = &low
	}
	if high := Number(rule.high); !math.IsInf(rule.high, 1) {
		e.High = &high
	}
	return e
}

// Number is a float64 that JSON shows with six significant digits, and as a string
// where JSON has no number: "NaN", "+Inf", "-Inf".
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	x := float64(n)
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return strconv.AppendQuote(nil, strconv.FormatFloat(x, 'g', -1, 64)), nil
	}
	if x == 0 {
		return []byte("0"), nil
	}
	return strconv.AppendFloat(nil, x, 'g', 6, 64), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(b []byte) error {
	x, err := strconv.ParseFloat(string(bytes.Trim(b, `"`)), 64)
	if err != nil {
		return fmt.Errorf("claim: %s is no number", b)
	}
	*n = Number(x)
	return nil
}

// Load reads a claims.json.
func Load(path string) (*Record, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("claim: reading a ledger: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	r := new(Record)
	if err := dec.Decode(r); err != nil {
		return nil, fmt.Errorf("claim: %s is no ledger: %w; run the notebook again to write it afresh", path, err)
	}
	return r, nil
}

// write puts the record at path: a temporary file in the same folder, then a rename.
func (r *Record) write(path string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(r); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(b.Bytes())
	if err == nil {
		err = f.Chmod(0o644)
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
