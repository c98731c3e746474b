package maxmargin

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
)

// malformed wraps ErrInput with what was found, expected and to be done.
func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", convex.ErrInput, fmt.Sprintf(format, args...))
}

// checkFinite returns an error if x has an element that is not finite.
func checkFinite(x *mat.Dense) error {
	r, c := x.Dims()
	for i := range r {
		for j := range c {
			if v := x.At(i, j); v-v != 0 {
				return malformed("element (%d, %d) is %v: every value must be finite", i, j, v)
			}
		}
	}
	return nil
}
