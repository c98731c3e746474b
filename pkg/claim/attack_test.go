package claim

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Each of these tries to make a claim green that could not have failed, or has failed.

// mustBeRed records into C1, or the claim named, and fails if its verdict is green.
func mustBeRed(t *testing.T, id, reason string, record func(c *Claim)) {
	t.Helper()
	l := memory(t)
	record(l.Part("cell").Claim(id))
	if o := outcome(t, l, id); !o.Verdict.Red() || !strings.Contains(o.Reason, reason) {
		t.Errorf("%s: %s (%s), want red with a reason that says %q", id, o.Verdict, o.Reason, reason)
	}
}

func TestAttackBorrowedControl(t *testing.T) {
	t.Parallel()
	mustBeRed(t, "C1", `check "z" has no control`, func(c *Claim) {
		c.Check("a", 1, Within(1, 0.1)).Control("b", 2) // its control is not that of z
		c.Check("z", 0.5, AtMost(1)).Because(why)
	})
}

func TestAttackInfiniteControl(t *testing.T) {
	t.Parallel()
	zero := 0.0
	for _, x := range []float64{1 / zero, -1 / zero, math.Log(zero), math.Exp(1000), zero / zero} {
		for _, record := range []func(c *Claim){
			func(c *Claim) { c.Check("a", 0.5, AtMost(1)).Because(why).Control("b", x) },
			func(c *Claim) { c.Check("a", 0.5, AtMost(1)).Because(why).Control("b", 2, x, 3) },
			func(c *Claim) { c.Check("a", 0.5, AtMost(1)).Because(why).ControlSome("b", 2, x, 0.5) },
			func(c *Claim) { c.Converges("a", []float64{1.1, 1.05}, 1, 0.2, 2).Control("b", x, 2, 2) },
		} {
			mustBeRed(t, "C1", "tested nothing", record)
		}
	}
}

func TestAttackOneInstanceOfMany(t *testing.T) {
	t.Parallel()
	mustBeRed(t, "C1", "was to fail", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)).Control("b", 9, 9, 9, 0.95, 9) })
	mustBeRed(t, "C1", "was to fail", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)).Control("b", -9, 1.05, 9) }) // on both sides
}

func TestAttackLoopThatNeverRan(t *testing.T) {
	t.Parallel()
	var none []float64
	mustBeRed(t, "C1", "a is NaN", func(c *Claim) { c.CheckAll("a", none, Within(1, 0.1)).Control("b", 2) })
	mustBeRed(t, "C1", "a is NaN", func(c *Claim) { c.CheckAll("a", none, Exactly(0)).Control("b", 2) })
	mustBeRed(t, "C1", "a is NaN", func(c *Claim) { c.CheckAll("a", none, RoundOff(1e-9)).Control("b", 2) })
	mustBeRed(t, "C1", "a is NaN", func(c *Claim) { c.BoundAll("a", none, AtMost(1), 1.25) })
	mustBeRed(t, "C1", "a is NaN", func(c *Claim) { c.Converges("a", none, 1, 0.1, 2).Control("b", 5, 5) })
	mustBeRed(t, "C1", "tested nothing", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)).Control("b", none...) })
	mustBeRed(t, "C1", "tested nothing", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)).ControlSome("b", none...) })
}

// TestAttackForgiveness: the same name again, or other green checks, before or after the
// failing one, in one cell, in two cells and in two processes.
func TestAttackForgiveness(t *testing.T) {
	t.Parallel()
	red := func(l *Ledger, part, name string) {
		l.Part(part).Claim("C1").Check(name, 5, Within(1, 0.1)).Control("b", 2)
	}
	green := func(l *Ledger, part, name string) {
		l.Part(part).Claim("C1").Check(name, 1, Within(1, 0.1)).Control("b", 2)
	}
	for _, order := range [][]func(*Ledger, string, string){{red, green}, {green, red}, {green, red, green}, {green, green}} {
		for _, parts := range []string{"one one one", "one two three"} {
			for _, names := range []string{"a a a", "a z y"} {
				dir := t.TempDir()
				for i, record := range order {
					l, err := Open(loaded(t), dir, quick())
					if err != nil {
						t.Fatal(err)
					}
					l.process = "one"
					if i > 0 && parts == "one two three" {
						l.process = fmt.Sprint(i)
					}
					record(l, strings.Fields(parts)[i], strings.Fields(names)[i])
				}
				l, err := Open(loaded(t), dir, quick())
				if err != nil {
					t.Fatal(err)
				}
				r, misuse := l.Record()
				// Two checks with one name are red even where both hold.
				if want := len(order) == 2 && names == "a z y" && !slices.ContainsFunc(r.Claims[0].Checks, func(e Entry) bool { return !e.Holds }); want == r.Claims[0].Verdict.Red() {
					t.Errorf("parts %s, names %s: %s (%s)", parts, names, r.Claims[0].Verdict, r.Claims[0].Reason)
				}
				for _, c := range r.Claims[0].Checks {
					if len(c.Controls) != 1 {
						t.Errorf("parts %s, names %s: a check took another's control: %+v", parts, names, r.Claims[0].Checks)
					}
				}
				if twice := names == "a a a"; twice != (misuse != nil) {
					t.Errorf("parts %s, names %s: misuse %v", parts, names, misuse)
				}
			}
		}
	}
}

