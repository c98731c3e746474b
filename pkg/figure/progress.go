package figure

import (
	"fmt"
	"os"
	"time"

	"github.com/janpfeifer/gonb/gonbui"

	"github.com/marginalia-ml/marginalia/pkg/progress"
)

// Watch shows a bar, and the time left once it can be known, while the work of the cell reports to pkg/progress,
// until stop is called:
//
//	defer figure.Watch("31 runs of a million steps")()
//
// It shows nothing until a second has passed, is redrawn at most four times a second, and
// goes when all is done. Nothing is shown outside a notebook, or where MARGINALIA_RUN
// tells that a runner, which has a progress line of its own, executes it.
func Watch(title string) (stop func()) {
	if !gonbui.IsNotebook || os.Getenv("MARGINALIA_RUN") != "" {
		return func() {}
	}
	id := gonbui.UniqueId()
	b := &bar{title: title, start: time.Now(), now: time.Now, show: func(html string) { gonbui.UpdateHTML(id, html) }}
	deaf := progress.Watch(b.update)
	return func() {
		deaf()
		b.update(1)
	}
}

type bar struct {
	title       string
	start, last time.Time
	shown       bool
	first       time.Time // of the first report of work that is done: what comes before is compilation
	done        float64   // of all, at that time
	now         func() time.Time
	show        func(html string)
}

const (
	barAfter = time.Second
	barEvery = 250 * time.Millisecond

	// The time left is shown once it can be known: when work, compilation apart, was watched
	// for so long, and so much of all of it was done.
	leftAfter = 2 * time.Second
	leftDone  = 0.02
)

func (b *bar) update(fraction float64) {
	now := b.now()
	if fraction > 0 && b.first.IsZero() {
		b.first, b.done = now, fraction
	}
	if fraction >= 1 {
		if b.shown {
			b.show("")
			b.shown = false
		}
		return
	}
	if now.Sub(b.start) < barAfter || now.Sub(b.last) < barEvery {
		return
	}
	b.last, b.shown = now, true
	b.show(b.html(now, fraction))
}

func (b *bar) html(now time.Time, fraction float64) string {
	left := ""
	if worked, more := now.Sub(b.first), fraction-b.done; !b.first.IsZero() && worked >= leftAfter && more >= leftDone {
		rest := time.Duration(float64(worked) * (1 - fraction) / more)
		left = fmt.Sprintf(", %s left", rest.Round(time.Second))
	}
	return fmt.Sprintf(`<label>%s <progress max="1" value="%.3f"></progress> %d %%%s</label>`,
		escape(b.title), fraction, int(100*fraction), left)
}
