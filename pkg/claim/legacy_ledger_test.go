package claim

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// paper has one statement of each sort that the tests need.
func paper() Paper {
	return Paper{
		Key: "test-paper", Title: "A test", Authors: []string{"A. Author"}, Venue: "Somewhere", ArXiv: "0000.00000",
		Statements: []Statement{
			{ID: "C1", Kind: Identity, Title: "Both sides", Statement: "$a = b$", Source: "(1)"},
			{ID: "C2", Kind: Rate, Statement: "$\\log a \\sim -k$", Source: "Theorem 1", Reported: "0.98"},
			{ID: "C3", Kind: Certificate, Statement: "the gap is $0$", Source: "ours"},
			{ID: "C4", Kind: Theorem, Statement: "$a \\le b^2$", Printed: "$a \\le b$", Source: "Lemma 4"},
			{ID: "C5", Kind: Empirical, Statement: "$a > b$", Source: "Figure 5", Scale: PaperSized},
		},
	}
}

func quick() Run {
	return Run{Scale: Quick, Backend: "go", Device: "a machine", Seed: 1, Versions: map[string]string{"go": "1", "a": "2"}}
}

func open(t *testing.T, dir string) *Ledger {
	t.Helper()
	l, err := Open(paper(), dir, quick())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// outcome returns what the ledger says about one claim.
func outcome(t *testing.T, l *Ledger, id string) Outcome {
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

func TestVerdicts(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	zero := Within(0, 1e-12)
	for _, test := range []struct {
		name   string
		id     string
		record func(c *LegacyClaim)
		want   Verdict
		reason string
	}{
		{"checked and controlled", "C1", func(c *LegacyClaim) { c.Check("a", 0, zero).Control("b", 1, zero) }, Holds, ""},
		{"nothing", "C1", func(c *LegacyClaim) {}, NotChecked, "no check"},
		{"only a control", "C1", func(c *LegacyClaim) { c.Control("b", 1, zero) }, NotChecked, "no check"},
		{"refuted", "C1", func(c *LegacyClaim) { c.Check("a", 0.5, zero).Control("b", 1, zero) }, Fails, "a is 0.5, expected within 1e-12 of 0"},
		{"NaN", "C1", func(c *LegacyClaim) { c.Check("a", nan, zero).Control("b", 1, zero) }, Fails, "a is NaN"},
		{"one of two refuted", "C1", func(c *LegacyClaim) { c.Check("a", 0, zero).Check("z", 2, zero).Control("b", 1, zero) }, Fails, "z is 2"},
		{"NaN tolerance", "C1", func(c *LegacyClaim) { c.Check("a", 0, Within(0, nan)).Control("b", 1, zero) }, Fails, "within NaN"},
		{"no control", "C1", func(c *LegacyClaim) { c.Check("a", 0, zero) }, Vacuous, "an identity needs a control"},
		{"no control of a rate", "C2", func(c *LegacyClaim) { c.Check("a", 0, zero) }, Vacuous, "a rate needs a control"},
		{"control passes", "C1", func(c *LegacyClaim) { c.Check("a", 0, zero).Control("b", 0, zero) }, Vacuous, `"b" was to fail`},
		{"control is NaN", "C1", func(c *LegacyClaim) { c.Check("a", 0, zero).Control("b", nan, zero) }, Vacuous, "measured NaN"},
		{"control with a NaN bound", "C1", func(c *LegacyClaim) { c.Check("a", 0, zero).Control("b", 1, Within(0, nan)) }, Vacuous, "NaN bound"},
		{"control with another rule", "C1", func(c *LegacyClaim) { c.Check("a", 0, zero).Control("b", 1, AtMost(0)) }, Vacuous, "no check of the claim uses"},
		{"certificate without control", "C3", func(c *LegacyClaim) { c.Check("a", 0, zero) }, Holds, ""},
		{"certificate with a passing control", "C3", func(c *LegacyClaim) { c.Check("a", 0, zero).Control("b", 0, zero) }, Vacuous, "was to fail"},
		{"corrected", "C4", func(c *LegacyClaim) {
			c.Check("a", 1, AtMost(2)).Control("b", 3, AtMost(2)).CounterExample("c", 5, AtMost(2))
		}, Corrected, ""},
		{"corrected without a counter-example", "C4", func(c *LegacyClaim) { c.Check("a", 1, AtMost(2)).Control("b", 3, AtMost(2)) }, Vacuous, "not refuted"},
		{"counter-example that is none", "C4", func(c *LegacyClaim) {
			c.Check("a", 1, AtMost(2)).Control("b", 3, AtMost(2)).CounterExample("c", 1, AtMost(2))
		}, Vacuous, `"c" was to fail`},
		{"a counter-example is no control", "C4", func(c *LegacyClaim) { c.Check("a", 1, AtMost(2)).CounterExample("c", 5, AtMost(2)) }, Vacuous, "a theorem needs a control"},
		{"paper scale", "C5", func(c *LegacyClaim) {}, PaperScale, ""},
		{"kept from the paper's scale", "C5", func(c *LegacyClaim) { c.Check("a", 1, Above(0)).Kept("measured at scale paper") }, PaperScale, ""},
		{"kept and refuted", "C5", func(c *LegacyClaim) { c.Check("a", -1, Above(0)).Kept("measured at scale paper") }, Fails, "a is -1"},
	} {
		l := open(t, t.TempDir())
		test.record(l.Claim(test.id))
		o := outcome(t, l, test.id)
		if o.Verdict != test.want {
			t.Errorf("%s: verdict %q (%s), want %q", test.name, o.Verdict, o.Reason, test.want)
		}
		if !strings.Contains(o.Reason, test.reason) || o.Verdict.Red() != (o.Reason != "") {
			t.Errorf("%s: reason %q, want it to contain %q", test.name, o.Reason, test.reason)
		}
	}
}

func TestPaperScaleMustCheck(t *testing.T) {
	t.Parallel()
	run := quick()
	run.Scale = PaperSized
	l, err := Open(paper(), t.TempDir(), run)
	if err != nil {
		t.Fatal(err)
	}
	if o := outcome(t, l, "C5"); o.Verdict != NotChecked {
		t.Errorf("unchecked at the paper's scale: verdict %q, want %q", o.Verdict, NotChecked)
	}
	l.Claim("C5").Check("a", 1, Above(0))
	if o := outcome(t, l, "C5"); o.Verdict != Holds {
		t.Errorf("checked at the paper's scale: verdict %q, want %q", o.Verdict, Holds)
	}
}

// green records what makes every claim of paper green.
func green(l *Ledger) {
	l.Claim("C1").Check("a", 1.23456789e-13, Within(0, 1e-12)).Control("b", 1, Within(0, 1e-12))
	l.Claim("C2").Check("slope", -1.0003, Within(-1, 0.02)).Control("margins shrunk", -0.9, Within(-1, 0.02)).Note("A note.")
	l.Claim("C3").CheckAll("gap", []float64{0, 1e-14}, AtMost(1e-9))
	l.Claim("C4").CheckAll("ratio", []float64{0.2, 0.5}, AtMost(1)).ControlAll("b halved", []float64{0.4, math.Inf(1)}, AtMost(1)).CounterExample("b = 1/2", 2, AtMost(1))
}

func TestClose(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	green(l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := Load(filepath.Join(dir, "claims.json"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Summary(), "5 claims: 3 hold, 1 corrected, 1 paper scale"; got != want {
		t.Errorf("Summary() = %q, want %q", got, want)
	}
	if r.Claims[0].Checks[0].Measured != 1.23457e-13 {
		t.Errorf("measured %v, want six significant digits", r.Claims[0].Checks[0].Measured)
	}
	if c := r.Claims[3].Controls[0]; !math.IsInf(float64(c.Measured), 1) || c.Holds {
		t.Errorf("control %+v, want +Inf, failing", c)
	}
	if *r.Claims[1].Reported != "0.98" || r.Claims[1].Note != "A note." || r.Claims[0].Reported != nil {
		t.Errorf("reported and note were lost: %+v", r.Claims[1])
	}
	if diff := Diff(r, r, 0); len(diff) != 0 {
		t.Errorf("Diff of a record with itself: %v", diff)
	}
}

func TestCloseNamesRedClaims(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	l.Claim("C1").Check("a", 7, Within(0, 1)).Control("b", 8, Within(0, 1))
	l.Claim("C2").Check("slope", -1, Within(-1, 0.02))
	err := l.Close()
	if err == nil {
		t.Fatal("Close() of a red ledger gives no error")
	}
	for _, want := range []string{"4 of the 5 claims", "C1 fails: a is 7", "C2 is vacuous", "C3 is not checked", "C4 is not checked"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error %q does not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "C5") {
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
		green(open(t, dir))
		l := open(t, dir)
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

func TestMisuseInOneProcess(t *testing.T) {
	t.Parallel()
	zero := Within(0, 1e-12)
	for name, f := range map[string]func(l *Ledger){
		`no claim "C7"`:        func(l *Ledger) { l.Claim("C7") },
		"Did you mean C1":      func(l *Ledger) { l.Claim("C11") },
		"it has C1, C2":        func(l *Ledger) { l.Claim("") },
		"is recorded twice":    func(l *Ledger) { l.Claim("C1").Check("a", 0, zero).Control("a", 1, zero) },
		"without a name":       func(l *Ledger) { l.Claim("C1").Check("", 0, zero) },
		"no rule":              func(l *Ledger) { l.Claim("C1").Check("a", 0, Rule{}) },
		"cannot fail":          func(l *Ledger) { l.Claim("C1").Check("a", 0, AtMost(math.Inf(1))) },
		"negative tolerance":   func(l *Ledger) { l.Claim("C1").Control("a", 0, Within(0, -1)) },
		"set Printed":          func(l *Ledger) { l.Claim("C1").CounterExample("a", 1, zero) },
		"empty note":           func(l *Ledger) { l.Claim("C1").Note(" \n") },
		"cannot write the led": func(l *Ledger) { os.RemoveAll(l.dir); l.Claim("C1").Check("a", 0, zero) },
	} {
		l := open(t, filepath.Join(t.TempDir(), "ledger"))
		if got := fmt.Sprint(panicOf(func() { f(l) })); !strings.Contains(got, name) {
			t.Errorf("panic %q, want it to say %q", got, name)
		}
	}
}

func panicOf(f func()) (panicked any) {
	defer func() { panicked = recover() }()
	f()
	return nil
}
