package repro

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

const runFile = "run.json"

// Machine is what the numbers of a run are computed on, in the words of the backend.
type Machine struct {
	Backend string // "xla cpu", "xla cuda", "go"
	Device  string // the model of the CPU or GPU
}

// Expect is the time that a run takes, in minutes; zero says nothing about it.
type Expect struct {
	Quick float64 // on two CPU cores
	Paper float64 // on one GPU
}

// Begin starts a run of the paper: its ledger and the facts that later cells need are
// made afresh. The set-up cell calls it and shows the header that it returns.
func Begin(p claim.Paper, m Machine, expect Expect) (header string) {
	dir := RunDir(p.Key)
	Check(claim.Begin(dir))
	run := claim.Run{Scale: Scale(), Backend: m.Backend, Device: m.Device, Seed: Seed(), Versions: Must(versions(Root()))}
	Check(writeRun(dir, run))
	ledgers.Delete(dir)
	return Header(p, expect)
}

func writeRun(dir string, run claim.Run) error {
	b, err := json.MarshalIndent(run, "", " ")
	if err == nil {
		err = writeWhole(filepath.Join(dir, runFile), func(f *os.File) error {
			_, err := f.Write(append(b, '\n'))
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("repro: beginning a run: %w", err)
	}
	return nil
}

// current reads what Begin left in dir and compares it with the environment.
func current(dir string) (claim.Run, error) {
	var run claim.Run
	b, err := os.ReadFile(filepath.Join(dir, runFile))
	if errors.Is(err, fs.ErrNotExist) {
		return run, fmt.Errorf("repro: no run has begun in %s: run the set-up cell first", dir)
	}
	if err == nil {
		err = json.Unmarshal(b, &run)
	}
	if err != nil {
		return run, fmt.Errorf("repro: reading the run in %s: %w; run the set-up cell again", dir, err)
	}
	if run.Scale != Scale() || run.Seed != Seed() {
		return run, fmt.Errorf("repro: the run in %s began at scale %s with seed %d, but this cell is at scale %s with seed %d: run the set-up cell again",
			dir, run.Scale, run.Seed, Scale(), Seed())
	}
	return run, nil
}

// ledgers holds the ledger of each run's folder that this process has opened: what one
// process records belongs together.
var ledgers sync.Map // string to *claim.Ledger

// Ledger returns the ledger of the paper's run.
func Ledger(p claim.Paper) *claim.Ledger {
	dir := RunDir(p.Key)
	if l, open := ledgers.Load(dir); open {
		return l.(*claim.Ledger)
	}
	l := Must(claim.Open(p, dir, Must(current(dir))))
	first, _ := ledgers.LoadOrStore(dir, l)
	return first.(*claim.Ledger)
}

// Header returns the run's header in Markdown: what ran where, and how to run it again.
func Header(p claim.Paper, expect Expect) string {
	run := Must(current(RunDir(p.Key)))
	var b strings.Builder
	row := func(name, value string) { fmt.Fprintf(&b, "| %s | %s |\n", name, claim.Cell(value)) }
	b.WriteString("| This run | |\n| --- | --- |\n")
	row("Commit", commit(Root()))
	row("Backend", run.Backend)
	row("Device", run.Device)
	row("Scale", run.Scale)
	row("Seed", strconv.FormatUint(run.Seed, 10))
	var parts []string
	for name, version := range run.Versions {
		parts = append(parts, name+" "+version)
	}
	slices.Sort(parts)
	row("Versions", strings.Join(parts, ", "))
	if text := expect.text(run.Scale); text != "" {
		row("Expected time", text)
	}
	backend := strings.TrimPrefix(run.Backend, "xla ")
	row("To run it again", fmt.Sprintf("`scripts/run %s --scale %s --backend %s --seed %d`", p.Key, run.Scale, backend, run.Seed))
	return b.String()
}

func (e Expect) text(scale string) string {
	minutes := func(m float64) string {
		if m == 1 {
			return "1 minute"
		}
		return strconv.FormatFloat(m, 'g', 2, 64) + " minutes"
	}
	var parts []string
	if e.Quick > 0 {
		parts = append(parts, minutes(e.Quick)+" at quick scale on two CPU cores")
	}
	if e.Paper > 0 {
		parts = append(parts, minutes(e.Paper)+" at the paper's scale on one GPU")
	}
	if scale == claim.PaperSized {
		slices.Reverse(parts)
	}
	return strings.Join(parts, "; ")
}

// numeric lists the modules that have a part in the numbers, by the name that the
// header gives them.
var numeric = map[string]string{
	"github.com/gomlx/gomlx":   "gomlx",
	"github.com/gomlx/compute": "compute",
	"github.com/gomlx/go-xla":  "go-xla",
	"gonum.org/v1/gonum":       "gonum",
}

// versions returns the versions of Go and of the numeric modules. They come from
// go.mod rather than from the binary, which differs from cell to cell in what it links.
func versions(root string) (map[string]string, error) {
	b, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, fmt.Errorf("repro: reading versions: %w", err)
	}
	v := map[string]string{"go": strings.TrimPrefix(runtime.Version(), "go")}
	for scan := bufio.NewScanner(bytes.NewReader(b)); scan.Scan(); {
		fields := strings.Fields(strings.TrimPrefix(scan.Text(), "require "))
		if len(fields) >= 2 && numeric[fields[0]] != "" {
			v[numeric[fields[0]]] = strings.TrimPrefix(fields[1], "v")
		}
	}
	return v, nil
}

// commit names the checkout's commit, and says when files differ from it.
func commit(root string) string {
	id, err := exec.Command("git", "-C", root, "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return "unknown (no git, or not a clone)"
	}
	name := "`" + strings.TrimSpace(string(id)) + "`"
	status, err := exec.Command("git", "-C", root, "status", "--porcelain", "--untracked-files=no").Output()
	if err == nil && len(status) > 0 {
		name += " with local changes"
	}
	return name
}
