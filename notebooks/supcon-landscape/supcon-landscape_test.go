package supconlandscape

import (
	"testing"

	"github.com/marginalia-ml/marginalia/notebooks/supcon-landscape/study"
	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/contrastive"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// "Change this and see": at r = 0.05 classes merge, and runs from random starts end there.
func TestWarmer(t *testing.T) {
	as := inverse
	defer func() { inverse = as }()
	inverse = append([]float64{0.05}, as...)
	record, _, err := paper.Try(t.TempDir(), 1, E1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range record.Claims {
		if c.ID == "E1" && c.Verdict != claim.Evidence {
			t.Errorf("E1 is %s: %s", c.Verdict, c.Reason)
		}
	}
	if rank := study.Best(study.Problem(0.05, 20, 5, 3, 2), random.Stream(1, "rank")).Rank(); rank != 1 {
		t.Errorf("the rank of 20, 5, 3, 2 at r = 0.05 is %d, want 1", rank)
	}
}

// "Change this and see": the threshold of two classes of six points.
func TestAnotherEdge(t *testing.T) {
	as := study.Pairs
	defer func() { study.Pairs = as }()
	study.Pairs = [][]int{{6, 6}}
	record, _, err := paper.Try(t.TempDir(), 1, D7)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range record.Claims {
		if c.ID == "D7" && c.Verdict != claim.Holds {
			t.Errorf("D7 is %s: %s", c.Verdict, c.Reason)
		}
	}
	at := notebook.Must(contrastive.RigidFrom(1, 20, 6, 6))
	if at < 6.285 || at > 6.295 {
		t.Errorf("the threshold of 6, 6 is %v, the page says 6.29", at)
	}
}

// The paper's scale, small: one start for each point of E1's grid, with the setting of the authors'
// group in it.
func TestPapersScale(t *testing.T) {
	s, l, in := starts, larger, inverse
	defer func() { starts, larger, inverse = s, l, in }()
	starts.Quick, larger.Quick, inverse = 1, larger.Paper, []float64{1}
	record, _, err := paper.Try(t.TempDir(), 1, E1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range record.Claims {
		if c.ID == "E1" && c.Verdict != claim.Evidence {
			t.Errorf("E1 is %s: %s", c.Verdict, c.Reason)
		}
	}
}
