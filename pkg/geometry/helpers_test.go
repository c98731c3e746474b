package geometry

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// identityTol is the error that a few hundred float64 operations on numbers of order one
// leave in an identity.
const identityTol = 1e-12

func newRand(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(1, stream)) }

func must[T any](x T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return x
	}
}

// near fails unless |got - want| ≤ tol, so that NaN fails.
func near(tb testing.TB, what string, got, want, tol float64) {
	tb.Helper()
	if !(math.Abs(got-want) <= tol) {
		tb.Errorf("%s: got %.17g, want %.17g within %g", what, got, want, tol)
	}
}

// nearMatrix fails unless A and B agree entry by entry.
func nearMatrix(tb testing.TB, what string, A, B mat.Matrix, tol float64) {
	tb.Helper()
	near(tb, what, matrix.MaxAbs(matrix.Add(A, -1, B)), 0, tol)
}
