package darex

import (
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// "Change this and see": with two hundred masks the distance from a normal distribution is
// that of the draw.
func TestFewMasks(t *testing.T) {
	as := masks
	defer func() { masks = as }()
	masks.Quick = 100
	if got := paper.Outcome(t, "C7", C7).Verdict; got != claim.Fails {
		t.Errorf("C7 with 200 masks is %s, the page says that it falls", got)
	}
}

// "Change this and see": the bound is as sharp for neurons of two influences.
func TestTwoInfluences(t *testing.T) {
	as := most
	defer func() { most = as }()
	most = 2
	for id, cell := range map[string]func(*notebook.Cell){"C1": C1, "C4": C4, "C15": C15} {
		if got := paper.Outcome(t, id, cell).Verdict; got != claim.Holds {
			t.Errorf("%s with two influences is %s, the page says that it holds", id, got)
		}
	}
}
