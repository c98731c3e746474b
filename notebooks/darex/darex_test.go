package darex

import (
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// verdict runs one cell and returns what became of its claim.
func verdict(t *testing.T, id string, cell func(*notebook.Cell)) claim.Verdict {
	t.Helper()
	record, _, err := paper.Try(t.TempDir(), 1, cell)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range record.Claims {
		if c.ID == id {
			return c.Verdict
		}
	}
	t.Fatalf("there is no claim %s", id)
	return ""
}

// "Change this and see": with two hundred masks the distance from a normal distribution is
// that of the draw.
func TestFewMasks(t *testing.T) {
	as := masks
	defer func() { masks = as }()
	masks.Quick = 100
	if got := verdict(t, "C7", C7); got != claim.Fails {
		t.Errorf("C7 with 200 masks is %s, the page says that it falls", got)
	}
}

// "Change this and see": the bound is as sharp for neurons of two influences.
func TestTwoInfluences(t *testing.T) {
	as := most
	defer func() { most = as }()
	most = 2
	for id, cell := range map[string]func(*notebook.Cell){"C1": C1, "C4": C4, "C15": C15} {
		if got := verdict(t, id, cell); got != claim.Holds {
			t.Errorf("%s with two influences is %s, the page says that it holds", id, got)
		}
	}
}
