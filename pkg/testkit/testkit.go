// Package testkit has what the tests of several rooms share.
package testkit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// IdentityTol is the error that a few hundred float64 operations on numbers of order one
// leave in an identity.
const IdentityTol = 1e-12

// Rand returns a generator of its own for each number of a stream.
func Rand(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(1, stream)) }

// Must ends the test at an error, as in Must(f(x))(t), and is the value elsewhere.
func Must[T any](x T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return x
	}
}

// Near fails unless |got - want| ≤ tol, so that NaN fails.
func Near(tb testing.TB, what string, got, want, tol float64) {
	tb.Helper()
	if !(math.Abs(got-want) <= tol) {
		tb.Errorf("%s: got %.17g, want %.17g within %g", what, got, want, tol)
	}
}

// Farthest is max_i |x_i - y_i|, and +Inf where one of the entries is no number or the lengths differ.
func Farthest(x, y []float64) (most float64) {
	if len(x) != len(y) {
		return math.Inf(1)
	}
	for i := range x {
		if d := math.Abs(x[i] - y[i]); !(d <= most) {
			most = d
		}
		if math.IsNaN(most) {
			return math.Inf(1)
		}
	}
	return most
}

// NearMatrix fails unless A and B agree entry by entry.
func NearMatrix(tb testing.TB, what string, A, B mat.Matrix, tol float64) {
	tb.Helper()
	Near(tb, what, matrix.MaxAbs(matrix.Add(A, -1, B)), 0, tol)
}

// Chain draws a text of n of six tokens from a Markov chain with many ties and repetitions.
func Chain(n int) []int {
	rng := Rand(50)
	text := make([]int, n)
	for i := 1; i < n; i++ {
		text[i] = (text[i-1] + 1 + rng.IntN(2)) % 6
	}
	return text
}

// Failures returns what a check says is wrong, in order: the check gets a testing.TB that
// notes failures instead of failing, and ends at the first fatal one as a test does. It is
// for tests of what tests share.
func Failures(tb testing.TB, check func(tb testing.TB)) []string {
	noted := &noted{TB: tb}
	done := make(chan struct{})
	go func() { // which Goexit may end
		defer close(done)
		check(noted)
	}()
	<-done
	return noted.said
}

type noted struct {
	testing.TB
	said []string
}

func (n *noted) Helper() {}
func (n *noted) Errorf(format string, args ...any) {
	n.said = append(n.said, fmt.Sprintf(format, args...))
}
func (n *noted) Error(args ...any)                 { n.said = append(n.said, fmt.Sprint(args...)) }
func (n *noted) Fatalf(format string, args ...any) { n.Errorf(format, args...); runtime.Goexit() }
func (n *noted) Fatal(args ...any)                 { n.Error(args...); runtime.Goexit() }
func (n *noted) Failed() bool                      { return len(n.said) > 0 }