func TestAttackSecondTryWithoutAReader(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var l *Ledger
	for _, x := range []float64{5, 1} { // a cell that is run until it is green
		var err error
		if l, err = Open(loaded(t), dir, quick()); err != nil {
			t.Fatal(err)
		}
		l.Part("C1").Claim("C1").Check("a", x, Within(1, 0.1)).Control("b", 2)
	}
	r, err := l.Once().Record()
	if r.Claims[0].Verdict != Fails || err == nil || !strings.Contains(err.Error(), "part C1 was recorded twice, by two processes") {
		t.Errorf("%s, %v", r.Claims[0].Verdict, err)
	}
}

func TestAttackWideRoundOff(t *testing.T) {
	t.Parallel()
	for _, f := range []func(c *Claim){
		func(c *Claim) { c.Check("a", 0.3, RoundOff(0.5)) }, // to do without a control
		func(c *Claim) { c.Check("a", 0.3, RoundOff(math.Inf(1))) },
	} {
		if got := fmt.Sprint(panicOf(func() { f(memory(t).Part("cell").Claim("C1")) })); !strings.Contains(got, "round-off is at most") {
			t.Errorf("panic %q", got)
		}
	}
	mustBeRed(t, "C1", "expected 0 up to round-off", func(c *Claim) { c.Check("a", 0, RoundOff(math.NaN())).Control("b", 1) })
	mustBeRed(t, "C1", "none of the exact checks", func(c *Claim) { // two formulas of which one is the other's name
		c.CheckAll("a", []float64{0, 0}, RoundOff(1e-12))
		c.Check("n", 0, Exactly(0))
		c.Check("z", 1, Within(1, 0.1)).Control("b", 2)
	})
}

func TestAttackBoundThatCannotBreak(t *testing.T) {
	t.Parallel()
	mustBeRed(t, "C1", "was to fail", func(c *Claim) { c.Bound("a", 1e-9, AtMost(1), 1.25) })
	mustBeRed(t, "C1", "was to fail", func(c *Claim) { c.BoundAll("a", []float64{0, -3}, AtMost(1), 1.25) })
	mustBeRed(t, "C1", "off by a fifth", func(c *Claim) { c.Bound("a", 1e-9, AtMost(1), 1e300) })
	mustBeRed(t, "C1", "off by a fifth", func(c *Claim) { c.Check("a", 1e-9, AtMost(1)).Control("b", 2) })
	// A ratio that is 1 by construction is on its bound whatever the formula says.
	mustBeRed(t, "C1", "lies on its bound to the last digit", func(c *Claim) { c.BoundAll("a", []float64{1, 0.4, 0.1}, AtMost(1), 1.25) })
	for _, rule := range []Rule{AtMost(1), Below(1)} {
		for _, x := range []float64{math.Nextafter(1, 0), 1 - 9e-7} {
			mustBeRed(t, "C1", "is 1 up to 10⁻⁶", func(c *Claim) { c.BoundAll("a", []float64{x, 0.4}, rule, 1.25) })
		}
	}
	for _, rule := range []Rule{AtLeast(1), Above(1)} {
		mustBeRed(t, "C1", "is 1 up to 10⁻⁶", func(c *Claim) { c.Bound("a", 1+9e-7, rule, 1.25) })
	}
	for _, record := range []func(c *Claim){
		func(c *Claim) {
			c.Bound("a", math.Nextafter(1, 0), AtMost(1), 1.25).Because("equality is the theorem's case")
		},
		func(c *Claim) { c.Bound("a", 1-2e-6, AtMost(1), 1.25) },
		func(c *Claim) { c.Bound("a", 1.9999999, AtMost(2), 1.25) }, // no ratio
	} {
		l := memory(t)
		record(l.Part("cell").Claim("C1"))
		if o := outcome(t, l, "C1"); o.Verdict != Holds {
			t.Errorf("a number next to its bound: %s (%s)", o.Verdict, o.Reason)
		}
	}
}

