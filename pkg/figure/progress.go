package figure

import (
	"fmt"
	"os"
	"time"

	"github.com/janpfeifer/gonb/gonbui"

	"github.com/marginalia-ml/marginalia/pkg/progress"
)

// Watch shows a bar with the time left while the work of the cell reports to pkg/progress,
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
	first       time.Time // of a report that some work is done
	already     float64   // the fraction that it told
	shown       bool
	now         func() time.Time
	show        func(html string)
}

const (
	barAfter = time.Second
	barEvery = 250 * time.Millisecond
	// The time left is told from a speed, which is known once this much is done in this
	// time. What came before the first report, such as the compilation of graphs, has no
	// part in it.
	leftAfter    = time.Second
	leftFraction = 0.02
)

func (b *bar) update(fraction float64) {
	now := b.now()
	if fraction > 0 && b.first.IsZero() {
		b.first, b.already = now, fraction
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
	if done, took := fraction-b.already, now.Sub(b.first); done >= leftFraction && took >= leftAfter {
		rest := time.Duration(float64(took) * (1 - fraction) / done)
		left = fmt.Sprintf(", %s left", rest.Round(time.Second))
	}
	return fmt.Sprintf(`<label>%s <progress max="1" value="%.3f"></progress> %d %%%s</label>`,
		escape(b.title), fraction, int(100*fraction), left)
}
