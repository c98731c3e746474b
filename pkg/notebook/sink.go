package notebook

import (
	"sync"

	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// Sink takes what cells show. Its methods may be called from several goroutines.
type Sink interface {
	Figure(f figure.Figure) error
	Markdown(text string) error
	// Watch shows how far work is, until stop is called.
	Watch(title string) (stop func())
}

// Discard shows nothing. Figures are not even drawn.
var Discard Sink = discard{}

type discard struct{}

func (discard) Figure(figure.Figure) error { return nil }
func (discard) Markdown(string) error      { return nil }
func (discard) Watch(string) (stop func()) { return func() {} }

// kernel shows in the output of a notebook's cell.
type kernel struct{}

func (kernel) Figure(f figure.Figure) error     { return figure.Display(f) }
func (kernel) Markdown(text string) error       { return figure.DisplayMarkdown(text) }
func (kernel) Watch(title string) (stop func()) { return figure.Watch(title) }

// Collector keeps what cells show, in order.
type Collector struct {
	mu      sync.Mutex
	figures []figure.Figure
	texts   []string
}

// Figure implements [Sink].
func (c *Collector) Figure(f figure.Figure) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.figures = append(c.figures, f)
	return nil
}

// Markdown implements [Sink].
func (c *Collector) Markdown(text string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.texts = append(c.texts, text)
	return nil
}

// Watch implements [Sink]: it shows nothing.
func (c *Collector) Watch(string) (stop func()) { return func() {} }

// Figures returns the figures that were shown, in order.
func (c *Collector) Figures() []figure.Figure {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]figure.Figure(nil), c.figures...)
}

// Texts returns the texts that were shown, in order.
func (c *Collector) Texts() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.texts...)
}
