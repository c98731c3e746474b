package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	jobFile   = "run.json"
	runDir    = "run"
	shownDir  = "shown"
	doneDir   = "done"
	failedDir = "failed"
	lockFile  = "lock"
)

// job is run.json in the folder of a run: what is run. A resumed run is the same job.
type job struct {
	Format  int      `json:"format"`
	Bundle  string   `json:"bundle"` // id
	Commit  string   `json:"commit"`
	Key     string   `json:"key"`
	Scale   string   `json:"scale"`
	Seed    uint64   `json:"seed"`
	Only    []string `json:"only"`
	Cells   []string `json:"cells"` // the chosen ones, in order
	Backend string   `json:"backend"`
	Plugin  *Plugin  `json:"plugin"` // null for pure Go
	Device  string   `json:"device"`
	// Cut is the seconds that processes took which did not come to their end.
	Cut float64 `json:"cut"`
}

// same says what makes another job a different one, "" for nothing.
func (j job) same(k job) string {
	plugin := func(p *Plugin) string {
		if p == nil {
			return "none"
		}
		return p.SHA256
	}
	for _, d := range [][3]string{
		{"bundle", j.Bundle, k.Bundle}, {"paper", j.Key, k.Key}, {"scale", j.Scale, k.Scale},
		{"seed", fmt.Sprint(j.Seed), fmt.Sprint(k.Seed)}, {"choice of cells", strings.Join(j.Only, ","), strings.Join(k.Only, ",")},
		{"backend", j.Backend, k.Backend}, {"plugin", plugin(j.Plugin), plugin(k.Plugin)}, {"device", j.Device, k.Device},
	} {
		if d[1] != d[2] {
			return fmt.Sprintf("its %s is %q, this one's %q", d[0], d[1], d[2])
		}
	}
	return ""
}

// spent is what a cell took that came to its end.
type spent struct {
	Seconds float64 `json:"seconds"`
	Memory  int64   `json:"memory"` // most bytes held at once
}

func donePath(folder, cell string) string   { return filepath.Join(folder, doneDir, cell+".json") }
func failedPath(folder, cell string) string { return filepath.Join(folder, failedDir, cell+".txt") }
func shownPath(folder, cell string) string  { return filepath.Join(folder, shownDir, cell+".json") }

// begin makes the folder of a run, or finds it where the run is resumed.
func (j *job) begin(folder string, resume bool) error {
	var old job
	err := readJSON(filepath.Join(folder, jobFile), &old)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if entries, _ := os.ReadDir(folder); len(entries) > 1 { // the lock
			return fmt.Errorf("%s is not empty and no folder of a run: -dir names another one", folder)
		}
		return writeJSON(filepath.Join(folder, jobFile), j)
	case err != nil:
		return fmt.Errorf("%s is damaged (%w): delete the folder, or -dir names another one", filepath.Join(folder, jobFile), err)
	case !resume:
		return fmt.Errorf("%s holds a run that was begun: -resume goes on with it, -dir names another folder", folder)
	}
	if other := old.same(*j); other != "" {
		return fmt.Errorf("%s holds another run: %s; -dir names another folder", folder, other)
	}
	*j = old
	return nil
}

// lock holds the folder of a run for this process and for the cells that inherit it, so
// that no second run begins while the cell of a killed one still ends.
func lock(folder string) (*os.File, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("the folder of the run: %w: -dir names another one", err)
	}
	f, err := os.OpenFile(filepath.Join(folder, lockFile), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("the folder of the run: %w: -dir names another one", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s is being run by another process (%w): wait for it, or end it", folder, err)
	}
	return f, nil
}
