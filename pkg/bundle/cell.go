package bundle

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/pkg/repro"
	"github.com/marginalia-ml/marginalia/xla"
)

// What a process of a run is told to do instead of a cell. Cells begin with a capital.
const (
	stepProbe = "probe"
	stepBegin = "begin"
	stepClose = "close"
)

// How a process of a run ends.
const (
	exitDone  = 0
	exitFault = 1
	exitUsage = 2
	exitCut   = 75 // the time limit, or a signal: -resume goes on (EX_TEMPFAIL)
)

// step is one process of a run: it executes a cell, or begins or closes the run, as the
// environment says, which package repro describes. What it shows goes to the file shown.
func step(p Paper, commit, name, shown string, out, complain io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := stepErr(ctx, p, commit, name, shown, out)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintf(complain, "%v\n", err)
		return exitCut
	case err != nil:
		fmt.Fprintf(complain, "%v\n", err)
		if f, is := err.(*notebook.Fault); is && f.Stack != "" {
			fmt.Fprintln(complain, f.Stack)
		}
		return exitFault
	}
	return exitDone
}

func stepErr(ctx context.Context, p Paper, commit, name, shown string, out io.Writer) error {
	if name == stepProbe {
		m, err := notebook.Machine(os.Getenv(xla.EnvBackend))
		if err == nil {
			err = json.NewEncoder(out).Encode(m)
		}
		return err
	}
	s, sink, err := session(p.Key, commit)
	if err != nil {
		return err
	}
	switch name {
	case stepBegin:
		var m repro.Machine
		if m, err = notebook.Machine(s.Run.Backend); err == nil {
			err = s.Begin(m)
		}
	case stepClose:
		err = closing(s, p, filepath.Dir(s.Run.Dir))
	default:
		c, unknown := p.cell(name)
		if unknown != nil {
			return unknown
		}
		err = s.Do(ctx, c.Run)
	}
	if err != nil || ctx.Err() != nil {
		return err
	}
	return sink.write(shown)
}

// session is the run that the environment describes.
func session(key, commit string) (*notebook.Session, *recorder, error) {
	run, err := repro.FromEnv(key)
	if err != nil {
		return nil, nil, err
	}
	run.Once = false // a cell that was cut runs again
	run.Code.Commit = "`" + commit + "`"
	paper, err := claim.LoadPaper(filepath.Join(run.Code.Root, "notebooks", key, "paper.json"))
	sink := &recorder{}
	return &notebook.Session{Run: run, Paper: paper, Sink: sink}, sink, err
}

// closing writes the ledger. Claims of cells that did not come to their end are red,
// whatever these had recorded. Red claims are no error: the run tells of them.
func closing(s *notebook.Session, p Paper, folder string) error {
	var j job
	if err := readJSON(filepath.Join(folder, jobFile), &j); err != nil {
		return err
	}
	for _, c := range p.Cells {
		if slices.Contains(j.Cells, c.Name) && !there(donePath(folder, c.Name)) {
			l, err := s.Run.Ledger(s.Paper)
			if err != nil {
				return err
			}
			part := l.Part(c.Name)
			for _, id := range c.Claims {
				part.Claim(id)
			}
			why, err := os.ReadFile(failedPath(folder, c.Name))
			if err != nil {
				why = []byte("the run was cut")
			}
			part.Stopped(fmt.Errorf("the cell %s did not come to its end: %s", c.Name, why))
		}
	}
	r, misuse := s.Record()
	err := s.Close()
	if misuse != nil || err == nil || r != nil && r.Err() != nil && err.Error() == r.Err().Error() {
		return misuse
	}
	return err
}
