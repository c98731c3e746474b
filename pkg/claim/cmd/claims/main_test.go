package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

// ledger records one claim, with the measured value given, and returns its file.
func ledger(t *testing.T, measured float64) string {
	t.Helper()
	dir := t.TempDir()
	p, err := claim.ParsePaper([]byte(paperFile))
	if err != nil {
		t.Fatal(err)
	}
	p.Statements = p.Statements[:1]
	l, err := claim.Open(p, dir, claim.Run{Scale: claim.Quick, Backend: "go", Device: "any", Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	l.Part("A1").Claim("A1").Check("sum", measured, claim.Within(2, 0.25)).Control("wrong sum", 3)
	if err := l.Close(); (err != nil) != (measured != 2) {
		t.Fatalf("closing with %v: %v", measured, err)
	}
	return filepath.Join(dir, "claims.json")
}

func TestTables(t *testing.T) {
	good, bad := ledger(t, 2), ledger(t, 5)
	for _, test := range []struct{ form, file, want string }{
		{"brief", good, `| **A1** | *A sum.* $\vert 1 + 1\vert  = 2$ | (1) (read) | holds |`},
		{"brief", bad, `| **fails** |`},
		{"full", good, "wrong sum: 3"},
	} {
		text, code, err := run([]string{test.form, test.file})
		if err != nil || code != 0 || !strings.Contains(text, test.want) {
			t.Errorf("%s: code %d, error %v, want %q in\n%s", test.form, code, err, test.want, text)
		}
	}
}

func TestDiff(t *testing.T) {
	good, bad := ledger(t, 2), ledger(t, 5)
	if text, code, err := run([]string{"diff", good, good}); text != "" || code != 0 || err != nil {
		t.Errorf("a ledger against itself: %q, %d, %v", text, code, err)
	}
	text, code, err := run([]string{"diff", "-verdicts", good, bad})
	if want := "A1: holds in the first, fails in the second\n"; text != want || code != 1 || err != nil {
		t.Errorf("got %q, %d, %v, want %q, 1", text, code, err, want)
	}
}

func TestBadInput(t *testing.T) {
	for _, args := range [][]string{nil, {"brief"}, {"table", "x"}, {"brief", filepath.Join(t.TempDir(), "none.json")}} {
		if text, _, err := run(args); err == nil {
			t.Errorf("%q: no error but %q", args, text)
		}
	}
}

const paperFile = `{"key": "sums", "title": "Sums", "authors": ["Nobody"], "venue": "here", "learn": "Sums.", "read": "all", "statements": [
 {"id": "A1", "kind": "identity", "title": "A sum", "tex": "$|1 + 1| = 2$", "source": "(1)", "known": "read"},
 {"id": "A2", "kind": "order", "title": "Order", "tex": "$1 < 2$", "source": "section 1", "known": "ours"}]}`

// both records both claims of paperFile, and returns the files.
func both(t *testing.T, measured float64, run claim.Run) (paper, ledger string) {
	t.Helper()
	dir := t.TempDir()
	paper = filepath.Join(dir, "paper.json")
	if err := os.WriteFile(paper, []byte(paperFile), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := claim.LoadPaper(paper)
	if err != nil {
		t.Fatal(err)
	}
	l, err := claim.Open(p, dir, run)
	if err != nil {
		t.Fatal(err)
	}
	l.Part("A1").Claim("A1").Check("sum", measured, claim.Within(2, 0.1)).Control("wrong sum", 3)
	l.Part("A2").Claim("A2").Check("inversions", 0, claim.Exactly(0)).Control("1 and 2 exchanged", 1)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return paper, filepath.Join(dir, "claims.json")
}

func TestLedgersAndPapers(t *testing.T) {
	quick := claim.Run{Scale: claim.Quick, Backend: "xla cpu", Device: "any", Seed: 1}
	paper, one := both(t, 2, quick)
	_, two := both(t, 2.001, quick)
	quick.Seed = 2
	_, seed := both(t, 2.05, quick)
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"brief", one}, 0, `| **A1** | *A sum.* $\vert 1 + 1\vert  = 2$ | (1) (read) | holds |`},
		{[]string{"full", one}, 0, `| sum: 2 (within 0.1 of 2) | wrong sum: 3 | holds |`},
		{[]string{"diff", one, two}, 0, ""},
		{[]string{"diff", "-tolerance", "1e-5", one, two}, 1, `A1: the check "sum" measured 2 in the first, 2.001 in the second`},
		{[]string{"diff", "-tolerance", "cuda=1e-2,cpu=1e-5", one, two}, 1, `2.001 in the second`},
		{[]string{"diff", "-tolerance", "cpu=1e-2,go=1e-5", one, two}, 0, ""},
		{[]string{"diff", one, seed}, 1, "seed 2: measured values are not compared"},
		{[]string{"diff", "-verdicts", one, seed}, 0, ""},
		{[]string{"diff", "-slack", one, two}, 0, `A1: the slack of "sum" is 0.0495 (2.001, within 0.1 of 2)`},
		{[]string{"counts", one}, 0, `"known": {` + "\n    \"ours\": 1,\n    \"read\": 1,\n    \"reconstructed\": 0,"},
		{[]string{"check", paper}, 0, "2 statements of sums"},
		{[]string{"check", paper, one}, 0, "1 claim of the paper: 1 holds; 1 of ours: 1 holds"},
		{[]string{"boxes", paper}, 0, `"A2": "> **Claim A2 (Order).** $1 \\lt  2$\n>\n> <small>section 1; ours.</small>\n"`},
	} {
		text, code, err := run(test.args)
		if err != nil || code != test.code || !strings.Contains(text, test.want) || test.want == "" && text != "" {
			t.Errorf("%q: code %d, error %v, want %d and %q in\n%s", test.args, code, err, test.code, test.want, text)
		}
	}
	whole, err := os.ReadFile(one)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(two, []byte(strings.Replace(string(whole), `"known": "ours"`, `"known": "read"`, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"check", paper, two}, "A2: the statement of the record is another"},
		{[]string{"check", one}, "unknown field"},
		{[]string{"counts", one, one}, "a second ledger of paper sums"},
		{[]string{"diff", "-tolerance", "2", one, one}, "want a number between 0 and 1"},
		{[]string{"diff", "-tolerance", "cpu=x", one, one}, `tolerance "cpu=x"`},
		{[]string{"diff", "-sloppy", one, one}, "usage"},
		{[]string{"boxes"}, "usage"},
	} {
		if text, _, err := run(test.args); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %q, error %v, want %q", test.args, text, err, test.want)
		}
	}
}
