package geometry

import (
	"encoding/json"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// A summary goes through JSON unchanged, and its training reaches what it is trained for:
// the whole of L lowers the excess, its sparse part alone does not.
func TestSummarize(t *testing.T) {
	e := Embedding{
		Data: softlabel.Data{Kind: "recorded", Counts: 2, Seed: 1, Stream: "summary"}, D: 8, Optimizer: "adam", Rate: 0.05,
		Start: "small", Steps: 200, PerDecade: 1, Snapshots: []int{0},
	}
	s := must(Summarize(e))(t)
	first, end := s.Metrics[0], s.Metrics[len(s.Metrics)-1]
	if !(end.Excess < 0.1*first.Excess) || !(s.SparseExcess > 0.5) {
		t.Errorf("excess %v at the end and %v at the start; of the sparse part %v times the start's", end.Excess, first.Excess, s.SparseExcess)
	}
	if !(end.SimH > s.Shuffled[1][1]) || s.Lin <= 0 || s.Params != 8*(31+16) {
		t.Errorf("SIM of contexts %v, shuffled %v; ‖Lin‖ = %v, %d parameters", end.SimH, s.Shuffled[1][1], s.Lin, s.Params)
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back Summary
	if err := json.Unmarshal(b, &back); err != nil || back.Shuffled != s.Shuffled || back.Metrics[0] != first {
		t.Errorf("through JSON it became %+v (%v)", back, err)
	}
	e.Snapshots = nil
	if _, err := Summarize(e); err == nil {
		t.Error("no error without a snapshot of the start")
	}
}