func TestAttackWideRules(t *testing.T) {
	t.Parallel()
	for _, rule := range []Rule{Within(1, 0.9), Within(0, 1e-9), Between(-1, 100), AtLeast(1), Above(-1e9), SlopeOf(1, 100), SlopeOf(-1, -0.5, -2)} {
		mustBeRed(t, "C1", "off by a fifth", func(c *Claim) { c.Check("a", inside(rule), rule).Control("b", -1e12) })
	}
}

// inside returns a number that satisfies the rule.
func inside(r Rule) float64 {
	for _, x := range []float64{1, 0, -1, 2} {
		if r.Holds(x) {
			return x
		}
	}
	return math.NaN()
}

func TestAttackFellByHalf(t *testing.T) {
	t.Parallel()
	mustBeRed(t, "C1", "a is 2, contraction 0.5", func(c *Claim) { c.Converges("a", []float64{8, 4, 2, 1}, 0, 0.5, 2).Because(why).Control("b", 9, 9) })
	mustBeRed(t, "C1", "contraction 1", func(c *Claim) { c.Converges("a", []float64{0.3, 0.3, 0.3}, 0, 0.5, 3).Because(why).Control("b", 9, 9) })
}

// A sequence that is at its target from the start converged nowhere; one that comes to it did.
func TestAttackConstantSequence(t *testing.T) {
	t.Parallel()
	record := func(sequence []float64, tail int, because string) func(c *Claim) {
		return func(c *Claim) {
			k := c.Converges("a", sequence, 2, 0.1, tail).Control("b", 9, 9, 9, 9)
			if because != "" {
				k.Because(because)
			}
		}
	}
	mustBeRed(t, "C1", "nothing converged", record([]float64{2, 2, 2, 2}, 4, ""))
	mustBeRed(t, "C1", "nothing converged", record([]float64{3, 2, 2, 2}, 2, ""))
	for _, good := range []func(c *Claim){record([]float64{3, 2.05, 2, 2}, 3, ""), record([]float64{2, 2, 2, 2}, 2, "the method ends after one step")} {
		l := memory(t)
		good(l.Part("cell").Claim("C1"))
		if o := outcome(t, l, "C1"); o.Verdict != Holds {
			t.Errorf("a sequence that reaches its target: %s (%s)", o.Verdict, o.Reason)
		}
	}
}

// What underflows meets a tolerance of zero.
func TestAttackUnderflow(t *testing.T) {
	t.Parallel()
	tiny := 1e-200
	for _, rule := range []Rule{Within(0, 0), RoundOff(0), Within(4, 0)} {
		for _, f := range []func(c *Claim){
			func(c *Claim) { c.Check("a", tiny*tiny, rule) },
			func(c *Claim) { c.CheckAll("a", []float64{tiny * tiny}, rule) },
			func(c *Claim) { c.Converges("a", []float64{1, 0}, 0, 0, 2) },
		} {
			if got := fmt.Sprint(panicOf(func() { f(memory(t).Part("cell").Claim("C1")) })); !strings.Contains(got, "a tolerance of zero") {
				t.Errorf("%s: panic %q", rule, got)
			}
		}
		if got := fmt.Sprint(panicOf(func() { memory(t).Part("cell").Claim("C4").CounterExample("a", 1, rule) })); !strings.Contains(got, "a tolerance of zero") {
			t.Errorf("%s: counter-example: panic %q", rule, got)
		}
	}
}

func TestAttackCheckOfTheInfinite(t *testing.T) {
	t.Parallel()
	mustBeRed(t, "C1", "a is ∞", func(c *Claim) { c.Check("a", math.Inf(1), AtLeast(5)).Because(why).Control("b", 1) })
	mustBeRed(t, "C1", "a is −∞", func(c *Claim) { c.CheckAll("a", []float64{0, math.Inf(-1)}, AtMost(1)).Because(why).Control("b", 2) })
}

func TestAttackStoppedCell(t *testing.T) {
	t.Parallel()
	l := memory(t)
	p := l.Part("C1")
	p.Claim("C1").Check("the easy half", 1, Within(1, 0.1)).Control("b", 2)
	p.Stopped(errors.New("the hard half did not converge"))
	if o := outcome(t, l, "C1"); o.Verdict != Fails {
		t.Errorf("%s (%s)", o.Verdict, o.Reason)
	}
}

func TestAttackCounterExampleOfNothing(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"C4", "C5"} {
		for _, x := range []float64{1, math.NaN(), math.Inf(1)} {
			mustBeRed(t, id, "counter-example", func(c *Claim) {
				c.Check("a", 1, Within(1, 0.1)).Control("b", 2)
				c.CounterExample("c", x, AtMost(2))
			})
		}
	}
}

