package claim

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func quick() Run {
	return Run{Scale: Quick, Backend: "go", Device: "a machine", Seed: 1, Versions: map[string]string{"go": "1", "a": "2"}}
}

// open opens a ledger of the test's paper in a folder.
func open(t testing.TB, dir string) *Ledger {
	t.Helper()
	l, err := Open(loaded(t), dir, quick())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// outcome returns what the ledger says about one claim.
func outcome(t testing.TB, l *Ledger, id string) Outcome {
	t.Helper()
	r, err := l.Record()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range r.Claims {
		if o.ID == id {
			return o
		}
	}
	t.Fatalf("no claim %s", id)
	return Outcome{}
}

func panicOf(f func()) (panicked any) {
	defer func() { panicked = recover() }()
	f()
	return nil
}

func TestPaperScaleMustCheck(t *testing.T) {
	t.Parallel()
	run := quick()
	run.Scale = PaperSized
	l, err := Open(loaded(t), "", run)
	if err != nil {
		t.Fatal(err)
	}
	if o := outcome(t, l, "C7"); o.Verdict != NotChecked {
		t.Errorf("unchecked at the paper's scale: verdict %q, want %q", o.Verdict, NotChecked)
	}
	pass(l, "C7", "C7")
	if o := outcome(t, l, "C7"); o.Verdict != Holds {
		t.Errorf("checked at the paper's scale: verdict %q, want %q", o.Verdict, Holds)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	passAll(l)
	c := l.Part("more").Claim("C1")
	c.Check("error", 1.23456789e-13, RoundOff(1e-12)).Control("wrong", 1)
	c.Note("A note.")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := Load(filepath.Join(dir, "claims.json"))
	if err != nil {
		t.Fatal(err)
	}
	first := r.Claims[0]
	if first.Checks[1].Measured != 1.23457e-13 {
		t.Errorf("measured %v, want six significant digits", first.Checks[1].Measured)
	}
	if *first.Reported != "0.98" || first.Note != "A note." || r.Claims[1].Reported != nil {
		t.Errorf("reported and note were lost: %+v", first)
	}
	if diff := Diff(r, r, 0); len(diff) != 0 {
		t.Errorf("Diff of a record with itself: %v", diff)
	}
}

func TestCloseNamesRedClaims(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	l.Part("C1").Claim("C1").Check("a", 7, Within(1, 0.1)).Control("b", 8)
	l.Part("C2").Claim("C2").Check("slope", -1, Within(-1, 0.02))
	err := l.Close()
	if err == nil {
		t.Fatal("Close() of a red ledger gives no error")
	}
	for _, want := range []string{"7 of the 8 claims", "C1 fails: a is 7", "C2 is vacuous", "C3 is not checked", "C4 is not checked"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error %q does not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "C7") {
		t.Errorf("the error %q names a claim that is not red", err)
	}
	if _, err := Load(filepath.Join(dir, "claims.json")); err != nil {
		t.Errorf("the evidence is missing: %v", err)
	}
}

func TestByteStable(t *testing.T) {
	t.Parallel()
	var files [2][]byte
	for i := range files {
		dir := t.TempDir()
		passAll(open(t, dir))
		l := open(t, dir) // the closing cell is another process
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		var err error
		if files[i], err = os.ReadFile(filepath.Join(dir, "claims.json")); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(files[i], []byte(dir)) {
			t.Error("claims.json holds a path")
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); len(left) > 0 {
			t.Errorf("temporary files are left: %v", left)
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Errorf("two equal runs wrote different files:\n%s\n%s", files[0], files[1])
	}
}

func TestUnwritableLedger(t *testing.T) {
	t.Parallel()
	l := open(t, filepath.Join(t.TempDir(), "ledger"))
	got := fmt.Sprint(panicOf(func() { os.RemoveAll(l.dir); pass(l, "C1", "C1") }))
	if !strings.Contains(got, "cannot write the ledger") {
		t.Errorf("panic %q, want it to say that the ledger cannot be written", got)
	}
}

// A paper that no file describes is held to the same form.
func TestMalformedPapers(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(p *Paper){
		"id C1 is used twice":   func(p *Paper) { p.Statements[1].ID = "C1" },
		"unknown kind":          func(p *Paper) { p.Statements[1].Kind = "guess" },
		"the statement is empt": func(p *Paper) { p.Statements[1].Statement = "" },
		"the source is empty":   func(p *Paper) { p.Statements[1].Source = "" },
		"unknown scale":         func(p *Paper) { p.Statements[1].Scale = "huge" },
		`known ""`:              func(p *Paper) { p.Statements[1].Known = "" },
		"more than one line":    func(p *Paper) { p.Statements[1].Title = "a\nb" },
		"without its partner":   func(p *Paper) { p.Statements[1].Statement = "$a" },
		"want a letter":         func(p *Paper) { p.Statements[1].ID = "7" },
		"there are no statemen": func(p *Paper) { p.Statements = nil },
		"want lower-case words": func(p *Paper) { p.Key = "Test Paper" },
		"title: it is empty":    func(p *Paper) { p.Title = "" },
	} {
		p, err := ParsePaper([]byte(paperFile)) // not shared with other tests
		if err != nil {
			t.Fatal(err)
		}
		spoil(&p)
		if _, err := Open(p, "", quick()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want it to say %q", err, want)
		}
	}
	run := quick()
	run.Scale = "large"
	if _, err := Open(loaded(t), "", run); err == nil || !strings.Contains(err.Error(), `want "quick" or "paper"`) {
		t.Errorf("unknown scale of a run: %v", err)
	}
}

func TestLoadErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Load(filepath.Join(dir, "missing.json")); err == nil {
		t.Error("a missing file loads")
	}
	for _, content := range []string{"", "{", `{"papier": {}}`, `{"claims": [{"checks": [{"measured": "x"}]}]}`} {
		path := filepath.Join(dir, "claims.json")
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil {
			t.Errorf("%q loads", content)
		}
	}
}
