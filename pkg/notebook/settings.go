package notebook

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/atomicfile"
)

// GoNB writes what the cells have declared so far, and the function that the cell
// executes, to main.go in its temporary folder. A file read/<cell> in the run's folder
// holds what of it a cell came to when it last ran. What has another text now tells which
// cells show an older one.

// asRead is what a cell came to when it ran: names to hashes. Told are the hashes that
// other cells have since been told of.
type asRead struct {
	Read map[string]string `json:"read"`
	Told map[string]string `json:"told,omitempty"`
}

// program is the file that GoNB made of the cell, or "" outside of a kernel that a reader
// uses: in a run from top to bottom nothing is out of date.
func (s *Session) program() string {
	folder := os.Getenv("GONB_TMP_DIR")
	if folder == "" || s.Run.Once {
		return ""
	}
	return filepath.Join(folder, "main.go")
}

// Settings shows which of the cells that have run read what has changed since: scripts/lab
// lets a cell that declares settings execute it.
func (n *Notebook) Settings() {
	end(func() error {
		s, err := n.session()
		if err != nil {
			return err
		}
		return s.settings("")
	}())
}

// settings notes what the cell of the given name has read, if there is one, and shows which
// other cells show what older declarations gave.
func (s *Session) settings(cell string) error {
	path := s.program()
	if path == "" {
		return nil
	}
	all, err := declarations(path)
	if err != nil { // without its notes a cell is none the worse
		return nil
	}
	folder := filepath.Join(s.Run.Dir, "read")
	if cell != "" {
		if err := write(filepath.Join(folder, cell), asRead{Read: reached(all, cell)}); err != nil {
			return err
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	return s.Sink.Markdown(warning(s.stale(folder, files, all)))
}

// stale returns the declarations that have changed, and the cells that read them before,
// which stand in the order of the source. It tells of a change once.
func (s *Session) stale(folder string, files []fs.DirEntry, all map[string]declaration) (changed, cells []string) {
	for _, f := range files {
		path := filepath.Join(folder, f.Name())
		var last asRead
		text, err := os.ReadFile(path)
		if err != nil || json.Unmarshal(text, &last) != nil {
			continue
		}
		told := map[string]string{}
		fresh := false
		for name, hash := range last.Read {
			if now, known := all[name]; known && now.hash != hash {
				told[name] = now.hash
				if last.Told[name] != now.hash {
					fresh = true
				}
			}
		}
		if !fresh {
			continue
		}
		for name := range told {
			if !slices.Contains(changed, name) {
				changed = append(changed, name)
			}
		}
		cells = append(cells, f.Name())
		last.Told = told
		if write(path, last) != nil {
			continue
		}
	}
	slices.Sort(changed)
	s.inOrder(cells)
	return changed, cells
}

// inOrder sorts cells as the paper's source has them; those that it lacks come last.
func (s *Session) inOrder(cells []string) {
	text, err := os.ReadFile(filepath.Join(s.Run.Code.Root, "notebooks", s.Paper.Key, s.Paper.Key+".go"))
	if err != nil {
		return
	}
	at := func(name string) int {
		if i := strings.Index(string(text), "\nfunc "+name+"("); i >= 0 {
			return i
		}
		return len(text)
	}
	slices.SortStableFunc(cells, func(a, b string) int { return at(a) - at(b) })
}

// warning says what to run again.
func warning(changed, cells []string) string {
	if len(cells) == 0 {
		return ""
	}
	quoted := make([]string, len(changed))
	for i, name := range changed {
		quoted[i] = "`" + name + "`"
	}
	has, them, shows := "have", "them", "they show"
	if len(changed) == 1 {
		has = "has"
	}
	if len(cells) == 1 {
		them, shows = "it", "it shows"
	}
	return fmt.Sprintf("> **Note.** %s %s changed since %s last ran. Run %s again: %s what was before.",
		strings.Join(quoted, ", "), has, strings.Join(cells, ", "), them, shows)
}

func write(path string, r asRead) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}
