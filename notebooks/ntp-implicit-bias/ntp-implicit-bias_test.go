package ntpimplicitbias

import (
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

// try runs C5 and returns what it records.
func try(t *testing.T) claim.Outcome {
	t.Helper()
	record, _, err := paper.Try(t.TempDir(), 1, C5)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range record.Claims {
		if o.ID == "C5" {
			return o
		}
	}
	t.Fatal("C5 is not in the record")
	return claim.Outcome{}
}

// "Change this and see": one dimension fewer than contexts leaves (4) solvable, and SH⁺ does
// not exist.
func TestFewerDimensions(t *testing.T) {
	as := lemmaDims
	defer func() { lemmaDims = as }()
	if o := try(t); o.Verdict != claim.Holds {
		t.Fatalf("C5 is %s: %s", o.Verdict, o.Reason)
	}
	lemmaDims = []int{7}
	o := try(t)
	if o.Verdict != claim.Fails || !o.Checks[0].Holds || o.Checks[1].Holds || !strings.Contains(o.Reason, "margin") {
		t.Errorf("with d = 7 < m: C5 is %s: %s", o.Verdict, o.Reason)
	}
}

// "Change this and see": shorter supports have fewer equations, and stay compatible with more
// contexts.
func TestShorterSupports(t *testing.T) {
	as, drawn := sweeps, draws
	defer func() { sweeps, draws = as, drawn }()
	sweeps, draws = sweeps[:1], 5
	note := func() string {
		record, shown, err := paper.Try(t.TempDir(), 1, S4)
		if err != nil {
			t.Fatal(err)
		}
		x := shown.Figures()[0].Panels[0].Series[0]
		last := 0.0
		for i, y := range x.Y {
			if y > 0.5 {
				last = x.X[i]
			}
		}
		if last > 1 {
			t.Errorf("most instances are compatible at a ratio of %v", last)
		}
		for _, o := range record.Claims {
			if o.ID == "S4" {
				return string(o.Verdict)
			}
		}
		return "missing"
	}
	if v := note(); v != "holds" {
		t.Errorf("S4 is %s", v)
	}
	sweeps[0].S = 2
	defer func() { sweeps[0].S = 3 }()
	if v := note(); v != "fails" && v != "vacuous" {
		t.Errorf("with at most 24 equations for 36 unknowns, S4 is %s", v)
	}
}
