package repro

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/atomicfile"
)

// begun is a result that is being computed, and the folder where the work keeps how far it
// came. Beside the files of the work lies there how long it has taken in runs before.
type begun struct {
	folder  string
	start   time.Time
	earlier float64 // seconds
	end     chan struct{}
	ended   chan struct{}
}

const (
	secondsFile = "seconds.txt"
	tick        = 10 * time.Second // a run that is killed loses as much of its time
	abandoned   = 24 * time.Hour
)

func begunAt(folder string, start time.Time) *begun {
	w := &begun{folder: folder, start: start, end: make(chan struct{}), ended: make(chan struct{})}
	if text, err := os.ReadFile(filepath.Join(folder, secondsFile)); err == nil {
		w.earlier, _ = strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	}
	go func() {
		defer close(w.ended)
		t := time.NewTicker(tick)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				w.write()
			case <-w.end:
				w.write()
				return
			}
		}
	}()
	return w
}

func (w *begun) seconds() float64 { return w.earlier + time.Since(w.start).Seconds() }

// write notes the time where the work has kept something. A time that cannot be written, as
// on a full disk, is lost, no more.
func (w *begun) write() {
	if w.kept() {
		_ = atomicfile.Write(filepath.Join(w.folder, secondsFile), func(f io.Writer) error {
			_, err := io.WriteString(f, strconv.FormatFloat(w.seconds(), 'g', -1, 64)+"\n")
			return err
		})
	}
}

// stop ends the noting of time.
func (w *begun) stop() {
	close(w.end)
	<-w.ended
}

// kept reports whether the work has kept something.
func (w *begun) kept() bool {
	files, _ := os.ReadDir(w.folder)
	for _, f := range files {
		if f.Name() != secondsFile {
			return true
		}
	}
	return false
}

// remove removes the folder, and those of results of the name that nobody has gone on with
// for a day: their code or configuration is another by now.
func (w *begun) remove(name string) {
	os.RemoveAll(w.folder)
	folders, _ := filepath.Glob(name + "-????????????????.work")
	for _, folder := range folders {
		if info, err := os.Stat(folder); err == nil && time.Since(info.ModTime()) > abandoned {
			os.RemoveAll(folder)
		}
	}
}
