package fairembedding

import (
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// "Change this and see": where no radius is broken, the controls of equal distance hold.
func TestNothingBroken(t *testing.T) {
	as := drawn
	defer func() { drawn = as }()
	drawn = 0
	for id, cell := range map[string]func(*notebook.Cell){"C3": C3, "C5": C5, "C6": C6} {
		if got := paper.Outcome(t, id, cell).Verdict; got != claim.Vacuous {
			t.Errorf("%s with nothing broken is %s, the page says that it is vacuous", id, got)
		}
	}
}

// "Change this and see": a probe of seventeen weights cannot be fitted on twenty contents.
func TestFewContents(t *testing.T) {
	as := contents
	defer func() { contents = as }()
	contents.Quick = 40
	if got := paper.Outcome(t, "C6", C6).Verdict; got != claim.Fails {
		t.Errorf("C6 with forty contents is %s, the page says that it falls", got)
	}
}
