package claim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	ledgerFile = "ledger.jsonl"
	recordFile = "claims.json"
)

// Begin starts the ledger in dir afresh: earlier records are gone.
func Begin(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("claim: beginning a ledger: %w", err)
	}
	for _, name := range []string{ledgerFile, recordFile} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("claim: beginning a ledger: %w", err)
		}
	}
	return nil
}

// Ledger records what a run measures. It may be used by several goroutines, and the
// folder by several processes.
type Ledger struct {
	paper   Paper
	run     Run
	dir     string
	process string

	mu       sync.Mutex
	recorded map[string]string // claim and name to part, of this process
}

// Open opens the ledger in dir, which is made if it is missing, for one process. It
// fails if the paper's statements are malformed.
func Open(p Paper, dir string, run Run) (*Ledger, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	if run.Scale != Quick && run.Scale != PaperSized {
		return nil, fmt.Errorf("claim: unknown scale %q: want %q or %q", run.Scale, Quick, PaperSized)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("claim: opening a ledger: %w", err)
	}
	return &Ledger{
		paper: p, run: run, dir: dir,
		process:  fmt.Sprintf("%d.%d", os.Getpid(), time.Now().UnixNano()),
		recorded: map[string]string{},
	}, nil
}

// Claim is a statement that is being measured. Its methods return it, and panic when
// they are misused (no rule, the same name twice) or the ledger cannot be written.
type Claim struct {
	ledger *Ledger
	id     string
}

// Claim returns the claim with the given id. It panics, naming the known ids, if there
// is none.
func (l *Ledger) Claim(id string) *Claim {
	if _, err := l.paper.find(id); err != nil {
		panic(err)
	}
	return &Claim{ledger: l, id: id}
}

// Check records a number that the rule could refute.
func (c *Claim) Check(name string, measured float64, rule Rule) *Claim {
	return c.measure(slotCheck, name, measured, rule)
}

// CheckAll records the number of measured that is furthest from satisfying the rule:
// it holds if all of them do.
func (c *Claim) CheckAll(name string, measured []float64, rule Rule) *Claim {
	return c.Check(name, Worst(measured, rule), rule)
}

// Control records a number that must fail the rule, because an assumption was dropped
// or a constant made wrong.
func (c *Claim) Control(name string, measured float64, rule Rule) *Claim {
	return c.measure(slotControl, name, measured, rule)
}

// ControlAll records the number of measured that is furthest from satisfying the rule,
// which must fail: all of them holding would be vacuous.
func (c *Claim) ControlAll(name string, measured []float64, rule Rule) *Claim {
	return c.Control(name, Worst(measured, rule), rule)
}

// CounterExample records a number that must fail the rule of the statement as printed.
func (c *Claim) CounterExample(name string, measured float64, rule Rule) *Claim {
	if s, _ := c.ledger.paper.find(c.id); s.Printed == "" {
		panic(fmt.Errorf("claim %s: counter-example %q, but the statement has no printed form that it could refute: set Printed", c.id, name))
	}
	return c.measure(slotCounter, name, measured, rule)
}

// Note adds a sentence that stands beside the claim in the record.
func (c *Claim) Note(text string) *Claim { return c.say(slotNote, text) }

// Kept says that the numbers of the claim were not measured by this run, and where they
// come from.
func (c *Claim) Kept(provenance string) *Claim { return c.say(slotKept, provenance) }

func (c *Claim) measure(slot, name string, measured float64, rule Rule) *Claim {
	if name == "" {
		panic(fmt.Errorf("claim %s: a %s without a name", c.id, slot))
	}
	if err := rule.misuse(); err != nil {
		panic(fmt.Errorf("claim %s: %s %q: %w", c.id, slot, name, err))
	}
	c.ledger.append(line{Claim: c.id, Slot: slot, Entry: newEntry(name, measured, rule), Broken: rule.broken()})
	return c
}

func (c *Claim) say(slot, text string) *Claim {
	if text = strings.Join(strings.Fields(text), " "); text == "" {
		panic(fmt.Errorf("claim %s: an empty %s", c.id, slot))
	}
	c.ledger.append(line{Claim: c.id, Slot: slot, Text: text})
	return c
}

