package claim

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// showcase records what the tables are to show.
func showcase(t *testing.T) *Ledger {
	t.Helper()
	l := memory(t)
	passAll(l)
	c := l.Part("more").Claim("C1")
	c.CheckAll("largest $|x_i|$", []float64{1e-7, 1.2e-7}, AtMost(1)).Because("$\\|x\\|$ has no scale").Control("without (A1)", 614810000000, 8e11)
	c.Bound("ratio", 0.75, AtMost(1), 2).Because(why).ControlSome("far", 0.5, 3)
	c.Check("error", 1e-16, RoundOff(1e-12)).Control("wrong", 1)
	l.Part("more").Claim("C2").Converges("limit", []float64{2, 1.1, 1.05}, 1, 0.2, 2).Control("another", 3, 3)
	return l
}

func TestTableCheckByCheck(t *testing.T) {
	t.Parallel()
	table := showcase(t).Table("C1", "C2", "C4")
	rows := strings.Split(strings.TrimSuffix(table, "\n"), "\n")
	want := []string{
		"| Claim | Measured (expected) | Control, which must fail | Reported | Verdict |",
		"| --- | --- | --- | --- | --- |",
		"| **C1** | a: 1 (within 0.1 of 1) | b: 2 | 0.98 | holds |",
		`|  | largest $\vert x_i\vert $: $1.2\cdot10^{-7}$ (at most 1; worst of 2)<br>slack $8.3\cdot10^{6}$ times, because $\Vert x\Vert $ has no scale | without (A1): $6.148\cdot10^{11}$ (each of 2; the nearest) |  |  |`,
		"|  | ratio: 0.75 (at most 1)<br>slack 33 %, because it is all that one can ask | constant 2 times smaller: 0.75 (at most 0.5)<br>far: 3 (some of 2) |  |  |",
		`|  | error: $10^{-16}$ (0 up to round-off, $10^{-12}$) | wrong: 1 |  |  |`,
		"| **C2** | a: 1 (within 0.1 of 1) | b: 2 | – | holds |",
		"|  | limit: 1.1, contraction 0.5 (converges to 1, tail within 0.2) | another: 3, contraction 1 |  |  |",
		"| **C4** | a: 1 (within 0.1 of 1) | b: 2 | – | corrected |",
		`|  | as printed: $a \le b$ | c: 3 (at most 2) |  |  |`,
	}
	for i := range max(len(rows), len(want)) {
		got, expected := "", ""
		if i < len(rows) {
			got = rows[i]
		}
		if i < len(want) {
			expected = want[i]
		}
		if got != expected {
			t.Errorf("row %d\n%s\nwant\n%s", i, got, expected)
		}
	}
}

func TestTableOfAllHasStatements(t *testing.T) {
	t.Parallel()
	l := showcase(t)
	l.Part("red").Claim("C8").Check("a|b", 7, Within(1, 0.1)).Control("c", 9)
	l.Part("kept").Claim("C7").Kept("Measured on a GPU.")
	table := l.Table()
	for _, want := range []string{
		`| **C1** | *Both sides.* $a = b$ ((1); read in the paper) |`,
		`| **C5** | *Proof.* $a \le b^2$ (Lemma 5; reconstructed by us) |`, "| slip |", "| evidence |",
		`**fails**: a\|b is 7, expected within 0.1 of 1`, "<br>Measured on a GPU.",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("the table does not say %q:\n%s", want, table)
		}
	}
	columns := 0
	for row := range strings.Lines(table) {
		n := strings.Count(strings.ReplaceAll(row, `\|`, ""), "|")
		if columns == 0 {
			columns = n
		}
		if n != columns {
			t.Errorf("%d bars, want %d: %s", n, columns, row)
		}
	}
	if numeral := regexp.MustCompile(`\d[eE][-+]?\d|\d{7,}`).FindString(table); numeral != "" {
		t.Errorf("a number in another form: %q", numeral)
	}
	if got := panicOf(func() { l.Table("C1", "X") }); got == nil {
		t.Error("Table of an unknown claim does not panic")
	}
	if got := memory(t).Table("C3"); !strings.Contains(got, "| **C3** | – | – | **not checked**: no check was recorded |") {
		t.Errorf("a claim that was not checked:\n%s", got)
	}
}

