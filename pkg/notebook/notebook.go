package notebook

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/repro"
)

// Notebook is the paper of a kernel's cells. Its methods Begin, Cell and Close are what
// the cells execute; seed, scale and folder come from the environment, as package repro
// lists it.
type Notebook struct {
	key    string
	expect Expect
}

// Open names the paper whose statements stand in paper.json, beside the notebook. It
// reads nothing: a variable of a cell is computed again in every later cell. The time
// that a run is expected to take may be given, in minutes.
func Open(key string, expect ...Expect) *Notebook {
	n := &Notebook{key: key}
	if len(expect) > 0 {
		n.expect = expect[0]
	}
	return n
}

// Begin starts a run: an empty ledger, and the header that says what it runs on.
func (n *Notebook) Begin() {
	end(func() error {
		s, err := n.session()
		if err != nil {
			return err
		}
		m, err := Machine(s.Run.Backend)
		if err != nil {
			return err
		}
		return s.Begin(m)
	}())
}

// Cell returns what executes a cell: f, and the table of the claims that it measured. A
// cell that fails, or is interrupted, ends the process with a sentence on the standard
// error.
func (n *Notebook) Cell(f func(*Cell)) func() {
	return func() { end(n.do(f)) }
}

// Close shows the whole ledger, writes it and fails if a claim is red.
func (n *Notebook) Close() {
	end(func() error {
		s, err := n.session()
		if err != nil {
			return err
		}
		return s.Close()
	}())
}

// session is the run of the environment, with the notebook's statements.
func (n *Notebook) session() (*Session, error) {
	run, err := repro.FromEnv(n.key)
	if err != nil {
		return nil, err
	}
	paper, err := n.statements(run.Code.Root)
	return &Session{Run: run, Paper: paper, Sink: kernel{}, Expect: n.expect}, err
}

// statements reads paper.json in the folder of the notebook, which is the working folder
// of a kernel, or else in notebooks/<key> of the checkout.
func (n *Notebook) statements(root string) (claim.Paper, error) {
	path := "paper.json"
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		path = filepath.Join(root, "notebooks", n.key, path)
	}
	p, err := claim.LoadPaper(path)
	if err == nil && p.Key != n.key {
		err = fmt.Errorf("%s has the key %q, but the notebook was opened with notebook.Open(%q): both are the name of its folder", path, p.Key, n.key)
	}
	return p, err
}

// grace is the time that a cell has to end by itself when it is interrupted. GoNB kills it
// after three seconds.
const grace = 2 * time.Second

// withoutInput puts an end to the standard input. GoNB leaves it open and writes nothing to it:
// a cell that reads it would wait for ever.
func withoutInput() {
	if none, err := os.Open(os.DevNull); err == nil {
		os.Stdin = none
	}
}

// do runs one cell of a kernel, which may be interrupted.
func (n *Notebook) do(f func(*Cell)) error {
	withoutInput()
	s, err := n.session()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c, err := s.cell(ctx, f)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- c.run(f) }()
	select {
	case err := <-done:
		return errors.Join(err, s.settings(c.name))
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(grace): // work that does not hear of its context
		return &Fault{Cell: c.name, Err: c.interruption(false)}
	}
}

// end ends the process of a cell that failed.
func end(err error) {
	if err == nil {
		return
	}
	var f *Fault
	if errors.As(err, &f) && f.Stack != "" { // as Go itself ends a process
		fmt.Fprintf(os.Stderr, "panic: %v\n\n%s", f.Err, f.Stack)
	} else {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(1)
}
