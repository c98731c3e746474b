// The cell of TestCellFunctions: it asks Keep for a function of package main.
package main

import (
	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/repro"
)

func compute(int) (int, error) { return 1, nil }

func main() {
	p := claim.Paper{Key: "test-paper", Title: "A test"}
	repro.Begin(p, repro.Machine{}, repro.Expect{})
	repro.Keep("test-paper/run", 1, compute)
}
