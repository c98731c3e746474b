// Package architecture holds the table of rooms in ARCHITECTURE.md against what the code
// imports, in both directions.
package architecture

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/marginalia-ml/marginalia"

// libraries are the names that the table has for modules.
var libraries = map[string][]string{
	"GoMLX":      {"github.com/gomlx/gomlx", "github.com/gomlx/compute"},
	"go-xla":     {"github.com/gomlx/go-xla"},
	"gonum":      {"gonum.org/v1/gonum"},
	"go-echarts": {"github.com/go-echarts/go-echarts"},
	"goja":       {"github.com/dop251/goja"},
	"gonbui":     {"github.com/janpfeifer/gonb"},
	"x/sys":      {"golang.org/x/sys"},
	"x/text":     {"golang.org/x/text"},
	"float16":    {"github.com/x448/float16"},
}

// room is a row of the table for one of its rooms.
type room struct {
	name  string   // a folder; * stands for one name
	paper bool     // one paper's own
	may   []string // rooms and libraries that it may import
	any   bool     // all of them
}

// goPackage is what go list says of a package.
type goPackage struct {
	ImportPath string
	Standard   bool
	Imports    []string
}

var quoted = regexp.MustCompile("`([^`]+)`")

// table returns the rooms of the table in the text.
func table(text string) ([]room, error) {
	var rooms []room
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "| `") {
			if len(rooms) > 0 && !strings.HasPrefix(line, "|") {
				break // the table of variables has the same form
			}
			continue
		}
		cells := strings.Split(strings.Trim(line, "| "), "|")
		if len(cells) != 3 {
			return nil, fmt.Errorf("a row of %d cells, want 3: %s", len(cells), line)
		}
		r := room{paper: strings.HasPrefix(strings.TrimSpace(cells[1]), "paper: ")}
		for _, word := range strings.Split(cells[2], ",") {
			word = strings.TrimSpace(word)
			switch name := strings.Trim(word, "`"); {
			case word == "everything":
				r.any = true
			case word == "nothing":
			case name != word:
				r.may = append(r.may, name)
			case libraries[word] != nil:
				r.may = append(r.may, libraries[word]...)
			default:
				return nil, fmt.Errorf("%q may be imported in the row of %s: want a room in backquotes, a library (%s), nothing or everything", word, strings.TrimSpace(cells[0]), strings.Join(slices.Sorted(maps.Keys(libraries)), ", "))
			}
		}
		for _, name := range quoted.FindAllStringSubmatch(cells[0], -1) {
			r.name = strings.ReplaceAll(strings.TrimSuffix(name[1], "/"), "<paper>", "*")
			rooms = append(rooms, r)
		}
	}
	if len(rooms) == 0 {
		return nil, fmt.Errorf("no table of rooms")
	}
	return rooms, nil
}

// of returns the room that a folder belongs to: the one whose name is longest.
func of(rooms []room, folder string) *room {
	var best *room
	for i := range rooms {
		parts := strings.Count(rooms[i].name, "/") + 1
		head := strings.Join(strings.Split(folder, "/")[:min(parts, strings.Count(folder, "/")+1)], "/")
		if ok, _ := path.Match(rooms[i].name, head); ok && (best == nil || len(rooms[i].name) > len(best.name)) {
			best = &rooms[i]
		}
	}
	return best
}

// problems returns where the rooms and the packages contradict each other. Rooms without
// Go code need a folder, which exists tells.
func problems(rooms []room, packages []goPackage, exists func(folder string) bool) []string {
	var list []string
	seen := map[string]bool{}
	for _, p := range packages {
		folder, ours := strings.CutPrefix(p.ImportPath, module+"/")
		if !ours {
			continue
		}
		here := of(rooms, folder)
		if here == nil {
			list = append(list, fmt.Sprintf("%s is in no room of the table: give it a row", folder))
			continue
		}
		seen[here.name] = true
		for _, imported := range p.Imports {
			if message := forbidden(rooms, here, imported); message != "" {
				list = append(list, folder+" "+message)
			}
		}
	}
	for _, r := range rooms {
		if !seen[r.name] && !exists(r.name) {
			list = append(list, fmt.Sprintf("the room %s does not exist: take it out of the table", r.name))
		}
		for _, name := range r.may {
			if target := of(rooms, name); !strings.Contains(strings.Split(name, "/")[0], ".") && target == nil {
				list = append(list, fmt.Sprintf("%s may import %s, which is no room of the table", r.name, name))
			}
		}
	}
	return list
}

