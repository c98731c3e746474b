package notebook

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/repro"
)

// A folder uses/<result> below the kept results has a file for each cell that asked for
// the result: which of them it was given, a line each time that it asked. It tells a cell that
// computes another one, after a setting was changed, who has shown the old one.

// outdated notes that the cell was given the result, and returns the cells that were given the
// one that this cell was given in its place when it last ran.
func (c *Cell) outdated(p repro.Provenance) ([]string, error) {
	_, name, _ := strings.Cut(p.Key, "/")
	folder := filepath.Join(c.session.Run.Dir, "kept", "uses", name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(folder) // in the order of their names
	if err != nil {
		return nil, err
	}
	own := filepath.Join(folder, c.name)
	now := filepath.Base(p.Path)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.uses == nil {
		c.uses = map[string]*use{}
	}
	if c.uses[name] == nil { // a cell may ask for several results of one name: each is compared with its own
		before, _ := os.ReadFile(own)
		c.uses[name] = &use{before: strings.Fields(string(before))}
	}
	u := c.uses[name]
	var old string
	if len(u.given) < len(u.before) {
		old = u.before[len(u.given)]
	}
	u.given = append(u.given, now)
	var others []string
	for _, e := range entries {
		given, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err == nil && e.Name() != c.name && old != "" && old != now && slices.Contains(strings.Fields(string(given)), old) {
			others = append(others, e.Name())
		}
	}
	return others, os.WriteFile(own, []byte(strings.Join(u.given, "\n")), 0o644)
}

// use is what a cell was given under one name: when it last ran, and now.
type use struct{ before, given []string }

// warn says which cells show a result that is not the one of this cell any more.
func (c *Cell) warn(p repro.Provenance) {
	others, err := c.outdated(p)
	if err != nil || p.Kept || len(others) == 0 { // without its notes a cell is none the worse
		return
	}
	_, name, _ := strings.Cut(p.Key, "/")
	c.Markdown(fmt.Sprintf("> **Note.** `%s` was computed afresh here. What %s last showed belongs to another one: run %s again.",
		name, strings.Join(others, ", "), map[bool]string{true: "it", false: "them"}[len(others) == 1]))
}
