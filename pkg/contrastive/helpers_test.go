package contrastive

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// identityTol is the error that a few thousand float64 operations leave in a sum of order 10².
const identityTol = 1e-11

var ctx = context.Background()

func rng(t testing.TB) *rand.Rand { return random.Stream(1, t.Name()) }

func problem(t testing.TB, r float64, sizes ...int) *Problem {
	t.Helper()
	p, err := New(r, sizes...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// near fails unless |got - want| ≤ tol, so that NaN fails.
func near(t testing.TB, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.17g, want %.17g within %g", what, got, want, tol)
	}
}

// some returns a few problems of different shapes.
func some(t testing.TB) []*Problem {
	return []*Problem{problem(t, 1, 2, 2), problem(t, 0.3, 4, 3, 2), problem(t, 3, 2, 5), problem(t, 10, 3, 3, 3)}
}

// symmetricNoise is a random symmetric matrix with a zero diagonal.
func symmetricNoise(n int, r *rand.Rand) *mat.Dense {
	X := matrix.Gaussian(n, n, r)
	X.Add(X, mat.DenseCopyOf(X.T()))
	for i := range n {
		X.Set(i, i, 0)
	}
	return X
}
