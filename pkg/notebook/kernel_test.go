package notebook_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// asCell names the cell that a process of the tests executes, as a kernel's does.
const asCell = "MARGINALIA_TEST_CELL"

func TestMain(m *testing.M) {
	paper := notebook.Open("test-paper")
	switch os.Getenv(asCell) {
	case "Begin":
		paper.Begin()
	case "Waiting":
		paper.Cell(Waiting)()
	case "Deaf":
		paper.Cell(Deaf)()
	case "Negative":
		paper.Cell(Negative)()
	case "OutOfRange":
		paper.Cell(OutOfRange)()
	case "First":
		paper.Cell(First)()
	case "Second":
		paper.Cell(Second)()
	case "Settings":
		paper.Settings()
	case "Close":
		paper.Close()
	default:
		os.Exit(m.Run())
	}
}

// Deaf does not hear of its context.
func Deaf(cell *notebook.Cell) {
	notebook.Keep(cell, "sum", sizes{3}, sum)
	cell.Markdown("deaf from now on")
	time.Sleep(time.Hour)
}

// First and Second stand for cells whose text is in what GoNB made of them.
func First(cell *notebook.Cell)  { cell.Markdown("first") }
func Second(cell *notebook.Cell) { cell.Markdown("second") }

// kernel makes a checkout with a paper in it and returns what executes a cell of it.
func kernel(t *testing.T) func(cell string) *exec.Cmd {
	t.Helper()
	root := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":                 "module github.com/marginalia-ml/marginalia\n",
		"pkg/notebook_test/a.go": "package a\n", // where the functions of the tests are
		"notebooks/test-paper/paper.json": `{"key": "test-paper", "title": "A test", "authors": ["Nobody"], "venue": "here", "learn": "nothing", "read": "all",
			"statements": [{"id": "C1", "kind": "certificate", "title": "A bound", "tex": "$a$", "source": "here", "known": "ours"}]}`,
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return func(cell string) *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Dir = filepath.Join(root, "notebooks", "test-paper")
		cmd.Env = append(os.Environ(), asCell+"="+cell, "MARGINALIA_ROOT="+root, "MARGINALIA_RUN=", "MARGINALIA_BACKEND=go", "MARGINALIA_SEED=", "MARGINALIA_SCALE=")
		return cmd
	}
}

// A cell that fails says so in a sentence; a mistake in the code keeps its stack.
func TestKernel(t *testing.T) {
	execute := kernel(t)
	for _, c := range []struct {
		cell, said string
		fails      bool
		stack      bool
	}{
		{"Negative", "Negative: no run of test-paper has begun", true, false},
		{"Begin", "| Backend | go |", false, false},
		{"Negative", "Negative: repro: computing test-paper/sum: a negative length: -1", true, false},
		{"OutOfRange", "panic: runtime error: index out of range", true, true},
		{"Close", "C1 is not checked", true, false},
	} {
		out, err := execute(c.cell).CombinedOutput()
		if (err != nil) != c.fails || !strings.Contains(string(out), c.said) || strings.Contains(string(out), "goroutine") != c.stack {
			t.Errorf("%s: %v, want it to say %q (stack: %v)\n%s", c.cell, err, c.said, c.stack, out)
		}
	}
}

// An interrupted cell says what it kept, whether its work hears of it or not.
func TestInterruptedKernel(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("signals")
	}
	execute := kernel(t)
	if out, err := execute("Begin").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, cell := range []string{"Waiting", "Deaf"} {
		cmd := execute(cell)
		lab := filepath.Join(cmd.Dir, "../../build/test-paper/lab")
		if err := os.RemoveAll(filepath.Join(lab, "kept")); err != nil { // what this cell keeps tells that it has begun
			t.Fatal(err)
		}
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			kept, _ := filepath.Glob(filepath.Join(lab, "kept", "sum-*.gob"))
			if len(kept) > 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s keeps nothing", cell)
			}
		}
		time.Sleep(200 * time.Millisecond) // from the file to the next line of the cell
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil || !strings.Contains(out.String(), cell+`: interrupted: kept "sum"`) || strings.Contains(out.String(), "goroutine") {
			t.Errorf("%s: %v\n%s", cell, err, out.String())
		}
	}
}
