package repro

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

var sourceHashes sync.Map // [2]string{root, package} to hash: the code of a running process does not change

// source hashes the code that a function of the package may run.
func (c Code) source(pkg string) (string, error) {
	if c.Root == "" {
		return c.Source, nil
	}
	key := [2]string{c.Root, pkg}
	if h, known := sourceHashes.Load(key); known {
		return h.(string), nil
	}
	h, err := SourceHash(c.Root, pkg)
	if err == nil {
		sourceHashes.Store(key, h)
	}
	return h, err
}

// showing are the rooms that show and judge. No number that a function returns depends on
// them, so that a new legend makes no result of hours stale; tools/nb/kept.py leaves out the
// same ones.
var showing = []string{"pkg/claim", "pkg/figure", "pkg/notebook", "pkg/progress"}

// SourceHash hashes go.mod and the files of the package and of every package of this
// module that it imports, directly or not: all but tests and Markdown, whatever their
// build tags, so that the hash is one on every system. Imports of rooms that show and judge
// (claim, figure, notebook, progress) are not followed.
func SourceHash(root string, packages ...string) (string, error) {
	h := sha256.New()
	add := func(file string) error {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		fmt.Fprintf(h, "%s %d\n", filepath.ToSlash(rel), len(b))
		h.Write(b)
		return err
	}
	err := add(filepath.Join(root, "go.mod"))
	if err == nil {
		var files []string
		if files, err = closure(root, packages); err == nil {
			for _, f := range files {
				if err = add(f); err != nil {
					break
				}
			}
		}
	}
	if err != nil {
		return "", fmt.Errorf("repro: hashing the sources: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// closure lists the files of the packages and of what they import from this module.
func closure(root string, packages []string) ([]string, error) {
	seen := map[string]bool{}
	var files []string
	for todo := slices.Clone(packages); len(todo) > 0; {
		pkg := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[pkg] {
			continue
		}
		seen[pkg] = true
		dir := filepath.Join(root, filepath.FromSlash(strings.TrimPrefix(strings.TrimPrefix(pkg, modulePath), "/")))
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, fmt.Errorf("package %s: %w", pkg, err)
		}
		found := false
		for _, e := range entries {
			name := e.Name()
			if e.IsDir() || strings.HasPrefix(name, ".") || strings.HasSuffix(name, "_test.go") || path.Ext(name) == ".md" || notebookFile(pkg, name) {
				continue
			}
			file := filepath.Join(dir, name)
			files = append(files, file)
			if path.Ext(name) != ".go" {
				continue
			}
			found = true
			more, err := imports(file)
			if err != nil {
				return nil, err
			}
			todo = append(todo, more...)
		}
		if !found {
			return nil, fmt.Errorf("package %s: no Go file in %s", pkg, dir)
		}
	}
	slices.Sort(files)
	return files, nil
}

// notebookFile reports what lies in a notebook's folder and is made by running it.
func notebookFile(pkg, name string) bool {
	if !strings.HasPrefix(pkg, modulePath+"/notebooks/") {
		return false
	}
	return path.Ext(name) != ".go" && name != "paper.json"
}

// imports lists the packages of this module that a file imports.
func imports(file string) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var pkgs []string
	for _, spec := range f.Imports {
		pkg, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		if below, ok := strings.CutPrefix(pkg, modulePath+"/"); ok && !shows(below) {
			pkgs = append(pkgs, pkg)
		}
	}
	return pkgs, nil
}

// shows reports whether a folder of this module belongs to a room that shows and judges.
func shows(folder string) bool {
	return slices.ContainsFunc(showing, func(room string) bool { return folder == room || strings.HasPrefix(folder, room+"/") })
}
