package ntp

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestConfigErrors(t *testing.T) {
	for says, c := range map[string]Config{
		"M sizes":      {V: 5, M: 3, D: 2, Sizes: []int{1, 2}},
		"V ≥ 2":        {V: 1, M: 3, D: 2, S: 1},
		"has 6 tokens": {V: 5, M: 3, D: 2, S: 6},
		"has 0 tokens": {V: 5, M: 3, D: 2},
		"N = 5":        {V: 5, M: 3, D: 2, S: 2, N: 5},
	} {
		if _, err := Gaussian(c, newRand(1)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: error %v, want one that says %q", c, err, says)
		}
	}
	if _, err := Orthonormal(Config{V: 5, M: 3, D: 2, S: 2}, newRand(1)); err == nil {
		t.Error("three orthonormal vectors in the plane: no error")
	}
}

func TestGaussianDraws(t *testing.T) {
	in := principal(t, 1)
	for j, s := range in.S {
		if len(s) != 6 || !slices.IsSorted(s) {
			t.Fatalf("support %d is %v, want six sorted tokens", j, s)
		}
		for _, z := range s { // counts of 5000 sequences
			n := 5000 * in.Pi[j] * in.P.At(z, j)
			near(t, "count", n, math.Round(n), 1e-8)
		}
	}
	// E[Hent] = 1/2+...+1/6 = 1.45 for Dirichlet(1); one context deviates by about 0.2.
	near(t, "entropy", in.Entropy(), 1.45, 6*0.2/math.Sqrt(50)+0.02)
	if again := principal(t, 1); !mat.Equal(in.H, again.H) || !mat.Equal(in.P, again.P) {
		t.Error("the same seed gave other data")
	}
}

func TestZipfSizes(t *testing.T) {
	in := must(Gaussian(Config{V: 30, M: 2000, D: 1, Zipf: 20}, newRand(2)))(t)
	counts := make([]float64, 21)
	for _, s := range in.S {
		counts[len(s)]++
	}
	harmonic := 0.0
	for s := 1; s <= 20; s++ {
		harmonic += 1 / float64(s)
	}
	for s := 1; s <= 20; s++ {
		want := 2000 / harmonic / float64(s)
		near(t, "supports of a size", counts[s], want, 5*math.Sqrt(want))
	}
}

func TestOrthonormalDraws(t *testing.T) {
	in := must(Orthonormal(Config{V: 6, M: 5, D: 9, S: 3}, newRand(1)))(t)
	var gram mat.Dense
	gram.Mul(in.H.T(), in.H)
	I := mat.NewDense(5, 5, nil)
	for i := range 5 {
		I.Set(i, i, 1)
	}
	nearMatrix(t, "HᵀH", &gram, I, identityTol)
}
