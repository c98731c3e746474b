package repro

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

// Expect is the time that a run takes, in minutes; zero says nothing about it.
type Expect struct {
	Quick float64 // on two CPU cores
	Paper float64 // on one GPU
}

// Header returns the run's header in Markdown: what ran where, and how to run it again.
func (r Run) Header(expect Expect) (string, error) {
	facts, err := r.Facts()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	row := func(name, value string) { fmt.Fprintf(&b, "| %s | %s |\n", name, claim.Cell(value)) }
	b.WriteString("| This run | |\n| --- | --- |\n")
	row("Commit", r.Code.commit())
	row("Backend", facts.Backend)
	row("Device", facts.Device)
	if facts.Plugin != "" {
		row("Plugin", "`"+facts.Plugin[:min(12, len(facts.Plugin))]+"`, the beginning of its SHA-256")
	}
	if facts.Flags != "" {
		row("XLA_FLAGS", "`"+facts.Flags+"`")
	}
	row("Scale", facts.Scale)
	row("Seed", strconv.FormatUint(facts.Seed, 10))
	var parts []string
	for name, version := range facts.Versions {
		parts = append(parts, name+" "+version)
	}
	slices.Sort(parts)
	row("Versions", strings.Join(parts, ", "))
	if text := expect.text(facts.Scale); text != "" {
		row("Expected time", text)
	}
	backend := strings.TrimPrefix(facts.Backend, "xla ")
	row("To run it again", fmt.Sprintf("`scripts/run %s --scale %s --backend %s --seed %d`", r.Paper, facts.Scale, backend, facts.Seed))
	return b.String(), nil
}

func (e Expect) text(scale string) string {
	minutes := func(m float64) string {
		if m == 1 {
			return "1 minute"
		}
		if m >= 10 { // 150, never 1.5e+02
			return strconv.FormatFloat(m, 'f', 0, 64) + " minutes"
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
func (c Code) versions() (map[string]string, error) {
	if c.Root == "" {
		return c.Versions, nil
	}
	b, err := os.ReadFile(filepath.Join(c.Root, "go.mod"))
	if err != nil {
		return nil, fmt.Errorf("repro: reading versions: %w", err)
	}
	return Versions(b), nil
}

// Versions returns the versions of Go and of the numeric modules that a go.mod names.
func Versions(gomod []byte) map[string]string {
	v := map[string]string{"go": strings.TrimPrefix(runtime.Version(), "go")}
	for scan := bufio.NewScanner(bytes.NewReader(gomod)); scan.Scan(); {
		fields := strings.Fields(strings.TrimPrefix(scan.Text(), "require "))
		if len(fields) >= 2 && numeric[fields[0]] != "" {
			v[numeric[fields[0]]] = strings.TrimPrefix(fields[1], "v")
		}
	}
	return v
}

// commit names the commit that the code was given, else the checkout's, and says when files
// differ from it.
func (c Code) commit() string {
	if c.Root == "" || c.Commit != "" {
		return c.Commit
	}
	id, err := exec.Command("git", "-C", c.Root, "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return "unknown (no git, or not a clone)"
	}
	name := "`" + strings.TrimSpace(string(id)) + "`"
	status, err := exec.Command("git", "-C", c.Root, "status", "--porcelain", "--untracked-files=no").Output()
	if err == nil && len(status) > 0 {
		name += " with local changes"
	}
	return name
}
