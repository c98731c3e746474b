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
	"sync"
	"sync/atomic"
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

// Ledger records what a run measures. It may be used by several goroutines, and its
// folder by several processes.
type Ledger struct {
	paper   Paper
	run     Run
	dir     string // "" for a ledger in memory
	process string
	once    bool

	mu       sync.Mutex
	memory   []line
	recorded map[string]string // claim and name to part, of this process
	parts    map[string]*Part
}

var opened atomic.Int64

// Open opens a ledger for one process: in the folder dir, which is made if it is missing,
// or in memory where dir is "". It fails if the paper's statements are malformed.
func Open(p Paper, dir string, run Run) (*Ledger, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	if run.Scale != Quick && run.Scale != PaperSized {
		return nil, fmt.Errorf("claim: unknown scale %q: want %q or %q", run.Scale, Quick, PaperSized)
	}
	if dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("claim: opening a ledger: %w", err)
		}
	}
	return &Ledger{
		paper: p, run: run, dir: dir,
		process:  fmt.Sprintf("%d.%d.%d", os.Getpid(), time.Now().UnixNano(), opened.Add(1)),
		recorded: map[string]string{}, parts: map[string]*Part{},
	}, nil
}

// Once says that every part is recorded by one process only, as in a run without a
// reader: a second process that records for a part is then a misuse, and replaces
// nothing. It returns the ledger.
func (l *Ledger) Once() *Ledger {
	l.once = true
	return l
}

// The slots of a claim.
const (
	slotCheck   = "check"
	slotControl = "control"
	slotBecause = "because"
	slotCounter = "counter-example"
	slotNote    = "note"
	slotKept    = "kept"
	slotStopped = "stopped"
)

// line is one record as it stands in ledger.jsonl.
type line struct {
	Paper   string   `json:"paper"`
	Source  string   `json:"source"` // scale, backend, seed, plugin and flags of the run
	Process string   `json:"process"`
	Part    string   `json:"part"` // the cell that recorded
	Claim   string   `json:"claim"`
	Slot    string   `json:"slot"`
	Check   string   `json:"check,omitempty"` // that a control or a reason belongs to
	Entry   *Entry   `json:"entry,omitempty"`
	Control *Control `json:"control,omitempty"`
	Text    string   `json:"text,omitempty"`
}

// key names what may be recorded once only.
func (rec line) key() (key, name string) {
	switch {
	case rec.Control != nil:
		return rec.Claim + "\x00" + rec.Check + "\x00" + rec.Control.Name, rec.Control.Name
	case rec.Entry != nil:
		return rec.Claim + "\x00" + rec.Entry.Name, rec.Entry.Name
	case rec.Slot == slotBecause:
		return rec.Claim + "\x00" + rec.Check + "\x00\x00because", "the reason of " + rec.Check
	}
	return "", ""
}

// append writes the line with one write. The line break in front keeps it apart from a
// line that a killed process left unfinished. It panics with what went wrong.
func (l *Ledger) append(rec line) {
	rec.Paper, rec.Source, rec.Process = l.paper.Key, l.run.source(), l.process
	l.mu.Lock()
	defer l.mu.Unlock()
	if key, name := rec.key(); key != "" {
		if part, twice := l.recorded[key]; twice {
			panic(fmt.Errorf("claim %s: %q is recorded twice, by %s and by %s: every check and control needs a name of its own", rec.Claim, name, part, rec.Part))
		}
		l.recorded[key] = rec.Part
	}
	b, err := json.Marshal(rec)
	switch {
	case err != nil:
	case l.dir == "":
		l.memory = append(l.memory, rec)
	default:
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
	s := fmt.Sprintf("scale %s, backend %s, seed %d", r.Scale, r.Backend, r.Seed)
	if r.Plugin != "" {
		s += ", plugin " + r.Plugin[:min(12, len(r.Plugin))]
	}
	if r.Flags != "" {
		s += ", XLA_FLAGS " + r.Flags
	}
	return s
}

// Record returns what was recorded so far, by all cells, with its verdicts. The error
// tells of misuse that only shows across cells; the record is complete even then.
func (l *Ledger) Record() (*Record, error) {
	lines, err := l.read()
	if err != nil {
		return nil, err
	}
	if l.once {
		return l.assemble(lines)
	}
	return l.assemble(current(lines))
}

// read returns all lines of the ledger.
func (l *Ledger) read() ([]line, error) {
	if l.dir == "" {
		l.mu.Lock()
		defer l.mu.Unlock()
		return slices.Clone(l.memory), nil
	}
	path := filepath.Join(l.dir, ledgerFile)
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("claim: reading the ledger: %w", err)
	}
	lines, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("claim: %s: %w", path, err)
	}
	return lines, nil
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
		part := rec.Part
		if _, known := place[part]; !known {
			place[part] = len(place)
		}
		if start := part + "\x00" + rec.Process; !started[start] {
			started[start] = true
			newest[part] = rec.Process
		}
	}
	lines = slices.DeleteFunc(lines, func(rec line) bool { return newest[rec.Part] != rec.Process })
	slices.SortStableFunc(lines, func(a, b line) int { return place[a.Part] - place[b.Part] })
	return lines
}
