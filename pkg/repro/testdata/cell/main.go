// The cell of TestCellFunctions: it asks for a result of a function of package main.
package main

import (
	"log"

	"github.com/marginalia-ml/marginalia/pkg/repro"
)

func compute(int) (int, error) { return 1, nil }

func main() {
	run, err := repro.FromEnv("test-paper")
	if err == nil {
		err = run.Begin(repro.Machine{})
	}
	if err == nil {
		_, _, err = repro.RecallPlain(run, "run", 1, compute)
	}
	if err != nil {
		log.Fatal(err)
	}
}
