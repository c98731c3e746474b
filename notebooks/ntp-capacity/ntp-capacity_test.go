package ntpcapacity

import (
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/capacity"
	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

func verdict(t *testing.T, id string, cell func(*notebook.Cell)) claim.Outcome {
	t.Helper()
	record, _, err := paper.Try(t.TempDir(), 1, cell)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range record.Claims {
		if o.ID == id {
			return o
		}
	}
	t.Fatalf("%s was not measured", id)
	return claim.Outcome{}
}

// Step 3: value dimensions beyond d add parameters and no rank.
func TestMoreValueDimensions(t *testing.T) {
	if got := verdict(t, "C4", Ranks); got.Verdict != claim.Holds {
		t.Errorf("C4 is %s: %s", got.Verdict, got.Reason)
	}
	defer func(d0 int) { models[1].D0 = d0 }(models[1].D0)
	models[1].D0 = 20
	if got := verdict(t, "C4", Ranks); got.Verdict != claim.Vacuous {
		t.Errorf("with D0 = 20 C4 is %s, want vacuous", got.Verdict)
	}
	if got := verdict(t, "D3", Ranks); got.Verdict != claim.Evidence {
		t.Errorf("with D0 = 20 D3 is %s: %s", got.Verdict, got.Reason)
	}
}

// Step 6: without a shift the pairs stay dependent.
func TestNoShift(t *testing.T) {
	if got := verdict(t, "C10", C10); got.Verdict != claim.Corrected {
		t.Errorf("C10 is %s: %s", got.Verdict, got.Reason)
	}
	defer func(s float64) { shift = s }(shift)
	shift = 0
	if got := verdict(t, "C10", C10); got.Verdict != claim.Fails {
		t.Errorf("without a shift C10 is %s, want fails", got.Verdict)
	}
}

// Step 10: one search, one curve, which drops at a width between the count and n. (That no
// width is below the count leaves a check of E3 without numbers.)
func TestOneSearch(t *testing.T) {
	defer func(n []int) { denseN = n }(denseN)
	denseN = []int{8}
	_, shown, err := paper.Try(t.TempDir(), 1, E3)
	if err != nil {
		t.Fatal(err)
	}
	if len(shown.Figures()) != 1 || len(shown.Figures()[0].Panels[0].Series) != 1 {
		t.Fatal("want a figure with one curve")
	}
	curve := shown.Figures()[0].Panels[0].Series[0]
	last := len(curve.X) - 1
	if m := curve.X[last]; m < 1 || m > 8 || curve.Y[last] > capacity.ReachedKL {
		t.Errorf("the curve ends at m = %v with the divergence %v", m, curve.Y[last])
	}
}
