package train

import (
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"
)

// Set is a table of examples: columns, whose first axis counts the examples.
type Set []*tensors.Tensor

// Train is the name of the set that batches are taken from.
const Train = "train"

// Examples returns how many examples the set has, or an error if its columns
// disagree.
func (s Set) Examples() (int, error) {
	if len(s) == 0 {
		return 0, fmt.Errorf("has no columns")
	}
	n := -1
	for i, c := range s {
		switch {
		case c == nil:
			return 0, fmt.Errorf("column %d is nil", i)
		case c.Shape().Rank() == 0:
			return 0, fmt.Errorf("column %d is a scalar of %s, want an axis of examples", i, c.DType())
		case n < 0:
			n = c.Shape().Dim(0)
		case c.Shape().Dim(0) != n:
			return 0, fmt.Errorf("column %d has %d examples, column 0 has %d: they must agree", i, c.Shape().Dim(0), n)
		}
	}
	if n == 0 {
		return 0, fmt.Errorf("has no examples")
	}
	return n, nil
}
