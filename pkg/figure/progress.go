package figure

import (
	"fmt"
	"os"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
)

// Progress returns a function that shows a bar with the time left, as Loop.Progress
// wants one. It shows nothing until a second has passed, is redrawn at most four times a
// second, and goes when all is done. Nothing is shown outside a notebook, or where
// MARGINALIA_RUN tells that a runner, which has a progress line of its own, executes it.
func Progress(title string) func(done, total int) {
	if !gonbui.IsNotebook || os.Getenv("MARGINALIA_RUN") != "" {
		return func(done, total int) {}
	}
	id := gonbui.UniqueId()
	p := &progress{title: title, start: time.Now(), now: time.Now, show: func(html string) { gonbui.UpdateHTML(id, html) }}
	return p.update
}

type progress struct {
	title       string
	start, last time.Time
	shown       bool
	now         func() time.Time
	show        func(html string)
}

const (
	progressAfter = time.Second
	progressEvery = 250 * time.Millisecond
)

func (p *progress) update(done, total int) {
	now := p.now()
	if done >= total {
		if p.shown {
			p.show("")
			p.shown = false
		}
		return
	}
	if now.Sub(p.start) < progressAfter || now.Sub(p.last) < progressEvery {
		return
	}
	p.last, p.shown = now, true
	p.show(p.html(now, done, total))
}

func (p *progress) html(now time.Time, done, total int) string {
	left := ""
	if done > 0 {
		rest := time.Duration(float64(now.Sub(p.start)) * float64(total-done) / float64(done))
		left = fmt.Sprintf(", %s left", rest.Round(time.Second))
	}
	return fmt.Sprintf(`<label>%s <progress max="%d" value="%d"></progress> %d %%%s</label>`,
		escape(p.title), total, done, int(100*float64(done)/float64(total)), left)
}
