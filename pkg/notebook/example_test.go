package notebook_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/pkg/repro"
)

// S1 is a cell: it measures the statement of its name.
func S1(cell *notebook.Cell) {
	n := notebook.Pick(cell, 10, 1000)
	sum := 0
	for i := range n {
		sum += 2*i + 1
	}
	cell.Claim().Check("sum of the odd numbers less n²", float64(sum-n*n), claim.Exactly(0)).
		Control("without the last", float64(sum-(2*n-1)-n*n))
}

// A cell without a kernel: a session runs it, a sink takes what it shows, and the ledger has
// the verdict.
func ExampleSession() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	p, err := claim.ParsePaper([]byte(`{"key": "odd-numbers", "title": "Odd numbers", "authors": ["Nobody"], "venue": "here", "learn": "squares", "read": "all",
		"statements": [{"id": "S1", "kind": "certificate", "title": "The sum", "tex": "$\\sum_{i<n}(2i+1)=n^2$", "source": "here", "known": "ours"}]}`))
	if err != nil {
		log.Fatal(err)
	}
	s := &notebook.Session{Paper: p, Sink: new(notebook.Collector), Run: repro.Run{Paper: p.Key, Scale: claim.Quick, Seed: 1, Dir: dir,
		Code: repro.Code{Source: "example", Versions: map[string]string{}}}}
	if err := s.Begin(repro.Machine{Backend: "go", Device: "any"}); err != nil {
		log.Fatal(err)
	}
	if err := s.Do(context.Background(), S1); err != nil {
		log.Fatal(err)
	}
	r, err := s.Record()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Claims[0].ID, r.Claims[0].Verdict)
	// Output: S1 holds
}
