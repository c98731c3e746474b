package notebook

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/repro"
)

// Cell is the execution of one cell: its seed and scale, and where what it measures and
// shows goes. A cell's function must not keep it.
type Cell struct {
	ctx     context.Context
	session *Session
	name    string
	part    *claim.Part // nil until something is measured

	mu        sync.Mutex
	reported  int                // of the claims of part: how many the last table showed
	results   []repro.Provenance // of Keep
	uses      map[string]*use    // of Keep, by the name of the result
	elsewhere string             // provenance of a result of the paper's scale, for the claims that follow
}

// Name returns the name of the cell's function.
func (c *Cell) Name() string { return c.name }

// Context is done when the cell is interrupted; its progress is what [Cell.Watch] shows.
func (c *Cell) Context() context.Context { return c.ctx }

// Seed returns the run's master seed.
func (c *Cell) Seed() uint64 { return c.session.Run.Seed }

// Stream returns the random stream of the given name under the run's seed: the same
// numbers in whatever cell it is drawn.
func (c *Cell) Stream(name string) *rand.Rand { return c.session.Run.Stream(name) }

// Scale returns the run's scale, claim.Quick or claim.PaperSized.
func (c *Cell) Scale() string { return c.session.Run.Scale }

// Backend returns what xla.Open is to open.
func (c *Cell) Backend() string { return c.session.Run.Backend }

// Claim returns a claim that the cell measures: the one whose id is the name of the
// cell's function, or the one with the given id where a cell measures several.
func (c *Cell) Claim(id ...string) *claim.Claim {
	which := c.name
	switch len(id) {
	case 0:
		if !slices.ContainsFunc(c.session.Paper.Statements, func(s claim.Statement) bool { return s.ID == which }) {
			panic(fmt.Errorf("the cell's function is %s, which is no claim of %s: name the claim, as in cell.Claim(%q)",
				which, c.session.Paper.Key, c.session.firstID()))
		}
	case 1:
		which = id[0]
	default:
		panic(fmt.Errorf("cell.Claim(%s): want one id", strings.Join(id, ", ")))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.part == nil {
		ledger, err := c.session.ledger()
		Check(err)
		c.part = ledger.Part(c.name)
	}
	first := !slices.Contains(c.part.Claims(), which)
	made := c.part.Claim(which)
	if first && c.elsewhere != "" {
		made.Kept(c.elsewhere)
	}
	return made
}

// Report shows the table of the claims that the cell has measured so far. Without it the
// table is shown when the cell's function returns.
func (c *Cell) Report() {
	c.mu.Lock()
	var ids []string
	if c.part != nil {
		ids = c.part.Claims()
	}
	shown := c.reported == len(ids)
	c.reported = len(ids)
	c.mu.Unlock()
	if !shown {
		r, err := c.session.Record()
		if r == nil { // misuse across cells is told at the end
			Check(err)
		}
		c.Markdown(r.Table(ids...))
	}
}

// Show shows a figure.
func (c *Cell) Show(f figure.Figure) { Check(c.session.Sink.Figure(f)) }

// Markdown shows a text; an empty one is nothing to show.
func (c *Cell) Markdown(text string) {
	if strings.TrimSpace(text) != "" {
		Check(c.session.Sink.Markdown(text))
	}
}

// Table shows a table. Its numbers are the caller's text; columns of them are set flush
// right.
func (c *Cell) Table(head []string, rows [][]string) { c.Markdown(figure.MarkdownTable(head, rows)) }

// Watch shows how far the work of the cell is, under a title, until stop is called:
//
//	defer cell.Watch("31 runs of a million steps")()
func (c *Cell) Watch(title string) (stop func()) { return c.session.Sink.Watch(title) }

// Sizes is a setting that depends on the scale.
type Sizes[T any] struct{ Quick, Paper T }

// At returns the size at the cell's scale.
func (s Sizes[T]) At(c *Cell) T { return Pick(c, s.Quick, s.Paper) }

// Pick returns its first value at quick scale and its second one at the paper's.
func Pick[T any](c *Cell, quick, paper T) T {
	if c.Scale() == claim.PaperSized {
		return paper
	}
	return quick
}

// Keep returns compute(config), computed once and kept in the run's folder under the
// name, so that several cells can ask for it. The function is one of a package under pkg
// or of the notebook's study, and config holds all that the result depends on besides
// the seed; [repro.Recall] says why.
func Keep[C, R any](c *Cell, name string, config C, compute func(C) (R, error)) R {
	r, p, err := repro.RecallPlain(c.session.Run, name, config, compute)
	c.kept(p, err)
	return r
}

// KeepContext is Keep for work that hears of the cell's interruption and reports how far
// it is.
func KeepContext[C, R any](c *Cell, name string, config C, compute func(context.Context, C) (R, error)) R {
	r, p, err := repro.Recall(c.ctx, c.session.Run, name, config, compute)
	c.kept(p, err)
	return r
}

func (c *Cell) kept(p repro.Provenance, err error) {
	Check(c.session.begun(err))
	c.mu.Lock()
	c.results = append(c.results, p)
	c.mu.Unlock()
	if p.Err != nil {
		c.Markdown(p.String())
	} else {
		c.warn(p)
	}
}

// PaperScale returns compute(config) of the paper's scale: computed there, and kept for
// the notebook's folder; at quick scale what is kept there, with a line that says where
// it was seen. The claims of the cell that are measured afterwards carry this line too.
// Where nothing is kept, or only what older code computed, the cell says so and ok is
// false.
//
// The configuration must be the one of the paper's scale whatever the cell's is.
func PaperScale[C, R any](c *Cell, name string, config C, compute func(C) (R, error)) (r R, ok bool) {
	r, p, err := repro.PaperScalePlain(c.session.Run, name, config, compute)
	return r, c.seen(p, err)
}

// PaperScaleContext is PaperScale for work that hears of the cell's interruption and
// reports how far it is.
func PaperScaleContext[C, R any](c *Cell, name string, config C, compute func(context.Context, C) (R, error)) (r R, ok bool) {
	r, p, err := repro.PaperScale(c.ctx, c.session.Run, name, config, compute)
	return r, c.seen(p, err)
}

func (c *Cell) seen(p repro.Provenance, err error) (ok bool) {
	if errors.Is(err, repro.ErrNotPublished) || errors.Is(err, repro.ErrStale) {
		c.Markdown("**Not reproduced here.** " + strings.TrimPrefix(err.Error(), "repro: "))
		return false
	}
	c.kept(p, err)
	if p.Kept && c.Scale() != claim.PaperSized {
		c.elsewhere = p.String()
		c.Markdown(c.elsewhere)
	}
	return true
}
