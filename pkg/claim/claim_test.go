package claim

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
)

var parsed = sync.OnceValues(func() (Paper, error) { return ParsePaper([]byte(paperFile)) })

func loaded(t testing.TB) Paper {
	t.Helper()
	p, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// memory opens a ledger in memory.
func memory(t testing.TB) *Ledger {
	t.Helper()
	l, err := Open(loaded(t), "", quick())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

const why = "it is all that one can ask"

// pass records what makes any claim of loaded green.
func pass(l *Ledger, part, id string) {
	c := l.Part(part).Claim(id)
	c.Check("a", 1, Within(1, 0.1)).Control("b", 2)
	if s, _ := l.paper.find(id); s.Printed != "" {
		c.CounterExample("c", 3, AtMost(2))
	}
}

func passAll(l *Ledger) {
	for _, s := range l.paper.Statements {
		pass(l, "cell "+s.ID, s.ID)
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	falling := []float64{2, 1.5, 1.25, 1.125, 1.0625, 1.03125}
	for _, test := range []struct {
		name, id string
		record   func(c *Claim)
		want     Verdict
		reason   string
	}{
		{"nothing", "C1", func(c *Claim) {}, NotChecked, "no check"},
		{"checked and controlled", "C1", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)).Control("b", 2) }, Holds, ""},
		{"refuted", "C1", func(c *Claim) { c.Check("a", 2, Within(1, 0.1)).Control("b", 3) }, Fails, "a is 2, expected within 0.1 of 1"},
		{"NaN", "C1", func(c *Claim) { c.Check("a", nan, Within(1, 0.1)).Control("b", 3) }, Fails, "a is NaN"},
		{"infinite check", "C1", func(c *Claim) { c.Check("a", inf, AtLeast(1)).Because(why).Control("b", 0) }, Fails, "a is ∞"},
		{"no control", "C2", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)) }, Vacuous, `check "a" has no control`},
		{"one of two without", "C2", func(c *Claim) {
			c.Check("a", 1, Within(1, 0.1)).Control("b", 3)
			c.Check("z", 1, Within(1, 0.1))
		}, Vacuous, `check "z" has no control`},
		{"no control of a certificate", "C3", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)) }, Vacuous, "has no control"},
		{"no control of an observation", "C8", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)) }, Vacuous, "has no control"},
		{"control passes", "C1", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)).Control("b", 1.05) }, Vacuous, `control "b" of "a" was to fail, but 1.05 satisfies "within 0.1 of 1"`},
		{"control NaN", "C1", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)).Control("b", nan) }, Vacuous, "measured NaN and so tested nothing"},
		{"control infinite", "C1", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)).Control("b", inf) }, Vacuous, "measured +∞ and so tested nothing"},
		{"control of no instance", "C1", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)).Control("b") }, Vacuous, "measured NaN"},
		{"every instance fails", "C1", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)).Control("b", 2, 0, 3) }, Holds, ""},
		{"one instance passes", "C1", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)).Control("b", 2, 1, 3) }, Vacuous, "but 1 satisfies"},
		{"one instance is infinite", "C1", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)).Control("b", 2, inf, 3) }, Vacuous, "measured +∞"},
		{"some instance fails", "C1", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)).ControlSome("b", 1, 1.05, 3) }, Holds, ""},
		{"no instance fails", "C1", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)).ControlSome("b", 1, 1.05) }, Vacuous, "was to fail"},
		{"some is NaN", "C1", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)).ControlSome("b", 3, nan) }, Vacuous, "measured NaN"},
		{"round-off without control", "C1", func(c *Claim) { c.Check("a", 1e-16, RoundOff(1e-12)) }, Vacuous, "none of the exact checks"},
		{"round-off and a count, one control", "C1", func(c *Claim) {
			c.Check("a", 1e-16, RoundOff(1e-12))
			c.Check("n", 0, Exactly(0)).Control("wrong formula", 3)
		}, Holds, ""},
		{"round-off with the control elsewhere", "C1", func(c *Claim) {
			c.Check("a", 1e-16, RoundOff(1e-12))
			c.Check("z", 1, Within(1, 0.1)).Control("b", 3)
		}, Vacuous, "none of the exact checks"},
		{"bound from both sides", "C1", func(c *Claim) { c.Bound("a", 0.9, AtMost(1), 1.25) }, Holds, ""},
		{"bound not tight", "C1", func(c *Claim) { c.Bound("a", 0.7, AtMost(1), 1.25) }, Vacuous, `control "constant 1.25 times smaller" of "a" was to fail, but 0.7 satisfies "at most 0.8"`},
		{"lower bound", "C1", func(c *Claim) { c.Bound("a", 1.1, AtLeast(1), 1.25) }, Holds, ""},
		{"lower bound not tight", "C1", func(c *Claim) { c.Bound("a", 1.3, AtLeast(1), 1.25) }, Vacuous, "1.25 times larger"},
		{"bound by 2 without a reason", "C1", func(c *Claim) { c.Bound("a", 0.7, AtMost(1), 2) }, Vacuous, `check "a" could be off by a fifth unnoticed`},
		{"bound by 2 with a reason", "C1", func(c *Claim) { c.Bound("a", 0.7, AtMost(1), 2).Because(why) }, Holds, ""},
		{"worst of a bound", "C1", func(c *Claim) { c.BoundAll("a", []float64{0.1, 0.9}, AtMost(1), 1.25) }, Holds, ""},
		{"broken bound", "C1", func(c *Claim) { c.BoundAll("a", []float64{0.1, 1.1}, AtMost(1), 1.25) }, Fails, "a is 1.1"},
		{"one side without a reason", "C1", func(c *Claim) { c.Check("a", 0.9, AtMost(1)).Control("b", 2) }, Vacuous, "say with Because why"},
		{"one side with a reason", "C1", func(c *Claim) { c.Check("a", 0.9, AtMost(1)).Control("b", 2).Because(why) }, Holds, ""},
		{"wide tolerance", "C1", func(c *Claim) { c.Check("a", 1, Within(1, 0.21)).Control("b", 2) }, Vacuous, "off by a fifth"},
		{"tolerance about 0", "C1", func(c *Claim) { c.Check("a", 0, Within(0, 1e-3)).Control("b", 2) }, Vacuous, "off by a fifth"},
		{"wide interval", "C1", func(c *Claim) { c.Check("a", 1, Between(0.5, 1.5)).Control("b", 2) }, Vacuous, "off by a fifth"},
		{"narrow interval", "C1", func(c *Claim) { c.Check("a", 1, Between(0.9, 1.1)).Control("b", 2) }, Holds, ""},
		{"slope", "C2", func(c *Claim) { c.Check("a", -2.1, SlopeOf(-2, -1.5, -3)).Control("b", -1.5, -3) }, Holds, ""},
		{"slope of a rival", "C2", func(c *Claim) { c.Check("a", -1.5, SlopeOf(-2, -1.5, -3)).Control("b", -2) }, Fails, "told apart from −1.5 and −3"},
		{"converges", "C2", func(c *Claim) {
			c.Converges("a", falling, 1, 0.2, 3).Control("another limit", 1, 2, 3, 3, 3)
		}, Holds, ""},
		{"in the tail, but away", "C2", func(c *Claim) {
			c.Converges("a", []float64{1.01, 1.02, 1.04, 1.08}, 1, 0.2, 4).Control("b", falling...)
		}, Fails, "contraction 2"},
		{"fell by half", "C2", func(c *Claim) { c.Converges("a", []float64{8, 4, 2, 1.5}, 1, 0.2, 3).Control("b", 9, 9) }, Fails, "a is 4"},
		{"control converges too", "C2", func(c *Claim) { c.Converges("a", falling, 1, 0.2, 3).Control("b", falling...) }, Vacuous, "contraction 0.5 satisfies"},
		{"control sequence too short", "C2", func(c *Claim) { c.Converges("a", falling, 1, 0.2, 3).Control("b", 3, 3) }, Vacuous, "measured NaN"},
		{"corrected", "C4", func(c *Claim) {
			c.Check("a", 1, Within(1, 0.1)).Control("b", 2)
			c.CounterExample("c", 3, AtMost(2))
		}, Corrected, ""},
		{"slip", "C5", func(c *Claim) {
			c.Check("a", 1, Within(1, 0.1)).Control("b", 2)
			c.CounterExample("c", 3, AtMost(2))
		}, Slip, ""},
		{"not refuted", "C5", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)).Control("b", 2) }, Vacuous, "as printed was not refuted"},
		{"counter-example that is none", "C4", func(c *Claim) {
			c.Check("a", 1, Within(1, 0.1)).Control("b", 2)
			c.CounterExample("c", 1, AtMost(2))
		}, Vacuous, `counter-example "c" was to fail`},
		{"infinite counter-example", "C4", func(c *Claim) {
			c.Check("a", 1, Within(1, 0.1)).Control("b", 2)
			c.CounterExample("c", inf, AtMost(2))
		}, Vacuous, "refutes nothing"},
		{"counter-example against NaN", "C4", func(c *Claim) {
			c.Check("a", 1, Within(1, 0.1)).Control("b", 2)
			c.CounterExample("c", 1, AtMost(nan))
		}, Vacuous, "a bound that is no number"},
		{"a counter-example is no control", "C4", func(c *Claim) {
			c.Check("a", 1, Within(1, 0.1))
			c.CounterExample("c", 3, AtMost(2))
		}, Vacuous, "has no control"},
		{"evidence", "C6", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)).Control("b", 2) }, Evidence, ""},
		{"evidence against", "C6", func(c *Claim) { c.Check("a", 2, Within(1, 0.1)).Control("b", 3) }, Fails, "a is 2"},
		{"paper scale", "C7", func(c *Claim) {}, PaperScale, ""},
		{"kept from the paper's scale", "C7", func(c *Claim) {
			c.Check("a", 1, Within(1, 0.1)).Control("b", 2)
			c.Kept("measured at scale paper")
		}, PaperScale, ""},
		{"kept and refuted", "C7", func(c *Claim) { c.Check("a", 2, Within(1, 0.1)).Control("b", 3) }, Fails, "a is 2"},
		{"kept and vacuous", "C7", func(c *Claim) { c.Check("a", 1, Within(1, 0.1)) }, Vacuous, "has no control"},
	} {
		l := memory(t)
		test.record(l.Part("cell").Claim(test.id))
		o := outcome(t, l, test.id)
		if o.Verdict != test.want || !strings.Contains(o.Reason, test.reason) || o.Verdict.Red() != (o.Reason != "") {
			t.Errorf("%s: %q (%s), want %q with a reason that says %q", test.name, o.Verdict, o.Reason, test.want, test.reason)
		}
	}
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	one := Within(1, 0.1)
	for want, f := range map[string]func(c *Claim){
		"is recorded twice":                   func(c *Claim) { c.Check("a", 1, one); c.Check("a", 1, one) },
		`"b" is recorded twice`:               func(c *Claim) { c.Check("a", 1, one).Control("b", 2).Control("b", 3) },
		`"the reason of a" is recorded twice`: func(c *Claim) { c.Check("a", 1, one).Because(why).Because(why) },
		"the text of a check: it is empty":    func(c *Claim) { c.Check(" ", 1, one) },
		"a dollar without its partner":        func(c *Claim) { c.Check("$a", 1, one) },
		"the text of a control: it is empty":  func(c *Claim) { c.Check("a", 1, one).Control("", 2) },
		"the text of a because: it is empty":  func(c *Claim) { c.Check("a", 1, one).Because("\n") },
		"no rule":                             func(c *Claim) { c.Check("a", 1, Rule{}) },
		"cannot fail":                         func(c *Claim) { c.Check("a", 1, AtMost(math.Inf(1))) },
		"round-off is at most 10⁻⁴":           func(c *Claim) { c.Check("a", 1, RoundOff(1)) },
		"name the slopes":                     func(c *Claim) { c.Check("a", 1, SlopeOf(1)) },
		"a rival is the law itself":           func(c *Claim) { c.Check("a", 1, SlopeOf(1, 2, 1)) },
		"use Claim.Converges":                 func(c *Claim) { c.Check("a", 1, Converges(1, 0.1)) },
		"want at least 2":                     func(c *Claim) { c.Converges("a", []float64{1, 1}, 1, 0.1, 1) },
		"the numbers are one sequence":        func(c *Claim) { c.Converges("a", []float64{1, 1}, 1, 0.1, 2).ControlSome("b", 1) },
		"is no bound":                         func(c *Claim) { c.Bound("a", 1, one, 2) },
		"must be positive":                    func(c *Claim) { c.Bound("a", -1, AtMost(0), 2) },
		"want a finite number above 1":        func(c *Claim) { c.Bound("a", 1, AtMost(1), 1) },
		"set printed":                         func(c *Claim) { c.CounterExample("a", 1, one) },
		"an empty note":                       func(c *Claim) { c.Note(" ") },
	} {
		if got := fmt.Sprint(panicOf(func() { f(memory(t).Part("cell").Claim("C1")) })); !strings.Contains(got, want) {
			t.Errorf("panic %q, want it to say %q", got, want)
		}
	}
	for want, f := range map[string]func(l *Ledger){
		"Did you mean C1":     func(l *Ledger) { l.Part("cell").Claim("C11") },
		"the name of a part":  func(l *Ledger) { l.Part("") },
		"cannot write the le": func(l *Ledger) { l.dir = "/nowhere/at/all"; pass(l, "cell", "C1") },
	} {
		if got := fmt.Sprint(panicOf(func() { f(memory(t)) })); !strings.Contains(got, want) {
			t.Errorf("panic %q, want it to say %q", got, want)
		}
	}
}

func TestParts(t *testing.T) {
	t.Parallel()
	l := memory(t)
	p := l.Part("C2")
	p.Claim("C3")
	p.Claim("C1")
	p.Claim("C3")
	if got := l.Part("C2").Claims(); !slices.Equal(got, []string{"C3", "C1"}) {
		t.Errorf("Claims() = %v", got)
	}
	if got := l.Part("other").Claims(); len(got) != 0 {
		t.Errorf("Claims() of a part that measured nothing = %v", got)
	}
	passAll(l)
	p.Stopped(errors.New("no convergence\nafter 10 steps"))
	r, err := l.Record()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range r.Claims {
		stopped := o.ID == "C1" || o.ID == "C2" || o.ID == "C3"
		if stopped != (o.Verdict == Fails) || stopped != strings.Contains(o.Reason, "its cell stopped: no convergence after 10 steps") {
			t.Errorf("%s: %s (%s)", o.ID, o.Verdict, o.Reason)
		}
	}
}
