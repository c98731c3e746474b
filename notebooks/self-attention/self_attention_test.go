package selfattention

import (
	"slices"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

// "Change this and see": what the page says of other settings is what they give.
func TestFewerDimensions(t *testing.T) {
	defer func(d int) { WideData.D = d }(WideData.D)
	if o := paper.Outcome(t, "D16", D16); o.Verdict != claim.Holds {
		t.Errorf("d = %d: D16 is %s: %s", WideData.D, o.Verdict, o.Reason)
	}
	WideData.D = 60
	if o := paper.Outcome(t, "D16", D16); o.Verdict != claim.Fails || !strings.Contains(o.Reason, "q") {
		t.Errorf("d = 60: D16 is %s: %s", o.Verdict, o.Reason)
	}
}

func TestEveryStepFails(t *testing.T) {
	defer func(s []float64) { pairSteps = s }(slices.Clone(pairSteps))
	pairSteps = []float64{0.003, 0.7, 30}
	if o := paper.Outcome(t, "D12", D12); o.Verdict != claim.Holds {
		t.Errorf("steps %v: D12 is %s: %s", pairSteps, o.Verdict, o.Reason)
	}
}

// The figure that is the idea has runs of both kinds on the right and of one on the left.
func TestPlane(t *testing.T) {
	_, shown, err := paper.Try(t.TempDir(), 1, Plane)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{false, true} {
		caught := false
		for _, s := range shown.Figures()[0].Panels[i].Series {
			caught = caught || s.Name == "run that stays in the trap"
		}
		if caught != want {
			t.Errorf("panel %d: caught runs: %v, want %v", i+1, caught, want)
		}
	}
}
