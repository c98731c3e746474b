package program

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/explore"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/progress"
	"github.com/marginalia-ml/marginalia/xla"
)

// Request is what a page asks of a program: cells, by name or by the claims that they
// measure, and the reader's seed in decimal, which is larger than JavaScript's numbers.
type Request struct {
	Only []string `json:"only"`
	Seed string   `json:"seed"`
}

// Event is what a program tells a page while it works: one of its fields is set.
type Event struct {
	Progress *float64 `json:"progress,omitempty"` // of the work of the cell, from 0 to 1
	Title    string   `json:"title,omitempty"`    // of that work
	Markdown string   `json:"markdown,omitempty"`
	Figure   *Picture `json:"figure,omitempty"`
	Done     *Done    `json:"done,omitempty"` // the last event
}

// Picture is a figure as a page draws it.
type Picture struct {
	ID      string          `json:"id"`
	Title   string          `json:"title"`
	Caption string          `json:"caption"`
	Alt     string          `json:"alt"`
	Spec    json.RawMessage `json:"spec"` // livefig.js reads it
}

// Done is how a request ended. Claims are those that were measured, as claims.json has them.
type Done struct {
	Seed    string          `json:"seed"`
	Seconds float64         `json:"seconds"`
	Claims  []claim.Outcome `json:"claims"`
	Faults  []string        `json:"faults,omitempty"` // sentences: what kept a cell from its end
}

// Serve runs cells at quick scale on the pure-Go backend and posts what they show, at last how it
// ended. It needs no file of a checkout: what it writes goes to a temporary folder, which it removes.
func (p Program) Serve(request []byte, post func(Event)) {
	begun := time.Now()
	done := Done{Claims: []claim.Outcome{}}
	defer func() {
		done.Seconds = time.Since(begun).Seconds()
		post(Event{Done: &done})
	}()
	fail := func(err error) { done.Faults = append(done.Faults, err.Error()) }
	var r Request
	if err := json.Unmarshal(request, &r); err != nil {
		fail(fmt.Errorf("the request is malformed: %w", err))
		return
	}
	done.Seed = r.Seed
	seed, err := strconv.ParseUint(r.Seed, 10, 64)
	if err != nil {
		fail(fmt.Errorf("the seed is %q: a whole number from 0 to %d is expected", r.Seed, uint64(1<<64-1)))
		return
	}
	dir, err := os.MkdirTemp("", "marginalia-")
	if err != nil {
		fail(err)
		return
	}
	defer os.RemoveAll(dir)
	os.Setenv(xla.EnvBackend, "go")
	defer progress.Watch(often(func(f float64) { post(Event{Progress: &f}) }))()
	outcomes, err := p.Run(context.Background(), Options{Seeds: []uint64{seed}, Only: r.Only, Scale: claim.Quick, Backend: "go", Dir: dir,
		Sink: page{post}}, func(Outcome) {})
	if err != nil {
		fail(err)
		return
	}
	for _, o := range outcomes {
		done.Claims = append(done.Claims, o.measured()...)
		for _, err := range o.Faults {
			fail(err)
		}
	}
}

// often passes on what it hears ten times a second.
func often(tell func(float64)) progress.Func {
	var last time.Time
	return func(f float64) {
		if now := time.Now(); now.Sub(last) >= 100*time.Millisecond {
			last = now
			tell(f)
		}
	}
}

// page is the sink of a page: it posts. A picture that cannot be drawn ends its cell.
type page struct{ post func(Event) }

func (p page) Figure(f figure.Figure) error {
	picture, err := drawn(f)
	if err == nil {
		p.post(Event{Figure: picture})
	}
	return err
}

func (p page) Markdown(text string) error {
	p.post(Event{Markdown: text})
	return nil
}

func (p page) Watch(title string) (stop func()) {
	p.post(Event{Title: title})
	return func() {}
}

func drawn(f figure.Figure) (*Picture, error) {
	spec, err := f.Spec()
	if err != nil {
		return nil, err
	}
	return &Picture{ID: f.ID, Title: f.Title, Caption: f.Caption, Alt: f.Alt, Spec: spec}, nil
}

// Scene is what a page shows of the figure to explore at some values.
type Scene struct {
	Figure *Picture       `json:"figure,omitempty"`
	Facts  []explore.Fact `json:"facts,omitempty"`
	Fault  string         `json:"fault,omitempty"` // why there is neither, as a sentence
}

// scenes is how many scenes are remembered, of a few kilobytes each.
const scenes = 500

// remembered returns f with the answers that it gave kept, until they are too many.
func remembered(f func(string) string) func(string) string {
	known := map[string]string{}
	return func(asked string) string {
		answer, there := known[asked]
		if !there {
			if len(known) == scenes {
				clear(known)
			}
			answer = f(asked)
			known[asked] = answer
		}
		return answer
	}
}

// Explored draws the figure to explore at the given values, an object of JSON.
func (p Program) Explored(values []byte) (s Scene) {
	defer func() {
		if wrong := recover(); wrong != nil {
			s = Scene{Fault: fmt.Sprint(wrong)}
		}
	}()
	at := map[string]float64{}
	err := json.Unmarshal(values, &at)
	if err == nil && p.Idea == nil {
		err = errors.New("the paper has no figure to explore")
	}
	var view explore.View
	if err == nil {
		view, err = p.Idea.At(at)
	}
	if err == nil {
		s.Facts = view.Facts
		s.Figure, err = drawn(view.Figure)
	}
	if err != nil {
		return Scene{Fault: err.Error()}
	}
	return s
}
