package gdgeneralization

import (
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

func outcome(t *testing.T, id string, cell func(*notebook.Cell)) claim.Outcome {
	t.Helper()
	record, _, err := paper.Try(t.TempDir(), 1, cell)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range record.Claims {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("no claim %s", id)
	return claim.Outcome{}
}

// "Change this and see": a narrow network fails the theorem's condition, and nothing else.
func TestNarrow(t *testing.T) {
	as, steps := insideM, insideT
	defer func() { insideM, insideT = as, steps }()
	insideM.Quick, insideT.Quick = 1<<10, []int{8, 32}
	o := outcome(t, "C1", C1)
	if o.Verdict != claim.Fails || o.Checks[0].Holds {
		t.Errorf("m = %d: C1 is %s: %s", insideM.Quick, o.Verdict, o.Reason)
	}
	for _, c := range o.Checks[2:] {
		if !c.Holds {
			t.Errorf("m = %d: %s is %g", insideM.Quick, c.Name, float64(c.Measured))
		}
	}
}

// "Change this and see": with two neurons of each sign some runs never learn.
func TestFewNeurons(t *testing.T) {
	ds, m := xorD, xorM
	defer func() { xorD, xorM = ds, m }()
	xorD.Quick = []int{16, 32, 64, 128, 256}
	xorM = 4
	if o := outcome(t, "C8", C8); o.Verdict != claim.Fails {
		t.Errorf("m = 4: C8 is %s: %s", o.Verdict, o.Reason)
	}
}