// TestAttackEditedLines edits ledger.jsonl between the cells and the end.
func TestAttackEditedLines(t *testing.T) {
	t.Parallel()
	for _, edit := range [][2]string{
		{`no such text`, ``},
		{`"measured":5,"rule":"within","low":0.9,"high":1.1,"target":1,"tolerance":0.1,"expected":"within 0.1 of 1","holds":false`,
			`"measured":5,"rule":"within","low":0.9,"high":1.1,"target":1,"tolerance":0.1,"expected":"within 0.1 of 1","holds":true`},
		{`"low":0.9,"high":1.1,"target":1`, `"low":0.9,"high":9,"target":1`},
		{`"high":1.1,"holds":false}`, `"high":1.5,"holds":false}`},
	} {
		dir := t.TempDir()
		l, err := Open(loaded(t), dir, quick())
		if err != nil {
			t.Fatal(err)
		}
		passAll(l)
		l.Part("red").Claim("C1").Check("z", 5, Within(1, 0.1)).Control("b", 2)
		path := filepath.Join(dir, ledgerFile)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		edited := bytes.ReplaceAll(b, []byte(edit[0]), []byte(edit[1]))
		if err := os.WriteFile(path, edited, 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := l.Record()
		if r.Claims[0].Verdict != Fails || bytes.Equal(b, edited) == (err != nil) {
			t.Errorf("%s: %s (%s), error %v", edit[1], r.Claims[0].Verdict, r.Claims[0].Reason, err)
		}
	}
}

// TestAttackEditedHolds says of a failing check that it holds. Nothing else contradicts that
// where the measured number is zero, which has no relative slack.
func TestAttackEditedHolds(t *testing.T) {
	t.Parallel()
	for _, x := range []float64{0, 5, -1e-300} {
		dir := t.TempDir()
		l, err := Open(loaded(t), dir, quick())
		if err != nil {
			t.Fatal(err)
		}
		l.Part("red").Claim("C1").Check("z", x, Within(1, 0.1)).Control("b", 2)
		path := filepath.Join(dir, ledgerFile)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		const text = `"expected":"within 0.1 of 1","holds":`
		edited := bytes.Replace(b, []byte(text+"false"), []byte(text+"true"), 1)
		if bytes.Equal(b, edited) {
			t.Fatalf("no %s in %s", text, b)
		}
		if err := os.WriteFile(path, edited, 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := l.Record()
		if o := r.Claims[0]; o.Verdict != Fails || !strings.Contains(o.Reason, `holds of "z" is true, but`) || err == nil {
			t.Errorf("%g: %s (%s), error %v", x, o.Verdict, o.Reason, err)
		}
	}
}

// TestAttackClaimsFile edits claims.json so that other programs would read it otherwise, or
// as the ledger of another paper.json.
func TestAttackClaimsFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := Open(loaded(t), dir, quick())
	if err != nil {
		t.Fatal(err)
	}
	passAll(l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, recordFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := Load(path); err != nil || r.Of(loaded(t)) != nil {
		t.Fatalf("as it was written: %v, %v", err, r.Of(loaded(t)))
	}
	const doubled = `{"name": "a", "measured": 1, "rule": "exactly", "low": 1, "high": 1, "target": 1, "expected": "exactly 1", "holds": true, "slack": 0},`
	for edit, want := range map[[2]string]string{
		{`"measured": 1,`, `"measured": 7, "Measured": 1,`}:    `unknown field "Measured"`,
		{`"measured": 1,`, `"measured": 7, "measured": 1,`}:    `field "measured" twice`,
		{`"checks": [` + "\n", `"checks": [` + doubled + "\n"}: `C1: "a" is recorded twice`,
		{`"evidence": true,`, ``}:                              `C6: the verdict is "evidence", but its numbers say "holds"`,
		{`"repair": "slip",`, `"repair": "corrected",`}:        `C5: the verdict is "slip", but its numbers say "corrected"`,
	} {
		if err := os.WriteFile(path, bytes.Replace(whole, []byte(edit[0]), []byte(edit[1]), 1), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", edit[1], err, want)
		}
	}
	for edit, want := range map[[2]string]string{
		{`"known": "second-hand"`, `"known": "read"`}:                                  "C2: the statement of the record is another",
		{`"evidence": true,` + "\n   \"verdict\": \"evidence\"", `"verdict": "holds"`}: "C6: the statement of the record is another",
		{`"read": "all"`, `"read": "most"`}:                                            "another line about the paper",
	} {
		text := bytes.Replace(whole, []byte(edit[0]), []byte(edit[1]), 1)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Of(loaded(t)); bytes.Equal(text, whole) || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", edit[1], err, want)
		}
	}
}
