package maxmargin

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// labelled draws contexts with one next token each, that of the largest logit of a random W by at
// least 0.05. Unless they are to be separable one more is a sum of those of the first token with
// positive weights, but has another token.
func labelled(rng *rand.Rand, separable bool) (h *mat.Dense, v int, supports [][]int) {
	v = 2 + rng.IntN(6)
	d, m := 1+rng.IntN(6), 2+rng.IntN(25)
	w := qptest.Normals(rng, v, d)
	var columns [][]float64
	for len(columns) < m {
		x, l := qptest.NormalVec(rng, d), make([]float64, v)
		mat.NewVecDense(v, l).MulVec(w, mat.NewVecDense(d, x))
		a := floats.MaxIdx(l)
		best := l[a]
		l[a] = math.Inf(-1)
		if best-floats.Max(l) >= 0.05 {
			columns, supports = append(columns, x), append(supports, []int{a})
		}
	}
	if !separable {
		sum := make([]float64, d)
		for j, x := range columns {
			if supports[j][0] == supports[0][0] {
				floats.AddScaled(sum, 1+rng.Float64(), x)
			}
		}
		columns, supports = append(columns, sum), append(supports, []int{(supports[0][0] + 1) % v})
	}
	return mat.DenseCopyOf(mat.NewDense(len(columns), d, slices.Concat(columns...)).T()), v, supports
}

// TestSeparableInAnyUnit: whether contexts are separable, and their margin, does not depend on the
// unit of the embeddings, nor on contexts that are up to a million times as long as others.
func TestSeparableInAnyUnit(t *testing.T) {
	same := func(f float64) func(*rand.Rand) float64 { return func(*rand.Rand) float64 { return f } }
	for name, length := range map[string]func(*rand.Rand) float64{
		"as drawn": same(1), "times 1e-9": same(1e-9), "times 1e9": same(1e9), "times 2^-60": same(0x1p-60),
		"each of a length of its own": func(rng *rand.Rand) float64 { return math.Ldexp(1, rng.IntN(21)-10) },
	} {
		for _, separable := range []bool{true, false} {
			for seed := range uint64(40) {
				rng := qptest.Rand(seed)
				h, v, supports := labelled(rng, separable)
				d, m := h.Dims()
				for j := range m {
					f := length(rng)
					for i := range d {
						h.Set(i, j, f*h.At(i, j))
					}
				}
				p, err := NewNextToken(h, v, supports)
				if err != nil {
					t.Fatal(err)
				}
				sol, err := p.Solve(background, nil)
				at := fmt.Sprintf("%s, seed %d", name, seed)
				if !separable {
					if !errors.Is(err, convex.ErrInfeasible) {
						t.Errorf("%s: %v, want %v", at, err, convex.ErrInfeasible)
					}
					continue
				}
				if err != nil {
					t.Errorf("%s: %v", at, err)
					continue
				}
				var logits mat.Dense
				logits.Mul(sol.W, h)
				for j, s := range supports {
					for k := range v {
						if margin := logits.At(s[0], j) - logits.At(k, j); k != s[0] && !(margin >= 1-1e-6) {
							t.Errorf("%s: context %d has margin %v against token %d", at, j, margin, k)
						}
					}
				}
			}
		}
	}
}
