package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// checkout writes a small module.
func checkout(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, root := range roots {
		if err := os.MkdirAll(filepath.Join(dir, root), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestList(t *testing.T) {
	dir := checkout(t, map[string]string{
		"go.mod":             "module example.org/m\n",
		"pkg/a/a.go":         "package a\n\n// F adds one to x.\nfunc F(x int) int { return x + 1 }\n\nfunc g() {}\n",
		"pkg/a/doc.go":       "// Package a adds. See [F].\n//\n//\tf(x) = x + 1\npackage a\n",
		"pkg/a/on.go":        "//go:build on\n\npackage a\n\nfunc F(x int) int { return x }\n",
		"pkg/a/a_test.go":    "package a_test\n\nimport (\n\t\"fmt\"\n\n\t\"example.org/m/pkg/a\"\n)\n\nfunc ExampleF() {\n\tfmt.Println(a.F(1)) // two\n\t// Output: 2\n}\n",
		"pkg/a/cmd/c/m.go":   "package main\n\nfunc main() {}\n",
		"notebooks/p/p.go":   "package p\n",
		"notebooks/p/s/s.go": "// Package s is beside the paper.\npackage s\n",
	})
	all, err := list(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[0].Path != "example.org/m/pkg/a" || all[1].Path != "example.org/m/notebooks/p/s" {
		t.Fatalf("packages %+v, want pkg/a and notebooks/p/s", all)
	}
	a := all[0]
	if a.File != "pkg/a/doc.go" || !strings.Contains(a.Doc, `<a href="#a.F">F</a>`) || !strings.Contains(a.Doc, "<pre>f(x) = x + 1") {
		t.Errorf("overview of %s: %s", a.File, a.Doc)
	}
	if len(a.Symbols) != 1 || a.Symbols[0].Decl != "func F(x int) int" || a.Symbols[0].File != "pkg/a/a.go" || a.Symbols[0].Line != 4 {
		t.Errorf("symbols %+v", a.Symbols)
	}
	if len(a.Examples) != 1 {
		t.Fatalf("examples %+v", a.Examples)
	}
	if e := a.Examples[0]; e.Name != "F" || e.Code != "fmt.Println(a.F(1)) // two" || e.Output != "2\n" || len(e.Imports) != 2 {
		t.Errorf("example %+v", e)
	}
}

func TestListNamesWhatIsWrong(t *testing.T) {
	dir := checkout(t, map[string]string{"go.mod": "module example.org/m\n", "pkg/a/a.go": "package a\n\nfunc {\n"})
	if _, err := list(dir); err == nil || !strings.Contains(err.Error(), "pkg/a") || !strings.Contains(err.Error(), "a.go:3") {
		t.Errorf("a broken file: %v", err)
	}
	dir = checkout(t, map[string]string{"go.mod": "go 1.26\n"})
	if _, err := list(dir); err == nil || !strings.Contains(err.Error(), `no line that starts with "module "`) {
		t.Errorf("a go.mod without a module: %v", err)
	}
}
