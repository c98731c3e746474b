package qptest

import (
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

const (
	// SameTol is how far two solutions of one strongly convex program may lie apart,
	// relative to their size, when both have a KKT residual below convex.DefaultTolerance:
	// the distance grows like the square root of the gap, but answers end with an exact
	// Newton step and lie much closer.
	SameTol = 1e-8
	// ExactTol is for answers known in closed form.
	ExactTol = 1e-9
)

// Rand returns the generator of a test's instance.
func Rand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 17)) }

// Normals returns an r by c matrix of standard normal numbers.
func Normals(rng *rand.Rand, r, c int) *mat.Dense { return mat.NewDense(r, c, NormalVec(rng, r*c)) }

// NormalVec returns n standard normal numbers.
func NormalVec(rng *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	return v
}

// Lessons are the supports of sixteen contexts over 31 tokens: a recorded draw of three
// next words for each of sixteen short sentences (the "synthetic" data of Zhao et al.), in
// which two pairs share their support.
var Lessons = [][]int{
	{2, 5, 6}, {2, 5, 6}, {1, 4, 9}, {5, 18, 30}, {10, 12, 29}, {10, 21, 27}, {1, 3, 4}, {1, 3, 17},
	{0, 8, 16}, {13, 26, 28}, {2, 7, 22}, {2, 7, 24}, {1, 3, 4}, {20, 23, 25}, {8, 11, 14}, {8, 15, 19},
}

// Supports returns m supports of least to most tokens.
func Supports(rng *rand.Rand, tokens, m, least, most int) [][]int {
	out := make([][]int, m)
	for j := range out {
		out[j] = rng.Perm(tokens)[:least+rng.IntN(most-least+1)]
	}
	return out
}

// SingularValues returns those of x, decreasing.
func SingularValues(tb testing.TB, x *mat.Dense) []float64 {
	tb.Helper()
	v, err := matrix.SingularValues(x)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// Distance returns ‖a - b‖_F.
func Distance(a, b mat.Matrix) float64 {
	var d mat.Dense
	d.Sub(a, b)
	return mat.Norm(&d, 2)
}
