package claim

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRecordShape reads claims.json as another program would.
func TestRecordShape(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := Open(loaded(t), dir, quick())
	if err != nil {
		t.Fatal(err)
	}
	passAll(l)
	c := l.Part("more").Claim("C1")
	c.CheckAll("slope", []float64{-1, -1.0123456789}, SlopeOf(-1, -0.5, -2)).Because(why).Control("flat", 0, -0.1).ControlSome("some", -1, -3)
	c.Bound("ratio", 0.75, AtMost(1), 2).Because(why)
	c.Check("count", 0, Exactly(0)).Control("wrong", 4)
	c.Note("A note.")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "claims.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Paper  map[string]any
		Claims []map[string]any
	}
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	if r.Paper["read"] != "all" || r.Claims[0]["known"] != "read" || r.Claims[0]["note"] != "A note." || r.Claims[0]["reported"] != "0.98" {
		t.Errorf("paper %v, claim %v", r.Paper, r.Claims[0])
	}
	if _, old := r.Claims[0]["controls"]; old {
		t.Error("the claim has controls of its own")
	}
	got, _ := json.Marshal(r.Claims[0]["checks"].([]any)[1:])
	want := `[{"because":"it is all that one can ask","controls":[` +
		`{"high":-0.75,"holds":false,"low":-1.25,"measured":-0.1,"name":"flat","of":2},` +
		`{"high":-0.75,"holds":false,"low":-1.25,"measured":-3,"name":"some","of":2,"some":true}],` +
		`"expected":"slope −1 within 0.25, told apart from −0.5 and −2","high":-0.75,"holds":true,"low":-1.25,"measured":-1.01235,"name":"slope","of":2,` +
		`"rivals":[-0.5,-2],"rule":"slope","slack":0.235,"target":-1,"tolerance":0.25},` +
		`{"because":"it is all that one can ask","controls":[` +
		`{"high":0.5,"holds":false,"measured":0.75,"name":"constant 2 times smaller","sharp":true}],` +
		`"expected":"at most 1","factor":2,"high":1,"holds":true,"measured":0.75,"name":"ratio","rule":"at most","slack":0.333},` +
		`{"controls":[{"high":0,"holds":false,"low":0,"measured":4,"name":"wrong"}],` +
		`"expected":"exactly 0","high":0,"holds":true,"low":0,"measured":0,"name":"count","rule":"exactly","target":0}]`
	if string(got) != want {
		t.Errorf("checks\n%s\nwant\n%s", got, want)
	}
	again := t.TempDir()
	m, err := Open(loaded(t), again, quick())
	if err != nil {
		t.Fatal(err)
	}
	lines, err := l.read()
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range lines {
		m.append(rec)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if other, _ := os.ReadFile(filepath.Join(again, "claims.json")); !bytes.Equal(b, other) {
		t.Error("two equal runs wrote different files")
	}
}

// TestRoundingKeepsVerdicts: a number close to its bound keeps the digits that decide.
func TestRoundingKeepsVerdicts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		x    float64
		rule Rule
	}{
		{1 + 5e-10, Within(1, 1e-9)}, {1 + 5e-8, Within(1, 1e-9)}, {1.0000000001, AtMost(1)}, {0.9999999999, Below(1)}, {1.0000000001, Above(1)},
		{math.Nextafter(1, 2), AtMost(1)}, {1e-320, Above(0)}, {0.3, AtLeast(0.3)},
	} {
		e := newEntry("a", test.x, 1, test.rule, 0)
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back Entry
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if e.Holds != test.rule.Holds(test.x) || len(back.edited()) != 0 {
			t.Errorf("%v, %v: %s; %v", test.x, test.rule, b, back.edited())
		}
	}
}

func TestEditedLedgers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := Open(loaded(t), dir, quick())
	if err != nil {
		t.Fatal(err)
	}
	passAll(l)
	c := l.Part("more").Claim("C1")
	c.Bound("ratio", 0.75, AtMost(1), 2).Because(why)
	c.Check("bad", 7, SlopeOf(1, 2)).Control("worse", 9)
	l.Part("more").Claim("C2").Check("loose", 0.5, AtMost(1)).Control("one", 2).Because(why)
	if err := l.Close(); err == nil {
		t.Fatal("a failing check closes green")
	}
	path := filepath.Join(dir, "claims.json")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err != nil {
		t.Fatalf("the ledger as it was written: %v", err)
	}
	for _, test := range []struct{ old, new, want string }{
		{`"verdict": "fails"`, `"verdict": "holds"`, `C1: the verdict is "holds", but its numbers say "fails"`},
		{`"reason": "bad is 7`, `"reason": "bad is 6`, `C1: the reason is`},
		{`"rivals": [` + "\n      2\n", `"rivals": [` + "\n      20\n", `C1: "bad" has the tolerance 0.5, but its rivals make it 9.5`},
		{`"measured": 9`, `"measured": 1`, `C1: holds of control "worse" of "bad" is false, but 1 satisfies`},
		{`"measured": 7,`, `"measured": 1,`, `C1: holds of "bad" is false, but 1 satisfies "slope 1`},
		{`"high": 1.5,`, `"high": 15,`, `has the bounds`},
		{`"factor": 2,`, `"factor": 3,`, `control "constant 2 times smaller" has not the bounds of its check`},
		{`"factor": 2,`, ``, `names no factor`},
		{`"slack": 0.333`, `"slack": 0.1`, `the slack of "ratio"`},
		{`"expected": "at most 1"`, `"expected": "at most 0.8"`, `expects "at most 0.8" in words`},
		{`"because": "it is all that one can ask"`, `"because": ""`, `C2: the verdict is "holds", but its numbers say "vacuous"`},
		{`"rule": "at most"`, `"rule": "at best"`, `unknown rule "at best"`},
		{`"known": "second-hand"`, `"known": ""`, `C2: known is "", which is none of [read`},
	} {
		if !bytes.Contains(whole, []byte(test.old)) {
			t.Errorf("%q is not in the ledger:\n%s", test.old, whole)
			continue
		}
		text := bytes.Replace(whole, []byte(test.old), []byte(test.new), 1)
		if strings.Contains(test.want, "C2: the verdict") { // the second reason
			text = bytes.ReplaceAll(whole, []byte(test.old), []byte(test.new))
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "was edited") {
			t.Errorf("%s made %s: error %v, want it to say %q", test.old, test.new, err, test.want)
		}
	}
}
