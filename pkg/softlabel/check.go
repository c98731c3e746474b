package softlabel

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// sumTol is how far from one a distribution may sum. Normalising V numbers in float64
// leaves an error of order V·1e-16; probabilities rounded to six digits, as in a table
// of a paper, would be refused.
const sumTol = 1e-9

// ErrLabels is what every error about malformed labels wraps.
var ErrLabels = errors.New("softlabel: malformed labels")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrLabels, fmt.Sprintf(format, args...))
}

func checkFrequencies(pi []float64) error {
	sum := 0.0
	for j, x := range pi {
		if !(x > 0) || math.IsInf(x, 0) {
			return malformed("pi[%d] = %g, want a positive frequency", j, x)
		}
		sum += x
	}
	if !(math.Abs(sum-1) <= sumTol) {
		return malformed("pi sums to %.12g, want 1 within %g: divide by the sum", sum, sumTol)
	}
	return nil
}

// supportOf checks p, the distribution of context j, against its declared support (nil
// if none was) and returns where it is positive.
func supportOf(j int, p []float64, declared []int) ([]int, error) {
	sum := 0.0
	var positive []int
	for z, x := range p {
		if !(x >= 0) || math.IsInf(x, 0) {
			return nil, malformed("p_%d[%d] = %g, want a probability", j, z, x)
		}
		if x > 0 {
			positive = append(positive, z)
		}
		sum += x
	}
	if declared != nil {
		if err := sameSupport(j, p, declared); err != nil {
			return nil, err
		}
	}
	if !(math.Abs(sum-1) <= sumTol) {
		return nil, malformed("p_%d sums to %.12g, want 1 within %g: divide by the sum", j, sum, sumTol)
	}
	return positive, nil
}

func sameSupport(j int, p []float64, declared []int) error {
	s := slices.Sorted(slices.Values(declared))
	for i, z := range s {
		switch {
		case z < 0 || z >= len(p):
			return malformed("support of context %d names token %d, the vocabulary is 0..%d", j, z, len(p)-1)
		case i > 0 && z == s[i-1]:
			return malformed("support of context %d names token %d twice", j, z)
		case p[z] == 0:
			return malformed("p_%d[%d] = 0 on the declared support: leave the token out of it or give it a positive probability", j, z)
		}
	}
	for z, x := range p {
		if _, found := slices.BinarySearch(s, z); x > 0 && !found {
			return malformed("p_%d[%d] = %g lies outside the declared support", j, z, x)
		}
	}
	return nil
}
