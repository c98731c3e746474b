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

// Tester is what [Notebook.Outcome] needs of a [testing.TB].
type Tester interface {
	Helper()
	TempDir() string
	Fatal(...any)
	Fatalf(string, ...any)
}

// Outcome runs one cell as [Notebook.Try] does, with seed 1, and returns what became of a claim. It
// ends the test where the cell does not come to its end, or says nothing of the claim:
//
//	if o := paper.Outcome(t, "C1", C1); o.Verdict != claim.Fails {
func (n *Notebook) Outcome(t Tester, id string, cell func(*Cell)) claim.Outcome {
	t.Helper()
	record, _, err := n.Try(t.TempDir(), 1, cell)
	if err != nil {
		t.Fatal(err)
		return claim.Outcome{}
	}
	for _, c := range record.Claims {
		if c.ID == id && c.Verdict != claim.NotChecked {
			return c
		}
	}
	t.Fatalf("the cell says nothing of claim %q", id)
	return claim.Outcome{}
}
