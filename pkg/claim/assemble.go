package claim

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// torn reports whether JSON ended before its end.
func torn(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }

// assemble sorts the current lines under their statements and judges each of these.
func (l *Ledger) assemble(lines []line) (*Record, error) {
	p := l.paper
	r := &Record{Paper: Heading{p.Key, p.Title, p.Authors, p.Venue, p.ArXiv}, Run: l.run}
	if r.Run.Versions == nil {
		r.Run.Versions = map[string]string{}
	}
	misuse := l.misuse(lines)
	for _, s := range p.Statements {
		o := Outcome{ID: s.ID, Kind: s.Kind, Title: s.Title, Statement: s.Statement, Printed: s.Printed,
			Source: s.Source, Scale: s.Scale, Checks: []Entry{}, Controls: []Entry{}}
		if s.Reported != "" {
			o.Reported = &s.Reported
		}
		broken := map[string]bool{}
		for _, rec := range lines {
			if rec.Claim == s.ID {
				o.add(rec)
				broken[rec.Entry.Name] = rec.Broken
			}
		}
		o.Verdict, o.Reason = judge(o, l.run.Scale, broken)
		r.Claims = append(r.Claims, o)
	}
	return r, misuse
}

func (o *Outcome) add(rec line) {
	switch rec.Slot {
	case slotCheck:
		o.Checks = append(o.Checks, rec.Entry)
	case slotControl:
		o.Controls = append(o.Controls, rec.Entry)
	case slotCounter:
		o.CounterExamples = append(o.CounterExamples, rec.Entry)
	case slotNote:
		o.Note = strings.TrimSpace(o.Note + " " + rec.Text)
	case slotKept:
		o.Kept = strings.TrimSpace(o.Kept + " " + rec.Text)
	}
}

// misuse finds what no single cell could have seen.
func (l *Ledger) misuse(lines []line) error {
	var errs []error
	parts := map[string]string{}
	unknown := map[string]bool{}
	for _, rec := range lines {
		if rec.Paper != l.paper.Key {
			return fmt.Errorf("claim: the ledger in %s belongs to paper %s, not to %s: give each paper a folder of its own", l.dir, rec.Paper, l.paper.Key)
		}
		if rec.Source != l.run.source() {
			return fmt.Errorf("claim: %s was recorded at %s, but this run is at %s: run the set-up cell again to start afresh", rec.Claim, rec.Source, l.run.source())
		}
		if _, err := l.paper.find(rec.Claim); err != nil && !unknown[rec.Claim] {
			unknown[rec.Claim] = true
			errs = append(errs, fmt.Errorf("%s recorded for %s, which is no statement of the paper (any more)", rec.Part, rec.Claim))
		}
		if rec.Text != "" {
			continue
		}
		key := rec.Claim + "\x00" + rec.Entry.Name
		if part, twice := parts[key]; twice {
			errs = append(errs, fmt.Errorf("claim %s: %q is recorded twice, by %s and by %s: give one of them another name, or run the set-up cell again if a function was renamed", rec.Claim, rec.Entry.Name, part, rec.Part))
		}
		parts[key] = rec.Part
	}
	if len(errs) > 0 {
		return fmt.Errorf("claim: the ledger is misused: %w", errors.Join(errs...))
	}
	return nil
}

// Close writes claims.json and returns an error that names every red claim and every
// misuse. The file is written even then: it is the evidence.
func (l *Ledger) Close() error {
	r, misuse := l.Record()
	if r == nil {
		return misuse
	}
	if err := r.write(filepath.Join(l.dir, recordFile)); err != nil {
		return fmt.Errorf("claim: writing %s: %w", recordFile, err)
	}
	return errors.Join(misuse, r.Err())
}

// Err returns nil if no verdict is red, otherwise an error that names each red claim
// with its reason.
func (r *Record) Err() error {
	var red []string
	for _, o := range r.Claims {
		if o.Verdict.Red() {
			red = append(red, fmt.Sprintf("%s %s: %s", o.ID, inWords(o.Verdict), o.Reason))
		}
	}
	if len(red) == 0 {
		return nil
	}
	return fmt.Errorf("claim: %d of the %d claims of %s are red\n  %s", len(red), len(r.Claims), r.Paper.Key, strings.Join(red, "\n  "))
}

func inWords(v Verdict) string {
	switch v {
	case Vacuous, NotChecked:
		return "is " + string(v)
	}
	return string(v)
}