// The slots of a claim.
const (
	slotCheck   = "check"
	slotControl = "control"
	slotCounter = "counter-example"
	slotNote    = "note"
	slotKept    = "kept"
)

// line is one record as it stands in ledger.jsonl.
type line struct {
	Paper   string `json:"paper"`
	Source  string `json:"source"` // scale, backend and seed of the run
	Process string `json:"process"`
	Part    string `json:"part"` // the function that recorded
	Claim   string `json:"claim"`
	Slot    string `json:"slot"`
	Entry   Entry  `json:"entry"`
	Broken  bool   `json:"broken,omitempty"`
	Text    string `json:"text,omitempty"`
}

// append writes the line with one write. The line break in front keeps it apart from a
// line that a killed process left unfinished.
func (l *Ledger) append(rec line) {
	rec.Paper, rec.Source, rec.Process, rec.Part = l.paper.Key, l.run.source(), l.process, callingPart()
	l.mu.Lock()
	defer l.mu.Unlock()
	if rec.Text == "" {
		key := rec.Claim + "\x00" + rec.Entry.Name
		if part, twice := l.recorded[key]; twice {
			panic(fmt.Errorf("claim %s: %q is recorded twice, by %s and by %s: every check and control needs a name of its own", rec.Claim, rec.Entry.Name, part, rec.Part))
		}
		l.recorded[key] = rec.Part
	}
	b, err := json.Marshal(rec)
	if err == nil {
		err = appendLine(filepath.Join(l.dir, ledgerFile), b)
	}
	if err != nil {
		panic(fmt.Errorf("claim %s: cannot write the ledger, so the claim would count as not checked: %w", rec.Claim, err))
	}
}

func appendLine(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(slices.Concat([]byte("\n"), b, []byte("\n")))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// source is what two records must agree on to stand in one ledger.
func (r Run) source() string {
	return fmt.Sprintf("scale %s, backend %s, seed %d", r.Scale, r.Backend, r.Seed)
}

// Record returns what was recorded so far, by all cells, with its verdicts. The error
// tells of misuse that only shows across cells; the record is complete even then.
func (l *Ledger) Record() (*Record, error) {
	b, err := os.ReadFile(filepath.Join(l.dir, ledgerFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("claim: reading the ledger: %w", err)
	}
	lines, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("claim: %s: %w", filepath.Join(l.dir, ledgerFile), err)
	}
	return l.assemble(current(lines))
}

// parse reads the lines of a ledger; a line that ends too early was torn by a kill and
// is left out.
func parse(b []byte) ([]line, error) {
	var lines []line
	for i, text := range bytes.Split(b, []byte("\n")) {
		if len(text) == 0 {
			continue
		}
		var rec line
		err := json.NewDecoder(bytes.NewReader(text)).Decode(&rec)
		switch {
		case err == nil:
			lines = append(lines, rec)
		case !torn(err):
			return nil, fmt.Errorf("line %d is damaged (%w): run the set-up cell again to start afresh", i+1, err)
		}
	}
	return lines, nil
}

// current leaves, of each part, only what its newest process recorded. Parts stand in
// the order in which they first appeared, so that a cell that runs again keeps its place.
func current(lines []line) []line {
	place, newest := map[string]int{}, map[string]string{}
	started := map[string]bool{}
	for _, rec := range lines {
		part := rec.part()
		if _, known := place[part]; !known {
			place[part] = len(place)
		}
		if start := part + "\x00" + rec.Process; !started[start] {
			started[start] = true
			newest[part] = rec.Process
		}
	}
	lines = slices.DeleteFunc(lines, func(rec line) bool { return newest[rec.part()] != rec.Process })
	slices.SortStableFunc(lines, func(a, b line) int { return place[a.part()] - place[b.part()] })
	return lines
}

// part identifies what a new process replaces.
func (rec line) part() string {
	if rec.Part == mainPart {
		return rec.Part + "\x00" + rec.Claim
	}
	return rec.Part
}
