package progress

import (
	"context"
	"math"
	"sync"
)

// Func hears of the fraction done. Calls do not overlap.
type Func func(fraction float64)

type key struct{}

// With returns a context whose reports f hears; with nil nobody does.
func With(ctx context.Context, f Func) context.Context {
	return context.WithValue(ctx, key{}, &listener{hear: f})
}

// watching hears what is reported to contexts without a listener.
var watching listener

// Watch has f hear the reports of all work whose context has no listener of its own, until
// stop is called. There is one such function at a time: Watch puts f in the place of an
// earlier one.
func Watch(f Func) (stop func()) {
	watching.set(f)
	return func() { watching.set(nil) }
}

// Report says that the given fraction of the work of ctx is done. A fraction that is no
// number is left out, one outside [0, 1] is cut.
func Report(ctx context.Context, fraction float64) {
	if math.IsNaN(fraction) {
		return
	}
	of(ctx).report(min(max(fraction, 0), 1))
}

// Split divides the work of ctx into n equal parts and returns their contexts, by number.
// What a part reports counts for an nth; it never takes back what it reported before, so
// that several runs within a part, one after the other, do not make the whole jump back.
func Split(ctx context.Context, n int) func(i int) context.Context {
	g := &group{whole: of(ctx), done: make([]float64, n)}
	return func(i int) context.Context {
		return context.WithValue(ctx, key{}, &part{group: g, i: i})
	}
}

// Range returns a context for the stretch of the work of ctx from one fraction to another.
func Range(ctx context.Context, from, to float64) context.Context {
	return context.WithValue(ctx, key{}, &stretch{whole: of(ctx), from: from, to: to})
}

// sink is where a context's reports go.
type sink interface{ report(fraction float64) }

func of(ctx context.Context) sink {
	if s, ok := ctx.Value(key{}).(sink); ok {
		return s
	}
	return &watching
}

type listener struct {
	mu   sync.Mutex
	hear Func
}

func (l *listener) set(f Func) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hear = f
}

func (l *listener) report(fraction float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hear != nil {
		l.hear(fraction)
	}
}

type group struct {
	whole sink
	mu    sync.Mutex
	done  []float64 // of each part
}

type part struct {
	group *group
	i     int
}

func (p *part) report(fraction float64) {
	g := p.group
	g.mu.Lock()
	defer g.mu.Unlock()
	g.done[p.i] = max(g.done[p.i], fraction)
	var sum float64
	for _, f := range g.done {
		sum += f
	}
	g.whole.report(sum / float64(len(g.done)))
}

type stretch struct {
	whole    sink
	from, to float64
}

func (s *stretch) report(fraction float64) {
	s.whole.report(s.from + fraction*(s.to-s.from))
}
