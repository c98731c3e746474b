package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

// ledger records one claim, with the measured value given, and returns its file.
func ledger(t *testing.T, measured float64) string {
	t.Helper()
	dir := t.TempDir()
	p := claim.Paper{Key: "sums", Title: "Sums", Authors: []string{"Nobody"}, Venue: "here", Statements: []claim.Statement{
		{ID: "A1", Kind: claim.Identity, Title: "A sum", Statement: "$|1 + 1| = 2$", Source: "ours"},
	}}
	l, err := claim.Open(p, dir, claim.Run{Scale: claim.Quick, Backend: "go", Device: "any", Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	l.Claim("A1").Check("sum", measured, claim.Within(2, 0)).Control("wrong sum", 3, claim.Within(2, 0))
	if err := l.Close(); (err != nil) != (measured != 2) {
		t.Fatalf("closing with %v: %v", measured, err)
	}
	return filepath.Join(dir, "claims.json")
}

func TestTables(t *testing.T) {
	good, bad := ledger(t, 2), ledger(t, 5)
	for _, test := range []struct{ form, file, want string }{
		{"brief", good, `| **A1** | *A sum.* $\vert 1 + 1\vert  = 2$ | ours | holds |`},
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
