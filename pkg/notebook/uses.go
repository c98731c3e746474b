package notebook

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/repro"
)

// A folder uses/<result> below the kept results has a file for each cell that asked for
// the result: which of them it was given. It tells a cell that computes another one, after
// a setting was changed, who has shown the old one.

// outdated notes that the cell was given the result, and returns the cells that were last
// given the one that this cell was given before.
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
	before, _ := os.ReadFile(own)
	now := filepath.Base(p.Path)
	var others []string
	for _, e := range entries {
		given, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err == nil && e.Name() != c.name && string(given) == string(before) && string(given) != now {
			others = append(others, e.Name())
		}
	}
	return others, os.WriteFile(own, []byte(now), 0o644)
}

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
