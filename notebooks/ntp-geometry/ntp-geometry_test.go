package ntpgeometry

import (
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

// measured returns what a check of a claim measured.
func measured(t *testing.T, record *claim.Record, id, check string) float64 {
	t.Helper()
	for _, c := range record.Claims {
		for _, k := range c.Checks {
			if c.ID == id && k.Name == check {
				return float64(k.Measured)
			}
		}
	}
	t.Fatalf("no check %q of %s", check, id)
	return math.NaN()
}

func verdict(record *claim.Record, id string) claim.Verdict {
	for _, c := range record.Claims {
		if c.ID == id {
			return c.Verdict
		}
	}
	return ""
}

// "Change this and see": without the rank of Lmm twins collapse like 1/R.
func TestCollapseWithoutTheRank(t *testing.T) {
	as := twins
	defer func() { twins = as }()
	twins = [][]int{{0, 1}, {0, 1}, {2, 3}, {2, 3}}
	record, _, err := paper.Try(t.TempDir(), 1, C8, D6)
	if err != nil {
		t.Fatal(err)
	}
	if got := verdict(record, "D6"); got != claim.Fails {
		t.Errorf("D6 is %s, want %s", got, claim.Fails)
	}
	if got := verdict(record, "C8"); got != claim.Holds {
		t.Errorf("C8 is %s, want %s", got, claim.Holds)
	}
	for _, check := range []string{"path: slope of log(1 − cos) in log R", "ray, R to 10⁴: slope of log(1 − cos)"} {
		if got := measured(t, record, "D6", check); math.Abs(got+1) > 0.2 {
			t.Errorf("%s is %v, want about -1", check, got)
		}
	}
}

// "Change this and see": the closed forms of another design.
func TestAnotherDesign(t *testing.T) {
	w, k := designWords, designSize
	defer func() { designWords, designSize = w, k }()
	designWords, designSize = 6, 2
	record, _, err := paper.Try(t.TempDir(), 1, C7)
	if err != nil {
		t.Fatal(err)
	}
	if got := verdict(record, "C7"); got != claim.Holds {
		t.Errorf("C7 is %s, want %s", got, claim.Holds)
	}
}
