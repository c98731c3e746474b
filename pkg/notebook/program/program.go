// Package program runs the cells of a notebook without a kernel: in order, in one
// process, once for each seed.
//
// The main function of such a program is generated from the notebook's source
// (tools/nb/program.py); scripts/run KEY --program builds and starts it. It brings
// statements, versions and a hash of its sources along, so that it needs no checkout.
package program

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/explore"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/pkg/repro"
)

// Program is a notebook's cells and what they need of a checkout.
type Program struct {
	Key    string
	Paper  []byte // paper.json
	GoMod  []byte // go.mod, for the versions of the numeric modules
	Source string // a hash of the sources
	Commit string
	Cells  []Cell
	Idea   *explore.Idea // the figure with its data in the reader's hand; nil if the paper has none
}

// Cell is a function that a cell executes, and the claims that its source names.
type Cell struct {
	Name   string
	Claims []string
	Run    func(*notebook.Cell)
}

// Options say what is run.
type Options struct {
	Seeds   []uint64
	Only    []string // names of cells, or ids of claims that they measure; none is all
	Jobs    int      // seeds at a time
	Scale   string
	Backend string
	Dir     string        // a folder seed-<n> for each seed: ledger, kept results
	Root    string        // the checkout, where there is one
	Figures string        // a folder for the figures of each seed, "" for none
	Sink    notebook.Sink // of what cells show; nil shows nothing
}

// Outcome is what became of one seed.
type Outcome struct {
	Seed    uint64
	Seconds float64
	Record  *claim.Record // nil if the run could not begin
	Faults  []error       // cells that did not come to their end
	part    bool          // not all cells were chosen
}

// measured returns the claims that the chosen cells were to measure: all, or, where some
// cells were left out, those for which anything was recorded.
func (o Outcome) measured() []claim.Outcome {
	if o.Record == nil {
		return nil
	}
	if !o.part {
		return o.Record.Claims
	}
	var some []claim.Outcome
	for _, c := range o.Record.Claims {
		if len(c.Checks)+len(c.CounterExamples) > 0 {
			some = append(some, c)
		}
	}
	return some
}

// Run runs the chosen cells for each seed and calls done, one call at a time, as seeds end.
// The outcomes are in the order of the seeds.
func (p Program) Run(ctx context.Context, o Options, done func(Outcome)) ([]Outcome, error) {
	cells, err := Choose(p.Key, p.Cells, o.Only)
	if err != nil {
		return nil, err
	}
	paper, err := claim.ParsePaper(p.Paper)
	if err != nil {
		return nil, err
	}
	machine, err := notebook.Machine(o.Backend)
	if err != nil {
		return nil, err
	}
	outcomes := make([]Outcome, len(o.Seeds))
	gate := make(chan struct{}, max(o.Jobs, 1))
	var wait sync.WaitGroup
	var telling sync.Mutex
	for i, seed := range o.Seeds {
		wait.Go(func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			outcomes[i] = Outcome{Seed: seed}
			if ctx.Err() == nil {
				outcomes[i] = p.seed(ctx, o, paper, machine, cells, seed)
			}
			telling.Lock()
			defer telling.Unlock()
			done(outcomes[i])
		})
	}
	wait.Wait()
	return outcomes, context.Cause(ctx)
}

// seed runs the cells with one seed.
func (p Program) seed(ctx context.Context, o Options, paper claim.Paper, machine repro.Machine, cells []Cell, seed uint64) (out Outcome) {
	begun := time.Now()
	out.Seed, out.part = seed, len(o.Only) > 0
	defer func() { out.Seconds = time.Since(begun).Seconds() }()
	name := fmt.Sprintf("seed-%d", seed)
	run := repro.Run{Paper: p.Key, Scale: o.Scale, Seed: seed, Backend: o.Backend, Dir: filepath.Join(o.Dir, name), Once: true,
		Code: repro.Code{Root: o.Root, Source: p.Source, Versions: repro.Versions(p.GoMod), Commit: p.Commit}}
	s := &notebook.Session{Run: run, Paper: paper, Sink: notebook.Discard}
	if o.Sink != nil {
		s.Sink = o.Sink
	}
	if o.Figures != "" {
		s.Sink = drawing{s.Sink, filepath.Join(o.Figures, name)}
	}
	if err := s.Begin(machine); err != nil {
		out.Faults = append(out.Faults, err)
		return out
	}
	for _, c := range cells {
		if err := s.Do(ctx, c.Run); err != nil {
			out.Faults = append(out.Faults, err)
		}
		if ctx.Err() != nil {
			return out
		}
	}
	record, misuse := s.Record()
	closed := s.Close()
	out.Record = record
	if misuse != nil {
		out.Faults = append(out.Faults, misuse)
	} else if closed != nil && (record == nil || closed.Error() != fmt.Sprint(record.Err())) { // not only red
		out.Faults = append(out.Faults, closed)
	}
	return out
}

// Choose returns the cells of the paper with the key that are named in only, or that measure a claim that is, in
// order; all where nothing is named. The error names the first that no cell has, and lists what there is.
func Choose(key string, cells []Cell, only []string) ([]Cell, error) {
	if len(only) == 0 {
		return cells, nil
	}
	var chosen []Cell
	found := map[string]bool{}
	for _, c := range cells {
		wanted := false
		for _, name := range append([]string{c.Name}, c.Claims...) {
			if slices.Contains(only, name) {
				wanted, found[name] = true, true
			}
		}
		if wanted {
			chosen = append(chosen, c)
		}
	}
	for _, name := range only {
		if !found[name] {
			return nil, fmt.Errorf("no cell of %s is called %q or measures a claim of this id: there are %s", key, name, strings.Join(Names(cells), ", "))
		}
	}
	return chosen, nil
}

// Names lists what [Choose] takes.
func Names(cells []Cell) []string {
	var names []string
	for _, c := range cells {
		for _, name := range append([]string{c.Name}, c.Claims...) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// drawing is a sink that writes each figure as an SVG file.
type drawing struct {
	notebook.Sink
	dir string
}

func (d drawing) Figure(f figure.Figure) error {
	svg, err := f.SVG()
	if err == nil {
		if err = os.MkdirAll(d.dir, 0o755); err == nil {
			err = os.WriteFile(filepath.Join(d.dir, f.ID+".svg"), []byte(svg), 0o644)
		}
	}
	return err
}
