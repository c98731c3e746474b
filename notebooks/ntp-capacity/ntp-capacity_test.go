package ntpcapacity

import (
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/notebooks/ntp-capacity/study"
	"github.com/marginalia-ml/marginalia/pkg/capacity"
	"github.com/marginalia-ml/marginalia/pkg/claim"
)

// Step 3: value dimensions beyond d add parameters and no rank.
func TestMoreValueDimensions(t *testing.T) {
	if got := paper.Outcome(t, "C4", C4); got.Verdict != claim.Holds {
		t.Errorf("C4 is %s: %s", got.Verdict, got.Reason)
	}
	defer func(d0 int) { models[1].D0 = d0 }(models[1].D0)
	models[1].D0 = 20
	if got := paper.Outcome(t, "C4", C4); got.Verdict != claim.Vacuous {
		t.Errorf("with D0 = 20 C4 is %s, want vacuous", got.Verdict)
	}
	if got := paper.Outcome(t, "D3", D3); got.Verdict != claim.Evidence {
		t.Errorf("with D0 = 20 D3 is %s: %s", got.Verdict, got.Reason)
	}
}

// Step 6: without a shift the pairs stay dependent.
func TestNoShift(t *testing.T) {
	if got := paper.Outcome(t, "C10", C10); got.Verdict != claim.Corrected {
		t.Errorf("C10 is %s: %s", got.Verdict, got.Reason)
	}
	defer func(s float64) { shift = s }(shift)
	shift = 0
	if got := paper.Outcome(t, "C10", C10); got.Verdict != claim.Fails {
		t.Errorf("without a shift C10 is %s, want fails", got.Verdict)
	}
}

// Step 10: one search, one curve, which drops at a width between the count and n. A size that one
// neuron is enough for has nothing to miss, and the cell says so.
func TestOneSearch(t *testing.T) {
	defer func(n []int) { denseN = n }(denseN)
	denseN = []int{8}
	if got := paper.Outcome(t, "E3", E3); got.Verdict != claim.Holds {
		t.Errorf("E3 is %s: %s", got.Verdict, got.Reason)
	}
	_, shown, err := paper.Try(t.TempDir(), 1, E3)
	if err != nil {
		t.Fatal(err)
	}
	if len(shown.Figures()) != 1 || len(shown.Figures()[0].Panels[0].Series) != 1 {
		t.Fatal("want a figure with one curve")
	}
	figure := shown.Figures()[0]
	if curve := figure.Panels[0].Series[0]; !(curve.Y[len(curve.Y)-1] <= capacity.ReachedKL) ||
		curve.X[len(curve.X)-1] < float64(study.Counted(8)) || curve.X[len(curve.X)-1] > 8 || study.Counted(8) != 3 {
		t.Errorf("the curve ends at m = %v with the divergence %v", curve.X[len(curve.X)-1], curve.Y[len(curve.Y)-1])
	}
	if strings.Contains(figure.Caption, "NaN") {
		t.Errorf("caption %q", figure.Caption)
	}
	denseN = []int{1}
	if _, _, err := paper.Try(t.TempDir(), 1, E3); err == nil || !strings.Contains(err.Error(), "at least 2") {
		t.Errorf("denseN = 1 gives the error %v", err)
	}
}
