package notebook

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/repro"
)

// Must returns v, or ends the cell with err.
func Must[T any](v T, err error) T {
	Check(err)
	return v
}

// Must2 returns v and w, or ends the cell with err.
func Must2[T, U any](v T, w U, err error) (T, U) {
	Check(err)
	return v, w
}

// Check ends the cell with err unless it is nil.
func Check(err error) {
	if err != nil {
		panic(err)
	}
}

// Fault is what ended a cell before its function returned.
type Fault struct {
	Cell  string // the name of its function
	Err   error
	Stack string // of a mistake in the code, such as an index out of range; else ""
}

func (f *Fault) Error() string { return f.Cell + ": " + f.Err.Error() }

// Unwrap returns the error that ended the cell.
func (f *Fault) Unwrap() error { return f.Err }

// fault makes what a cell's function panicked with into an error. It is called while the
// panic goes on, so that the stack is still that of the panic.
func (c *Cell) fault(panicked any) *Fault {
	err, isError := panicked.(error)
	var mistake runtime.Error
	switch {
	case !isError:
		return &Fault{c.name, fmt.Errorf("%v", panicked), string(debug.Stack())}
	case errors.As(err, &mistake):
		return &Fault{c.name, err, string(debug.Stack())}
	case errors.Is(err, context.Canceled) && c.ctx.Err() != nil:
		return &Fault{Cell: c.name, Err: c.interruption(errors.Is(err, repro.ErrBegun))}
	}
	return &Fault{Cell: c.name, Err: err}
}

// ErrInterrupted says that somebody ended a cell before it was done.
var ErrInterrupted = errors.New("interrupted")

// interruption says what the cell had kept when it was interrupted, and whether it had
// begun a result that goes on where it stood.
func (c *Cell) interruption(begun bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var kept []string
	for _, p := range c.results {
		if p.Err == nil {
			kept = append(kept, keptWords(p))
		}
	}
	rest := "the rest starts afresh"
	if begun {
		rest = "what was being computed goes on where it stood"
	}
	if len(kept) == 0 && begun {
		return fmt.Errorf("%w: %s when the cell is run again", ErrInterrupted, rest)
	}
	if len(kept) == 0 {
		return fmt.Errorf("%w: nothing was kept, the cell starts afresh when it is run again", ErrInterrupted)
	}
	return fmt.Errorf("%w: kept %s; %s when the cell is run again", ErrInterrupted, strings.Join(kept, ", "), rest)
}

func keptWords(p repro.Provenance) string {
	_, name, _ := strings.Cut(p.Key, "/")
	return fmt.Sprintf("%q (%.1f s)", name, p.Seconds)
}
