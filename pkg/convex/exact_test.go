package convex

import (
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// TestRoundedEntries: entries that are the rounding of zeros, 6e-17 here, decide the units in which the
// interior point method solves a program. Its answer is brought to rounding in those of the data.
func TestRoundedEntries(t *testing.T) {
	third := math.Sqrt(3) / 2
	zero := math.Cos(math.Pi / 2)
	h := [][]float64{{zero, 1}, {-third, -0.5}, {third, -0.5}}
	// The least decoder of five tokens, of which {2, 3, 4}, {1, 2, 5} and {1, 4, 5} follow
	// one context each: equal logits on these, less by one elsewhere.
	supports := [][]int{{1, 2, 3}, {0, 1, 4}, {0, 3, 4}}
	var equal, less [][]float64
	for j, s := range supports {
		row := func(a, b int) []float64 {
			out := make([]float64, 10)
			for i, v := range h[j] {
				out[2*a+i], out[2*b+i] = v, -v
			}
			return out
		}
		in := map[int]bool{}
		for _, z := range s {
			in[z] = true
		}
		for _, z := range s[1:] {
			equal = append(equal, row(s[0], z))
		}
		for v := range 5 {
			if !in[v] {
				less = append(less, row(s[0], v))
			}
		}
	}
	ones := make([]float64, len(less))
	for i := range ones {
		ones[i] = 1
	}
	p := &QP{G: fromRows(less...), H: ones, A: fromRows(equal...), B: make([]float64, len(equal))}
	sol, err := p.Solve(background, nil)
	if err != nil {
		t.Fatal(err)
	}
	x, high := 2/math.Sqrt(3), 0.8
	want := []float64{0, -1.5 * high, -x, high, 0, high, x, high, 0, -1.5 * high}
	qptest.CheckSame(t, "x", sol.X, want, 1e-13)
	if !(sol.Residual <= 1e-13) {
		t.Errorf("residual %g", sol.Residual)
	}
}