// forbidden says why a room may not import a package, or nothing.
func forbidden(rooms []room, here *room, imported string) string {
	folder, ours := strings.CutPrefix(imported, module+"/")
	if !ours {
		external := strings.Contains(strings.Split(imported, "/")[0], ".")
		within := func(m string) bool { return imported == m || strings.HasPrefix(imported, m+"/") }
		if !external || here.any || slices.ContainsFunc(here.may, within) {
			return ""
		}
		return fmt.Sprintf("imports the library %s, its row allows %v", imported, here.may)
	}
	target := of(rooms, folder)
	switch {
	case target == nil || target == here: // a missing room is told where it is listed
		return ""
	case here.paper && target.paper:
		return fmt.Sprintf("imports %s: no paper's room imports another's; what two papers need belongs into a shared room", target.name)
	case !here.any && !slices.Contains(here.may, target.name):
		return fmt.Sprintf("imports %s, its row allows %v", target.name, here.may)
	}
	return ""
}

// listed returns the packages of the module.
func listed(t *testing.T, root string) []goPackage {
	t.Helper()
	c := exec.Command("go", "list", "-json=ImportPath,Imports,Standard", "./...")
	c.Dir = root
	var complaint bytes.Buffer
	c.Stderr = &complaint
	out, err := c.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, complaint.String())
	}
	var packages []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := d.Decode(&p); err == io.EOF {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		if p.ImportPath != module+"/pkg/architecture" {
			packages = append(packages, p)
		}
	}
}

func TestTheTableIsTrue(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	rooms, err := table(string(text))
	if err != nil {
		t.Fatal(err)
	}
	exists := func(folder string) bool {
		info, err := os.Stat(filepath.Join(root, folder))
		return err == nil && info.IsDir()
	}
	for _, p := range problems(rooms, listed(t, root), exists) {
		t.Error(p)
	}
	papers := 0
	for _, r := range rooms {
		if r.paper {
			papers++
		}
	}
	statements, err := filepath.Glob(filepath.Join(root, "notebooks", "*", "paper.json"))
	if err != nil {
		t.Fatal(err)
	}
	if papers < len(statements) || papers == 0 {
		t.Errorf("%d papers' rooms in the table for %d papers, want one for each at least: their second cell begins with \"paper: \"", papers, len(statements))
	}
}

// Every kind of contradiction is found, and nothing else.
func TestContradictions(t *testing.T) {
	rooms, err := table("text\n\n| room | what | may import |\n|---|---|---|\n" +
		"| `pages/<paper>/` | papers | everything |\n" +
		"| `pkg/a`, `pkg/b` | paper: one | `pkg/low`, gonum |\n" +
		"| `pkg/low` | shared | nothing |\n" +
		"| `scripts` | shell | nothing |\n\n| `NAME` | a variable | its default |\n")
	if err != nil {
		t.Fatal(err)
	}
	if len(rooms) != 5 {
		t.Fatalf("rooms %+v, want five", rooms)
	}
	scripts := func(folder string) bool { return folder == "scripts" }
	pkg := func(name string, imports ...string) goPackage {
		for i, x := range imports {
			if !strings.Contains(x, ".") {
				imports[i] = module + "/" + x
			}
		}
		return goPackage{ImportPath: module + "/" + name, Imports: imports}
	}
	good := []goPackage{pkg("pages/x", "pkg/a", "example.com/y"), pkg("pkg/a", "pkg/low", "gonum.org/v1/gonum/mat"), pkg("pkg/b/cmd/c", "pkg/b"), pkg("pkg/low"), {ImportPath: "fmt", Imports: []string{"os"}}}
	if list := problems(rooms, good, scripts); len(list) != 0 {
		t.Errorf("a true table is contradicted: %q", list)
	}
	for name, c := range map[string]struct {
		packages []goPackage
		says     string
	}{
		"room without a row":  {append(good, pkg("pkg/new")), "pkg/new is in no room"},
		"upwards":             {append(good, pkg("pkg/low/inner", "pkg/a")), "pkg/low/inner imports pkg/a"},
		"from paper to paper": {append(good, pkg("pkg/b", "pkg/a")), "no paper's room imports another's"},
		"a library":           {append(good, pkg("pkg/low", "gonum.org/v1/gonum/mat")), "imports the library gonum.org"},
		"a room that is gone": {good[:3], "the room pkg/low does not exist"},
	} {
		list := problems(rooms, c.packages, scripts)
		if len(list) != 1 || !strings.Contains(list[0], c.says) {
			t.Errorf("%s: %q, want one that says %q", name, list, c.says)
		}
	}
	for name, text := range map[string]string{
		"no table":        "text",
		"missing cell":    "| `pkg/a` | what |",
		"unknown library": "| `pkg/a` | what | fmt |",
	} {
		if rooms, err := table(text); err == nil {
			t.Errorf("%s: rooms %v, want an error", name, rooms)
		}
	}
	if list := problems([]room{{name: "scripts", may: []string{"pkg/none"}}}, nil, scripts); len(list) != 1 {
		t.Errorf("an unknown room that may be imported: %q", list)
	}
}
