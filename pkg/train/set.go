package train

import (
	"errors"
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

// AnyInteger says of a column in Task.Classes that its integers are no classes.
const AnyInteger = -1

// classes reports the first column of integers of which nothing is said, or the first
// entry that is none of its column's classes.
func (s Set) classes(of map[int]int) error {
	for i, c := range s {
		if !c.DType().IsInt() {
			continue
		}
		n, said := of[i]
		switch {
		case !said:
			return fmt.Errorf("column %d holds %s: say in Task.Classes how many classes it has, {%d: C}, or train.AnyInteger where it has none", i, c.DType(), i)
		case n == AnyInteger:
			continue
		case n < 1:
			return fmt.Errorf("column %d is to hold one of %d classes", i, n)
		}
		var err error
		read := c.ConstFlatData(func(flat any) {
			switch flat := flat.(type) {
			case []int32:
				err = among(flat, n)
			case []int64:
				err = among(flat, n)
			case []uint8:
				err = among(flat, n)
			default:
				err = fmt.Errorf("entries of %s, want classes of Int32, Int64 or Uint8", c.DType())
			}
		})
		if err := errors.Join(read, err); err != nil {
			return fmt.Errorf("column %d: %w", i, err)
		}
	}
	return nil
}

func among[T int32 | int64 | uint8](labels []T, n int) error {
	for i, y := range labels {
		if y < 0 || int(y) >= n {
			return fmt.Errorf("entry %d is the label %d, want one of %d classes, 0 to %d", i, y, n, n-1)
		}
	}
	return nil
}
