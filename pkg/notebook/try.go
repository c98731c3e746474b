package notebook

import (
	"context"
	"os"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/repro"
)

// Try runs cells at quick scale with their ledger in dir, and returns what they recorded
// and showed. It is for the tests of a notebook, which change a setting and look:
//
//	scales = []float64{1, 10}
//	record, _, err := paper.Try(t.TempDir(), 1, C1)
//
// A cell that does not come to its end ends it with an error; a red claim does not.
func (n *Notebook) Try(dir string, seed uint64, cells ...func(*Cell)) (*claim.Record, *Collector, error) {
	s, err := n.session()
	if err != nil {
		return nil, nil, err
	}
	shown := new(Collector)
	s.Sink, s.untold = shown, true // a test does not ask what the machine is
	s.Run.Dir, s.Run.Seed, s.Run.Scale = dir, seed, claim.Quick
	if err := s.Begin(repro.Machine{Backend: os.Getenv("MARGINALIA_BACKEND"), Device: "of the test"}); err != nil {
		return nil, nil, err
	}
	for _, f := range cells {
		if err := s.Do(context.Background(), f); err != nil {
			return nil, shown, err
		}
	}
	record, err := s.Record()
	return record, shown, err
}
