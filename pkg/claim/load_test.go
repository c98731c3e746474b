package claim

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// paperFile is a paper.json that uses every field.
const paperFile = `{
 "$schema": "../../pkg/claim/paper.schema.json",
 "key": "test-paper", "title": "A test of $x$", "authors": ["A. Author", "B. Author"], "venue": "Somewhere 2025",
 "arxiv": "0000.00000", "learn": "What a test learns.", "read": "all",
 "statements": [
  {"id": "C1", "kind": "identity", "title": "Both sides", "tex": "$a = b$", "source": "(1)", "known": "read", "reported": "0.98"},
  {"id": "C2", "kind": "rate", "title": "Slope", "tex": "$\\log a \\sim -k$", "source": "Theorem 1", "known": "second-hand"},
  {"id": "C3", "kind": "certificate", "title": "Gap", "tex": "the gap is $0$ and costs \\$5", "source": "section 2", "known": "ours"},
  {"id": "C4", "kind": "theorem", "title": "Bound", "tex": "$a \\le b^2$", "printed": "$a \\le b$", "repair": "corrected", "source": "Lemma 4", "known": "read"},
  {"id": "C5", "kind": "inequality", "title": "Proof", "tex": "$a \\le b^2$", "printed": "$a \\le b$", "repair": "slip", "source": "Lemma 5", "known": "reconstructed"},
  {"id": "C6", "kind": "limit", "title": "Never", "tex": "$a \\to 0$ is not reached", "source": "Figure 1", "known": "reconstructed", "evidence": true},
  {"id": "C7", "kind": "order", "title": "Order", "tex": "$a > b$", "source": "Figure 5", "known": "read", "scale": "paper"},
  {"id": "C8", "kind": "empirical", "title": "Seen", "tex": "$a > b$", "source": "Figure 6", "known": "read", "evidence": false}
 ]
}`

func schema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile("paper.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// accepts says whether the schema and the Go type accept the file.
func accepts(s *jsonschema.Schema, file []byte) (bySchema, byGo bool, err error) {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(file)))
	bySchema = err == nil && s.Validate(v) == nil
	_, err = ParsePaper(file)
	return bySchema, err == nil, err
}

func TestPaperIsAccepted(t *testing.T) {
	t.Parallel()
	if bySchema, byGo, err := accepts(schema(t), []byte(paperFile)); !bySchema || !byGo {
		t.Fatalf("accepted by the schema %v, by Go %v (%v)", bySchema, byGo, err)
	}
	p, err := ParsePaper([]byte(paperFile))
	if err != nil {
		t.Fatal(err)
	}
	if s := p.Statements[3]; s.Repair != Corrected || s.Known != Read || s.Printed != `$a \le b$` || s.Statement != `$a \le b^2$` {
		t.Errorf("statement 4 reads %+v", s)
	}
	if !p.Statements[5].Evidence || p.Statements[7].Evidence || p.Read != "all" || p.Learn != "What a test learns." {
		t.Errorf("fields are lost: %+v", p)
	}
}

