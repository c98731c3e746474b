package notebook

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"runtime"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/repro"
)

// Expect is the time that a run takes, in minutes.
type Expect = repro.Expect

// Session is one run of a paper's cells. It has no state but the run's folder, so that
// sessions with folders of their own run side by side.
type Session struct {
	Run    repro.Run
	Paper  claim.Paper
	Sink   Sink
	Expect Expect

	untold bool // what it runs on is not known: cells are not held to it
}

// Begin starts the run, whose ledger is then empty, and shows its header.
func (s *Session) Begin(m repro.Machine) error {
	if err := s.Run.Begin(m); err != nil {
		return err
	}
	if _, err := s.ledger(); err != nil { // statements that are malformed
		return err
	}
	header, err := s.Run.Header(s.Expect)
	if err != nil {
		return err
	}
	return s.Sink.Markdown(header)
}

func (s *Session) ledger() (*claim.Ledger, error) {
	l, err := s.Run.Ledger(s.Paper)
	return l, s.begun(err)
}

// begun says what to do where nothing has begun.
func (s *Session) begun(err error) error {
	if errors.Is(err, repro.ErrNotBegun) {
		return fmt.Errorf("no run of %s has begun in %s: run the set-up cells first, that of the imports, that of the settings and the one with %%exec paper.Begin",
			s.Paper.Key, s.Run.Dir)
	}
	return err
}

// Do runs one cell, which may come before Begin if it measures and keeps nothing. The error is a *[Fault] if the cell did not come to its end; its
// claims are then red. Red claims are no error here: [Session.Close] tells of them.
func (s *Session) Do(ctx context.Context, f func(*Cell)) error {
	c, err := s.cell(ctx, f)
	if err != nil {
		return err
	}
	return c.run(f)
}

var topLevel = regexp.MustCompile(`\.([A-Za-z_]\w*)$`)

// cell makes the execution of f.
func (s *Session) cell(ctx context.Context, f func(*Cell)) (*Cell, error) {
	full := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
	m := topLevel.FindStringSubmatch(full)
	if m == nil || strings.Contains(full, ".func") {
		return nil, fmt.Errorf("%s is no function of its own, so that the cell has no name: write func NAME(cell *notebook.Cell)", full)
	}
	own := *s
	if !s.untold {
		own.Run.Verify = verifier(s.Run)
	}
	return &Cell{ctx: ctx, session: &own, name: m[1]}, nil
}

func (c *Cell) run(f func(*Cell)) (err error) {
	defer func() {
		if p := recover(); p != nil {
			fault := c.fault(p)
			c.stopped(fault)
			err = fault
		}
	}()
	f(c)
	if c.session.Run.Verify != nil {
		Check(c.session.Run.Verify())
	}
	c.Report()
	return nil
}

// stopped makes the claims of a cell red that did not come to its end.
func (c *Cell) stopped(f *Fault) {
	ledger, err := c.session.ledger()
	if err != nil { // nothing has begun: there is no claim yet
		return
	}
	if c.part == nil {
		c.part = ledger.Part(c.name)
	}
	c.part.Stopped(f.Err)
}

// Record returns what the cells have recorded so far. The error tells of misuse that only
// shows across cells.
func (s *Session) Record() (*claim.Record, error) {
	l, err := s.ledger()
	if err != nil {
		return nil, err
	}
	return l.Record()
}

// Close shows the whole ledger, writes claims.json and returns an error that names every
// red claim.
func (s *Session) Close() error {
	l, err := s.ledger()
	if err != nil {
		return err
	}
	return errors.Join(s.Sink.Markdown(l.Table()), l.Close())
}

// firstID is a claim for a message to name.
func (s *Session) firstID() string {
	if len(s.Paper.Statements) == 0 {
		return "C1"
	}
	return s.Paper.Statements[0].ID
}