func TestCell(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"‖S‖_*, ‖L‖_*":            `‖S‖\_\*, ‖L‖\_\*`, // no emphasis between them
		`$\|W\|_F \le |a|$`:       `$\Vert W\Vert _F \le \vert a\vert $`,
		`$\left|x\right|$ a|b`:    `$\left\vert x\right\vert $ a\|b`,
		`$\{x\}$ costs \$3 | $y$`: `$\lbrace x\rbrace $ costs \$3 \| $y$`,
		"two\nlines":              "two lines",
		`$a<b$ <br>`:              `$a\lt b$ <br>`,
		`$\langle a,\,b\rangle$`:  `$\langle a,\thinspace b\rangle$`,
		`already \| escaped`:      `already \| escaped`,
	} {
		if got := Cell(in); got != want {
			t.Errorf("Cell(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestBox(t *testing.T) {
	t.Parallel()
	p := loaded(t)
	for id, want := range map[string]string{
		"C2": "> **Claim C2 (Slope).** $\\log a \\sim -k$\n>\n> <small>Theorem 1; known second-hand.</small>\n",
		"C5": "> **Claim C5 (Proof).** $a \\le b^2$\n>\n> Printed (slip here): $a \\le b$\n>\n> <small>Lemma 5; reconstructed by us.</small>\n",
		"C6": "> **Claim C6 (Never).** $a \\to 0$ is not reached\n>\n> <small>Figure 1; reconstructed by us; a run can support it, not test it.</small>\n",
		"C7": "> **Claim C7 (Order).** $a \\gt  b$\n>\n> <small>Figure 5; read in the paper; at the paper's scale.</small>\n",
		"C3": "> **Claim C3 (Gap).** the gap is $0$ and costs \\$5\n>\n> <small>section 2; ours.</small>\n",
	} {
		s, err := p.find(id)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Box(); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", id, got, want)
		}
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	l := showcase(t)
	r, err := l.Record()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Summary(), "7 claims of the paper: 3 hold, 1 evidence, 1 corrected, 1 slip, 1 paper scale; 1 of ours: 1 holds"; got != want {
		t.Errorf("Summary() = %q, want %q", got, want)
	}
	c := Count(r, r)
	if c.Paper[Holds] != 6 || c.Paper[Slip] != 2 || c.Ours[Holds] != 2 || c.Paper[Fails] != 0 || c.Checks != 2*12 || c.Controls != 2*13 {
		t.Errorf("%+v", c)
	}
	if want := map[Known]int{Read: 8, SecondHand: 2, Reconstructed: 4, Ours: 2}; !maps.Equal(c.Known, want) {
		t.Errorf("known %v, want %v", c.Known, want)
	}
	b, err := json.Marshal(Count(r))
	if err != nil || !strings.Contains(string(b), `"ours":{"corrected":0,"evidence":0,"fails":0,"holds":1,"not checked":0,`) {
		t.Errorf("%s, %v", b, err)
	}
	if got := (&Record{}).Summary(); got != "no claims" {
		t.Errorf("Summary of nothing: %q", got)
	}
}

func TestDiffOfClaims(t *testing.T) {
	t.Parallel()
	records := make([]*Record, 2)
	for i := range records {
		l := memory(t)
		passAll(l)
		records[i], _ = l.Record()
	}
	records[1].Claims[1].Verdict = Fails
	records[0].Claims = append(records[0].Claims, Outcome{ID: "D6"})
	records[1].Claims = append(records[1].Claims, Outcome{ID: "D7"})
	got := strings.Join(Diff(records[0], records[1], 0), "; ")
	if want := "C2: holds in the first, fails in the second; D6 is only in the first; D7 is only in the second"; got != want {
		t.Errorf("Diff = %q, want %q", got, want)
	}
	records[1].Paper.Key = "other"
	if len(Diff(records[0], records[1], 0)) != 1 {
		t.Error("Diff does not see that the papers differ")
	}
}

func TestDiffOfChecks(t *testing.T) {
	t.Parallel()
	record := func(change func(l *Ledger, c *Claim)) *Record {
		l := memory(t)
		c := l.Part("cell").Claim("C1")
		c.Check("a", 1, Within(1, 0.1)).Control("b", 2)
		c.Check("noise", 3e-16, RoundOff(1e-12)).Control("wrong", 1)
		change(l, c)
		r, err := l.Record()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	z := func(x float64, rule Rule, control float64) func(*Ledger, *Claim) {
		return func(_ *Ledger, c *Claim) { c.Check("z", x, rule).Because(why).Control("y", control) }
	}
	base := record(z(0.5, AtMost(1), 2))
	for _, test := range []struct {
		name  string
		other *Record
		want  string
	}{
		{"nothing", record(z(0.5, AtMost(1), 2)), ""},
		{"the sixth digit", record(z(0.500004, AtMost(1), 2.00001)), ""},
		{"a value", record(z(0.51, AtMost(1), 2)), `C1: the check "z" measured 0.5 in the first, 0.51 in the second`},
		{"a value that is red", record(z(1.5, AtMost(1), 2)), "C1: holds in the first, fails in the second"},
		{"no value", record(z(0.5, AtMost(1), 1/zeroFloat)), `control "y" of "z" measured 2 in the first, +∞ in the second`},
		{"a control's value", record(z(0.5, AtMost(1), 2.1)), `C1: the control "y" of "z" measured 2 in the first, 2.1 in the second`},
		{"a bound", record(z(0.5, AtMost(1.1), 2)), `C1: the rule of "z" is "at most 1" in the first, "at most 1.1" in the second`},
		{"a rule", record(z(0.5, Below(1), 2)), `is "at most 1" in the first, "below 1" in the second`},
		{"a check less", record(func(*Ledger, *Claim) {}), `C1: the check "z" is only in the first`},
		{"a control more", record(func(_ *Ledger, c *Claim) {
			c.Check("z", 0.5, AtMost(1)).Because(why).Control("y", 2).Control("x", 3)
		}), `C1: the control "x" of "z" is only in the second`},
		{"another reason", record(func(_ *Ledger, c *Claim) { c.Check("z", 0.5, AtMost(1)).Because("so").Control("y", 2) }), `the reason of "z" is not the same`},
		{"some instead of each", record(func(_ *Ledger, c *Claim) { c.Check("z", 0.5, AtMost(1)).Because(why).ControlSome("y", 2) }), "all instances must fail in one, some in the other"},
		{"a factor", record(func(_ *Ledger, c *Claim) { c.Bound("z", 0.5, AtMost(1), 4).Because(why).Control("y", 2) }), `"at most 1, broken when 4 times sharper" in the second`},
	} {
		got := strings.Join(Diff(base, test.other, 1e-5), "\n")
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		back := Diff(test.other, base, 1e-5)
		if len(back) != len(Diff(base, test.other, 1e-5)) {
			t.Errorf("%s: %d differences one way, %v the other", test.name, strings.Count(got, "\n")+1, back)
		}
	}
	other := record(func(_ *Ledger, c *Claim) { z(0.5, AtMost(1), 2)(nil, c) })
	other.Claims[0].Checks[1].Measured = 7e-16 // round-off is noise
	if got := Diff(base, other, 1e-5); len(got) != 0 {
		t.Errorf("noise: %v", got)
	}
	other.Claims[0].Checks[1].Measured = 2e-12 // but not beyond its tolerance
	if got := Diff(base, other, 1e-5); len(got) != 1 {
		t.Errorf("noise that breaks its rule: %v", got)
	}
	other = record(z(0.7, AtMost(1), 3))
	other.Run.Seed = 2
	if got := strings.Join(Diff(base, other, 0), "\n"); !strings.Contains(got, "seed 2: measured values are not compared") || strings.Contains(got, "0.7") {
		t.Errorf("another seed: %s", got)
	}
	if got := DiffVerdicts(base, other); len(got) != 0 {
		t.Errorf("verdicts at another seed: %v", got)
	}
	other = record(z(0.5, AtMost(1), 2))
	other.Claims[2].Known = Read
	if got := strings.Join(Diff(base, other, 0), "\n"); got != "C3: the statement is not the same in both" {
		t.Errorf("another statement: %s", got)
	}
	if got := strings.Join(base.Slacks(), "\n"); got != `C1: the slack of "a" is 0.1 (1, within 0.1 of 1)
C1: the slack of "noise" is 3330 (3·10⁻¹⁶, 0 up to round-off, 10⁻¹²)
C1: the slack of "z" is 1 (0.5, at most 1)` {
		t.Errorf("Slacks:\n%s", got)
	}
}

var zeroFloat float64

func TestToleranceOfBackends(t *testing.T) {
	t.Parallel()
	if !(Tolerance("go") < Tolerance("xla cpu") && Tolerance("xla cpu") < Tolerance("xla cuda") && Tolerance("") == Tolerance("a plugin")) {
		t.Error("tolerances are not in the order of what the backends promise")
	}
}

func TestFilesAreWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := Open(loaded(t), dir, quick())
	if err != nil {
		t.Fatal(err)
	}
	passAll(l)
	if err := os.Mkdir(filepath.Join(dir, recordFile), 0o755); err != nil { // where the file should be
		t.Fatal(err)
	}
	if err := l.Close(); err == nil || !strings.Contains(err.Error(), "writing claims.json") {
		t.Errorf("Close() = %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
	if err := memory(t).Close(); err == nil || !strings.Contains(err.Error(), "C1 is not checked") {
		t.Errorf("closing an empty ledger in memory: %v", err)
	}
}
