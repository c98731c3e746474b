package notebook_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// made is what GoNB makes of two cells whose settings have these values. Second reads large
// through a method, and has a variable of its own that is called like the other setting.
const made = `package main

import "%s"

var small = %d // of the toy

var (
	large = %d
	size  = 3
)

type sizes struct{ n int }

func (s *sizes) grow() int { return s.n * large }

func half() int { return small / 2 }

func First(cell *notebook.Cell) { cell.Markdown(fmt.Sprint(half(), other.Setting{large: 1}%s)) }

func Second(cell *notebook.Cell) {
	small := new(sizes)
	cell.Markdown(fmt.Sprint(small.grow()))
}
`

// A cell says, once, which cells that ran before show what was before a change, and no others.
func TestWhoReadsWhatChanged(t *testing.T) {
	execute := kernel(t)
	folder := t.TempDir()
	run := func(cell, once string, values ...any) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, "main.go"), fmt.Appendf(nil, made, values...), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := execute(cell)
		cmd.Env = append(cmd.Env, "GONB_TMP_DIR="+folder, "MARGINALIA_ONCE="+once)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", cell, err, out)
		}
		return string(out)
	}
	run("Begin", "", "fmt", 2, 20, "")
	for _, c := range []struct {
		cell   string
		values []any
		told   string // "" where nothing is
	}{
		{"Settings", []any{"fmt", 2, 20, ""}, ""},
		{"First", []any{"fmt", 2, 20, ""}, ""},
		{"Second", []any{"fmt", 2, 20, ""}, ""},
		{"Settings", []any{"math", 2, 20, ""}, ""}, // what is imported is no setting
		{"Settings", []any{"fmt", 4, 20, ""}, "`small` has changed since First last ran. Run it again: it shows what was before."},
		{"Settings", []any{"fmt", 4, 20, ""}, ""}, // told once
		{"First", []any{"fmt", 4, 20, ""}, ""},
		{"Settings", []any{"fmt", 4, 20, ""}, ""},
		{"First", []any{"fmt", 5, 21, ""}, "`large` has changed since Second last ran"}, // its own are no matter: it runs
		{"Second", []any{"fmt", 5, 21, ""}, ""},
		{"Second", []any{"fmt", 5, 21, ", 1"}, "`First` has changed since First last ran"},
		{"Settings", []any{"fmt", 6, 22, ", 1"}, "`large`, `small` have changed since First, Second last ran. Run them again: they show"},
		{"Settings", []any{"fmt", 7, 22, ", 1"}, "`large`, `small` have changed since First last ran. Run it"},
	} {
		out := run(c.cell, "", c.values...)
		if !strings.Contains(out, c.told) || (c.told == "") == strings.Contains(out, "last ran") {
			t.Errorf("%s with %v says\n%s\nwant %q", c.cell, c.values, out, c.told)
		}
	}
	if out := run("First", "1", "fmt", 99, 99, ""); strings.Contains(out, "last ran") {
		t.Errorf("a run from top to bottom speaks of changes:\n%s", out)
	}
	if err := os.WriteFile(filepath.Join(folder, "main.go"), []byte("package main\nfunc"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := execute("First")
	cmd.Env = append(cmd.Env, "GONB_TMP_DIR="+folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("a program that does not parse: %v\n%s", err, out)
	}
}
