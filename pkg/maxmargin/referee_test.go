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
// unit of the embeddings, nor on contexts that are up to 2^60 times as long as others. Where W cannot be told
// from one by rounding, inseparable ones may be undecided.
func TestSeparableInAnyUnit(t *testing.T) {
	same := func(f float64) func(*rand.Rand) float64 { return func(*rand.Rand) float64 { return f } }
	for name, length := range map[string]func(*rand.Rand) float64{
		"as drawn": same(1), "times 1e-9": same(1e-9), "times 1e9": same(1e9), "times 2^-60": same(0x1p-60),
		"each of a length of its own": func(rng *rand.Rand) float64 { return math.Ldexp(1, rng.IntN(21)-10) },
		farApart:                      func(rng *rand.Rand) float64 { return math.Ldexp(1, rng.IntN(61)-30) },
	} {
		undecided := 0
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
					switch {
					case name == farApart && errors.Is(err, convex.ErrInaccurate) && sol.Status == convex.Inaccurate:
						undecided++
					case !errors.Is(err, convex.ErrInfeasible):
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
						if margin := logits.At(s[0], j) - logits.At(k, j); k != s[0] && !(margin >= 1-1e-8) {
							t.Errorf("%s: context %d has margin %v against token %d", at, j, margin, k)
						}
					}
				}
			}
		}
		if undecided > 2 {
			t.Errorf("%s: %d of 40 inseparable ones are undecided", name, undecided)
		}
	}
}

const farApart = "each of a length of its own, 2^-30 to 2^30"

// TestTightenedCertificate: a W whose margins have been asked for more of has the certificate of the
// program as it is.
func TestTightenedCertificate(t *testing.T) {
	h := mat.NewDense(2, 3, []float64{0x1p-30, 0x1p30, -0x1p30, 0x1p-31, -0x1p28, 0x1.1p27})
	p, err := NewNextToken(h, 2, [][]int{{0}, {0}, {1}})
	if err != nil {
		t.Fatal(err)
	}
	sol, err := p.Solve(background, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := p.marginsOf(sol.W.RawMatrix().Data)
	if at.missed() {
		t.Errorf("margin %v", at.at[at.least])
	}
	if want := floats.Dot(sol.W.RawMatrix().Data, sol.W.RawMatrix().Data) / 2; !(math.Abs(sol.Primal-want) <= 1e-12*want) {
		t.Errorf("primal value %v, want %v", sol.Primal, want)
	}
	sum := 0.0 // of the multipliers, each of a margin of one
	for _, c := range p.off {
		sum -= sol.U.At(c.token, c.context)
	}
	if want := sum - sol.Primal; !(math.Abs(sol.Dual-want) <= 1e-9*sol.Primal) {
		t.Errorf("dual value %v, want %v", sol.Dual, want)
	}
}

// TestNearContexts has two contexts that are ε apart and have different next tokens, and sometimes
// others. An answer has margins of one; down to 1e-6 there is one.
func TestNearContexts(t *testing.T) {
	for _, e := range []float64{1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7} {
		solved := 0
		for seed := range uint64(30) {
			rng := qptest.Rand(seed)
			d := 5
			a, dir := qptest.NormalVec(rng, d), qptest.NormalVec(rng, d)
			columns, supports := [][]float64{a, floats.AddScaledTo(make([]float64, d), a, e, dir)}, [][]int{{0}, {1}}
			if seed%2 == 0 {
				for range 3 {
					columns, supports = append(columns, qptest.NormalVec(rng, d)), append(supports, []int{rng.IntN(3)})
				}
			}
			h := mat.DenseCopyOf(mat.NewDense(len(columns), d, slices.Concat(columns...)).T())
			p, err := NewNextToken(h, 3, supports)
			if err != nil {
				t.Fatal(err)
			}
			sol, err := p.Solve(background, &convex.Options{Tolerance: 1e-8})
			if err != nil {
				if !errors.Is(err, convex.ErrInaccurate) {
					t.Errorf("%g apart, seed %d: %v", e, seed, err)
				}
				continue
			}
			solved++
			if at := p.marginsOf(sol.W.RawMatrix().Data); at.missed() {
				t.Errorf("%g apart, seed %d: margin %v", e, seed, at.at[at.least])
			}
		}
		if e >= 1e-6 && solved < 30 {
			t.Errorf("%g apart: %d of 30 solved", e, solved)
		}
	}
}

// TestContradiction: a proof for harder margins is one for margins of one, with multipliers that sum to one,
// where it reaches farther than the W that misses them.
func TestContradiction(t *testing.T) {
	for residual, want := range map[float64]error{1e-12: convex.ErrInfeasible, 1e-5: convex.ErrInaccurate} {
		proof := &convex.Solution{Mu: []float64{1, 3}, Lambda: []float64{-2}, Certificate: convex.Certificate{Status: convex.PrimalInfeasible, Residual: residual}}
		missing := &convex.Solution{X: []float64{3, -4}, Certificate: convex.Certificate{Status: convex.Optimal}}
		sol, err := contradiction(proof, missing)
		if !errors.Is(err, want) {
			t.Errorf("residual %g: %v, want %v", residual, err, want)
			continue
		}
		if want == convex.ErrInaccurate {
			if sol != missing || sol.Status != convex.Inaccurate {
				t.Errorf("residual %g: %+v", residual, sol)
			}
			continue
		}
		if sol.Status != convex.PrimalInfeasible || sol.Mu[0] != 0.25 || sol.Mu[1] != 0.75 || sol.Lambda[0] != -0.5 || sol.Residual != residual/4 {
			t.Errorf("residual %g: %+v", residual, sol)
		}
	}
}
