package ntp

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInstance, fmt.Sprintf(format, args...))
}

func checkShapes(H, P *mat.Dense, pi []float64, supports [][]int) error {
	if H == nil || P == nil || H.IsEmpty() || P.IsEmpty() {
		return malformed("H and P must not be empty")
	}
	V, m := P.Dims()
	if _, c := H.Dims(); c != m {
		return malformed("H has %d columns and P has %d: one column a context is expected in both", c, m)
	}
	if len(pi) != m {
		return malformed("%d frequencies for %d contexts", len(pi), m)
	}
	if supports != nil && len(supports) != m {
		return malformed("%d supports for %d contexts", len(supports), m)
	}
	if V < 2 {
		return malformed("the vocabulary has %d token, want at least 2", V)
	}
	return nil
}

func checkEmbeddings(H *mat.Dense) error {
	d, m := H.Dims()
	for j := range m {
		for i := range d {
			if x := H.At(i, j); math.IsNaN(x) || math.IsInf(x, 0) {
				return malformed("h_%d has the entry %g, want finite numbers", j, x)
			}
		}
	}
	return nil
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
