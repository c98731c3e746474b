package ntp

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInstance, fmt.Sprintf(format, args...))
}

// checkEmbeddings looks for what makes H no embeddings of m contexts.
func checkEmbeddings(H *mat.Dense, m int) error {
	if H == nil || H.IsEmpty() {
		return malformed("H must not be empty")
	}
	d, c := H.Dims()
	if c != m {
		return malformed("H has %d columns and P has %d: one column a context is expected in both", c, m)
	}
	for j := range m {
		for i := range d {
			if x := H.At(i, j); math.IsNaN(x) || math.IsInf(x, 0) {
				return malformed("h_%d has the entry %g, want finite numbers", j, x)
			}
		}
	}
	return nil
}
