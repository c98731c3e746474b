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

// assemble sorts the lines under their statements and judges each of these.
func (l *Ledger) assemble(lines []line) (*Record, error) {
	p := l.paper
	r := &Record{Paper: Heading{p.Key, p.Title, p.Authors, p.Venue, p.ArXiv, p.Learn, p.Read}, Run: l.run}
	if r.Run.Versions == nil {
		r.Run.Versions = map[string]string{}
	}
	errs := []error{l.misuse(lines)}
	for _, s := range p.Statements {
		o := Outcome{ID: s.ID, Kind: s.Kind, Title: s.Title, Statement: s.Statement, Printed: s.Printed, Repair: s.Repair,
			Source: s.Source, Known: s.Known, Scale: s.Scale, Evidence: s.Evidence, Checks: []Entry{}}
		if s.Reported != "" {
			o.Reported = &s.Reported
		}
		place := map[string]int{} // part and name of a check to its place in o.Checks
		for _, rec := range lines {
			if rec.Claim != s.ID {
				continue
			}
			if err := o.add(rec, place); err != nil {
				errs = append(errs, fmt.Errorf("claim %s: %w", s.ID, err))
			}
		}
		if edited := errors.Join(o.edited()...); edited != nil {
			errs = append(errs, fmt.Errorf("claim %s: the ledger was edited: %w", s.ID, edited))
		}
		o.Verdict, o.Reason = judge(o, l.run.Scale)
		r.Claims = append(r.Claims, o)
	}
	return r, errors.Join(errs...)
}

func (o *Outcome) add(rec line, place map[string]int) error {
	key := func(name string) string { return rec.Part + "\x00" + name }
	if rec.Slot == slotBecause || rec.Slot == slotControl {
		at, found := place[key(rec.Check)]
		switch {
		case !found:
			return fmt.Errorf("the ledger is damaged: part %s has a %s of the check %q, but not the check", rec.Part, rec.Slot, rec.Check)
		case rec.Slot == slotControl:
			if rec.Control == nil {
				return fmt.Errorf("the ledger is damaged: part %s has a control of the check %q without its number", rec.Part, rec.Check)
			}
			o.Checks[at].Controls = append(o.Checks[at].Controls, *rec.Control)
		default:
			o.Checks[at].Because = rec.Text
		}
		return nil
	}
	if (rec.Slot == slotCheck || rec.Slot == slotCounter) && rec.Entry == nil {
		return fmt.Errorf("the ledger is damaged: part %s has a %s without its number", rec.Part, rec.Slot)
	}
	switch rec.Slot {
	case slotCheck:
		place[key(rec.Entry.Name)] = len(o.Checks)
		o.Checks = append(o.Checks, *rec.Entry)
	case slotCounter:
		o.CounterExamples = append(o.CounterExamples, *rec.Entry)
	case slotNote:
		o.Note = strings.TrimSpace(o.Note + " " + rec.Text)
	case slotKept:
		o.Kept = strings.TrimSpace(o.Kept + " " + rec.Text)
	case slotStopped:
		o.Stopped = strings.TrimSpace(o.Stopped + " " + rec.Text)
	default:
		return fmt.Errorf("the ledger is damaged: part %s has a line of the unknown kind %q", rec.Part, rec.Slot)
	}
	return nil
}

// misuse finds what no single cell could have seen.
func (l *Ledger) misuse(lines []line) error {
	var errs []error
	parts, processes := map[string]string{}, map[string]string{}
	unknown, again := map[string]bool{}, map[string]bool{}
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
		if first, known := processes[rec.Part]; known && first != rec.Process && l.once && !again[rec.Part] {
			again[rec.Part] = true
			errs = append(errs, fmt.Errorf("part %s was recorded twice, by two processes: in this run every cell runs once", rec.Part))
		} else if !known {
			processes[rec.Part] = rec.Process
		}
		key, name := rec.key()
		if key == "" {
			continue
		}
		if part, twice := parts[key]; twice {
			errs = append(errs, fmt.Errorf("claim %s: %q is recorded twice, by %s and by %s: give one of them another name, or run the set-up cell again if a function was renamed", rec.Claim, name, part, rec.Part))
		}
		parts[key] = rec.Part
	}
	if len(errs) > 0 {
		return fmt.Errorf("claim: the ledger is misused: %w", errors.Join(errs...))
	}
	return nil
}

// Close writes claims.json, unless the ledger is in memory, and returns an error that
// names every red claim and every misuse. The file is written even then: it is the
// evidence.
func (l *Ledger) Close() error {
	r, misuse := l.Record()
	if r == nil {
		return misuse
	}
	if l.dir != "" {
		if err := r.write(filepath.Join(l.dir, recordFile)); err != nil {
			return fmt.Errorf("claim: writing %s: %w", recordFile, err)
		}
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
