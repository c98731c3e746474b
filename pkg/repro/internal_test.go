package repro

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestVisible(t *testing.T) {
	t.Parallel()
	name, err := visible(reflect.ValueOf(plain))
	if err != nil || !strings.HasSuffix(name, "repro.plain") {
		t.Errorf("visible: %q, %v", name, err)
	}
}

func plain(int) (int, error) { return 0, nil }

// TestCellFunctions builds and runs a program whose function main.compute is refused.
func TestCellFunctions(t *testing.T) {
	t.Parallel()
	top, err := root("")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", "./testdata/cell")
	cmd.Env = append(os.Environ(), "MARGINALIA_ROOT="+top, "MARGINALIA_RUN="+t.TempDir(), "MARGINALIA_SCALE=", "MARGINALIA_SEED=")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "main.compute is a function of a notebook cell") {
		t.Errorf("a function of package main: %v\n%s", err, out)
	}
}

func TestCannotStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := keeper{root: dir, key: "test-paper/run", path: filepath.Join(dir, "kept", "run-0.gob")}
	if err := os.WriteFile(filepath.Join(dir, "kept"), nil, 0o644); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	p := Provenance{Key: k.key, Err: k.store([]byte("x"), Provenance{})}
	if p.Err == nil || !strings.Contains(p.String(), "could not be kept") {
		t.Errorf("storing failed, but the provenance says %q", p)
	}
}

// The hash is one of the package, of what it imports and of go.mod: of nothing else.
func TestSourceHash(t *testing.T) {
	t.Parallel()
	write := func(dir, name, content string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const study = modulePath + "/notebooks/n/study"
	hashWith := func(extra ...string) string {
		dir := t.TempDir()
		for name, content := range map[string]string{
			"go.mod":                      "module x\n",
			"notebooks/n/study/s.go":      "package study\n\nimport (\n\t_ \"" + modulePath + "/pkg/a\"\n\t_ \"" + modulePath + "/pkg/figure\"\n\t_ \"" + modulePath + "/pkg/figures\"\n\t_ \"" + modulePath + "/pkg/figure/chart\"\n)\n",
			"pkg/figure/f.go":             "package figure\n\nimport _ \"" + modulePath + "/pkg/other\"\n",
			"pkg/figure/chart/c.go":       "package chart\n",
			"pkg/figures/f.go":            "package figures\n",
			"pkg/a/a.go":                  "package a\n\nimport (\n\t_ \"fmt\"\n\n\t_ \"" + modulePath + "/xla\"\n)\n",
			"xla/x_linux.go":              "package xla\n",
			"pkg/other/o.go":              "package other\n",
			"notebooks/n/n.go":            "package n\n",
			"notebooks/n/study/s_test.go": "package study\n",
		} {
			write(dir, name, content)
		}
		for i := 0; i < len(extra); i += 2 {
			write(dir, extra[i], extra[i+1])
		}
		h, err := SourceHash(dir, study)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	base := hashWith()
	if hashWith() != base {
		t.Error("the hash depends on the folder")
	}
	for _, same := range []string{"pkg/a/a_test.go", "pkg/a/README.md", "notebooks/n/n.go", "pkg/other/o.go", "pkg/a/below/b.go", "notebooks/n/study/s_test.go", "pkg/figure/f.go", "pkg/figure/chart/c.go"} {
		if hashWith(same, "package y\n") != base {
			t.Errorf("%s changes the hash", same)
		}
	}
	for _, other := range []string{"pkg/a/a.go", "pkg/a/b.go", "pkg/a/table.csv", "xla/x_linux.go", "xla/y.go", "go.mod", "notebooks/n/study/s.go", "pkg/figures/f.go"} {
		if hashWith(other, "package y\n") == base {
			t.Errorf("%s does not change the hash", other)
		}
	}
	if _, err := SourceHash(t.TempDir(), study); err == nil {
		t.Error("an empty folder has a hash")
	}
}

// The command that keeps results leaves out the same rooms.
func TestShowingRooms(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join("..", "..", "tools", "nb", "kept.py"))
	if err != nil {
		t.Fatal(err)
	}
	want := "SHOWING = ('" + strings.Join(showing, "', '") + "')\n"
	if !strings.Contains(string(b), want) {
		t.Errorf("tools/nb/kept.py has no line %q", want)
	}
}

func TestPackageOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"main.F": "main", "x.org/a/b.F": "x.org/a/b", "x.org/a/b.F[...]": "x.org/a/b", "x.org/a/b.F[x.org/c/d.T]": "x.org/a/b"} {
		if got := packageOf(name); got != want {
			t.Errorf("packageOf(%q) = %q, want %q", name, got, want)
		}
	}
}
