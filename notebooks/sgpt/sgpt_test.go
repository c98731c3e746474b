package sgpt

import (
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

// "Change this and see": the law holds at both ends.
func TestConcentrations(t *testing.T) {
	as := concentrations
	defer func() { concentrations = as }()
	concentrations = []float64{0.02, 100}
	if got := paper.Outcome(t, "D4", D4).Verdict; got != claim.Holds {
		t.Errorf("D4 at concentrations 0.02 and 100 is %s, the page says that it holds", got)
	}
}

// "Change this and see": with few draws a quantile is not yet one.
func TestFewDraws(t *testing.T) {
	as := concentrations
	asDraws := draws
	defer func() { concentrations, draws = as, asDraws }()
	draws.Quick = 2
	if got := paper.Outcome(t, "D4", D4).Verdict; got != claim.Fails {
		t.Errorf("D4 with 20 draws is %s, the page says that it falls", got)
	}
}

// "Change this and see": two inputs a group are enough for all together, one is not.
func TestFewInputs(t *testing.T) {
	as := inputs
	defer func() { inputs = as }()
	inputs = []int{2}
	if got := paper.Outcome(t, "C4", C4).Verdict; got != claim.Holds {
		t.Errorf("C4 with 2 inputs is %s, the page says that it holds", got)
	}
	inputs = []int{1}
	if _, _, err := paper.Try(t.TempDir(), 1, C4); err == nil || !strings.Contains(err.Error(), "rank 10") {
		t.Errorf("C4 with one input: %v, the page says that the cell ends with a sentence on the rank", err)
	}
}

// The statements that need no network hold on another seed, too.
func TestTheory(t *testing.T) {
	record, _, err := paper.Try(t.TempDir(), 7, C1, D2, D3, C2, D5, C3)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range record.Claims {
		if len(c.Checks) > 0 && c.Verdict != claim.Holds {
			t.Errorf("%s is %s: %s", c.ID, c.Verdict, c.Reason)
		}
	}
}
