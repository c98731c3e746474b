package maxmargin

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// TestViolation compares with the constraints one by one, on matrices that violate them in
// every way: unequal logits of a support, and margins below one.
func TestViolation(t *testing.T) {
	rng := qptest.Rand(41)
	for range 20 {
		const tokens, m = 6, 4
		supports := qptest.Supports(rng, tokens, m, 1, 3)
		p := mustNuclear(t, tokens, supports)
		l := qptest.Normals(rng, tokens, m)
		want := 0.0
		for j, s := range supports {
			in := make([]bool, tokens)
			for _, z := range s {
				in[z] = true
			}
			for _, z := range s {
				for v := range tokens {
					if in[v] {
						want = max(want, math.Abs(l.At(z, j)-l.At(v, j)))
					} else {
						want = max(want, 1-l.At(z, j)+l.At(v, j))
					}
				}
			}
		}
		if got := p.Violation(l); !(math.Abs(got-want) <= 1e-14) {
			t.Errorf("supports %v: violation %g, want %g", supports, got, want)
		}
		// Equal logits of a support that are not enough above the others, and the other way.
		flat := mat.DenseCopyOf(p.Proxy())
		flat.Scale(0.25, flat)
		if got := p.Violation(flat); !(math.Abs(got-0.75) <= 1e-14) {
			t.Errorf("a quarter of the proxy violates by %g, want 0.75", got)
		}
	}
}

// TestCertifyParts moves a solution and its proof off in one way each, and looks where the
// certificate shows it.
func TestCertifyParts(t *testing.T) {
	const tokens = 5
	p := mustNuclear(t, tokens, [][]int{{0, 1}, {2}, {0, 3}, {1, 2}})
	sol, err := p.Solve(background, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	moved := func(change func(s *NuclearSolution)) *NuclearSolution {
		s := *sol
		s.DualSum, s.Dual = 0, 0
		s.L, s.A = mat.DenseCopyOf(sol.L), mat.DenseCopyOf(sol.A)
		change(&s)
		p.certify(&s)
		return &s
	}
	if s := moved(func(*NuclearSolution) {}); !(math.Abs(s.Residual-sol.Residual) <= 1e-15) {
		t.Errorf("certified again, the residual is %g and was %g", s.Residual, sol.Residual)
	}
	for _, c := range []struct {
		name   string
		change func(s *NuclearSolution)
		dual   float64 // residual to be seen
		primal float64
	}{
		{"a column of the proof that does not sum to zero", func(s *NuclearSolution) { s.A.Set(0, 0, s.A.At(0, 0)+0.1) }, 0.1, 0},
		{"a positive entry off the support", func(s *NuclearSolution) {
			d := 0.1 - s.A.At(4, 1)
			s.A.Set(4, 1, 0.1)
			s.A.Set(2, 1, s.A.At(2, 1)-d)
		}, 0.1, 0},
		{"a proof of norm 1.1", func(s *NuclearSolution) { s.DualNorm = 1.1 }, 0.1, 0},
		{"a logit of a support that is higher", func(s *NuclearSolution) { s.L.Set(1, 0, s.L.At(1, 0)+0.1) }, 0, 0.1},
		{"a margin of 0.9", func(s *NuclearSolution) { s.L.Set(4, 1, s.L.At(2, 1)-0.9) }, 0, 0.1},
	} {
		s := moved(c.change)
		if !(math.Abs(s.DualResidual-c.dual) <= 1e-9) || !(math.Abs(s.PrimalResidual-c.primal) <= 1e-9) || s.Residual < max(c.dual, c.primal)-1e-9 {
			t.Errorf("%s: primal residual %g, dual %g, all %g; want %g and %g", c.name, s.PrimalResidual, s.DualResidual, s.Residual, c.primal, c.dual)
		}
	}
}