// TestSchemaAndGoAgree changes the paper in every place in many ways, and asks both.
func TestSchemaAndGoAgree(t *testing.T) {
	t.Parallel()
	s := schema(t)
	values := []any{nil, "", " ", "x", "two\nlines", "a\rb", "$a", "$a$", `\$`, `\\$`, `\\$a$`, `$a\$`, `a\`, `$\\$$$`, "é $ü$ ", "C1", "C9", "7C", "paper", "quick", "read",
		"ours", "second-hand", "reconstructed", "corrected", "slip", "holds", "theorem", "guess", "2402.05738", "2402.05738v1", "cs.LG/0101001", "cs/0101001", "Test Paper", true, false, 1.5, []any{}, []any{"x"}, []any{""}, []any{nil}, map[string]any{}}
	refused, accepted := 0, 0
	try := func(what string, paper any) {
		b, err := json.Marshal(paper)
		if err != nil {
			t.Fatal(err)
		}
		bySchema, byGo, err := accepts(s, b)
		if bySchema != byGo && !(bySchema && doubledID(paper)) {
			t.Errorf("%s: accepted by the schema %v, by Go %v (%v)", what, bySchema, byGo, err)
		}
		if byGo {
			accepted++
		} else {
			refused++
		}
	}
	fresh := func() map[string]any {
		var m map[string]any
		if err := json.Unmarshal([]byte(paperFile), &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	fields := func(typ reflect.Type) []string {
		names := []string{"unknown", "ID", "Title"}
		for _, f := range fieldsOf(typ) {
			names = append(names, f.name)
		}
		return names
	}
	for _, name := range fields(reflect.TypeFor[Paper]()) {
		m := fresh()
		delete(m, name)
		try("without "+name, m)
		for _, v := range values {
			m := fresh()
			m[name] = v
			try(name+" set", m)
		}
	}
	for i := range fresh()["statements"].([]any) {
		for _, name := range fields(reflect.TypeFor[Statement]()) {
			m := fresh()
			st := m["statements"].([]any)[i].(map[string]any)
			delete(st, name)
			try("statement without "+name, m)
			for _, v := range values {
				st[name] = v
				b, _ := json.Marshal(v)
				try("statement's "+name+" is "+string(b), m)
			}
		}
	}
	// Random lines of the characters that matter.
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		line := make([]byte, r.IntN(8))
		for i := range line {
			line[i] = `$$\\a |`[r.IntN(7)]
		}
		m := fresh()
		m["venue"] = string(line)
		try("venue "+string(line), m)
	}
	if accepted < 500 || refused < 500 {
		t.Errorf("%d accepted, %d refused: too few of one to compare", accepted, refused)
	}
}

// doubledID reports the one thing that the schema cannot see.
func doubledID(paper any) bool {
	seen := map[any]bool{}
	for _, s := range paper.(map[string]any)["statements"].([]any) {
		if id := s.(map[string]any)["id"]; seen[id] {
			return true
		} else {
			seen[id] = true
		}
	}
	return false
}

// TestSchemaNamesTheFieldsOfGo compares both by reflection: names, what is required, and
// the words of every enumeration.
func TestSchemaNamesTheFieldsOfGo(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("paper.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	type object struct {
		Required   []string
		Properties map[string]struct {
			Enum    []string
			Pattern string
		}
	}
	var file struct {
		object
		Defs struct {
			Statement object
			Line      struct{ AllOf []struct{ Pattern string } }
		} `json:"$defs"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	for typ, have := range map[reflect.Type]object{reflect.TypeFor[Paper](): file.object, reflect.TypeFor[Statement](): file.Defs.Statement} {
		var names, required []string
		for _, f := range fieldsOf(typ) {
			names = append(names, f.name)
			if f.required {
				required = append(required, f.name)
			}
		}
		if got := slices.Sorted(maps.Keys(have.Properties)); !slices.Equal(got, slices.Sorted(slices.Values(names))) {
			t.Errorf("%v: the schema has %v, Go has %v", typ, got, names)
		}
		if !slices.Equal(slices.Sorted(slices.Values(have.Required)), slices.Sorted(slices.Values(required))) {
			t.Errorf("%v: the schema requires %v, Go %v", typ, have.Required, required)
		}
	}
	of := file.Defs.Statement.Properties
	for name, want := range map[string]any{"kind": kinds, "known": knowns, "repair": []Verdict{Corrected, Slip}, "scale": []string{PaperSized}} {
		if got, want := reflect.ValueOf(of[name].Enum), reflect.ValueOf(want); got.Len() != want.Len() {
			t.Errorf("%s: %v, want %v", name, got, want)
		} else {
			for i := range got.Len() {
				if got.Index(i).String() != want.Index(i).String() {
					t.Errorf("%s: %v, want %v", name, got, want)
				}
			}
		}
	}
	for want, got := range map[string]string{
		idPattern: of["id"].Pattern, keyPattern: file.Properties["key"].Pattern, arxivPattern: file.Properties["arxiv"].Pattern,
		linePattern: file.Defs.Line.AllOf[1].Pattern, nonBlank.String(): file.Defs.Line.AllOf[0].Pattern,
	} {
		if got != want {
			t.Errorf("the schema has the pattern %s, Go has %s", got, want)
		}
	}
}

func TestLoadPaperNamesFaults(t *testing.T) {
	t.Parallel()
	change := func(old, new string) string {
		if !strings.Contains(paperFile, old) {
			t.Fatalf("%q is not in the file", old)
		}
		return strings.Replace(paperFile, old, new, 1)
	}
	for _, test := range []struct{ file, want string }{
		{change(`"title": "Slope"`, `"titel": "Slope"`), `line 7: number 2 of statements has the unknown field "titel"; the known ones are id, kind, title`},
		{change(`"title": "Slope"`, `"titel": "Slope"`), `Did you mean title?`},
		{change(`"title": "Slope"`, `"Title": "Slope"`), `unknown field "Title"`},
		{change(`"key": "test-paper"`, `"key": "a", "key": "test-paper"`), `has the field "key" twice`},
		{change(`"id": "C2"`, `"id": "C1"`), "id C1 is used twice, by statements 1 and 2"},
		{change(`"kind": "rate"`, `"kind": "guess"`), `unknown kind "guess": the kinds are [identity`},
		{change(`"tex": "$a = b$"`, `"tex": "$a = b"`), "a dollar without its partner"},
		{change(`"title": "Gap"`, `"title": "Gap\n"`), "more than one line"},
		{change(`"title": "Gap"`, `"title": ""`), "title is empty: leave it out, or give it a value"},
		{change(`"known": "ours"`, `"known": "guessed"`), `known "guessed": want one of [read second-hand reconstructed ours]`},
		{change(`, "repair": "corrected"`, ``), `want "corrected", or "slip" where the author would mend it at once`},
		{change(`"printed": "$a \\le b$", "repair": "corrected"`, `"repair": "corrected"`), "repair \"corrected\" without printed"},
		{change(`"known": "read", "reported"`, `"known": "second-hand", "reported"`), `reported, but known is "second-hand"`},
		{change(`"learn": "What a test learns.", `, ``), "learn: it is empty"},
		{change(`"scale": "paper"`, `"scale": "huge"`), `unknown scale "huge"`},
		{change(`"evidence": true`, `"evidence": "yes"`), "bool"},
		{change(`"venue": "Somewhere 2025"`, `"venue": null`), "venue is null"},
		{change(`"arxiv": "0000.00000"`, `"arxiv": "arXiv:1"`), `arxiv "arXiv:1": want a number as`},
		{paperFile + "{}", "there is more behind its end"},
		{paperFile[:200], "unexpected EOF"},
		{"\xff", "not UTF-8"},
		{"", "unexpected EOF"},
		{"[]", "paper.schema.json describes its form"},
	} {
		path := filepath.Join(t.TempDir(), "paper.json")
		if err := os.WriteFile(path, []byte(test.file), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadPaper(path); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want it to name the file and say %q", err, test.want)
		}
	}
	if _, err := LoadPaper(filepath.Join(t.TempDir(), "none.json")); err == nil {
		t.Error("a file that is not there loads")
	}
}
