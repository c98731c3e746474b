package geometry

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/maxmargin"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// gapTol is ten times the relative gap that the solver of the NTP-SVM closes.
const gapTol = 1e-9

// The solution proves itself: feasible, and a dual matrix of the same value.
func TestLmm(t *testing.T) {
	for name, p := range shapes(t) {
		mm := must(Lmm(p, nil))(t)
		least, spread := p.Margins(mm.L)
		if !(least >= 1-identityTol && spread <= identityTol) {
			t.Errorf("%s: margin %g, spread %g", name, least, spread)
		}
		near(t, name+": ‖A‖₂", math.Max(matrix.Spectral(mm.A), 1), 1, identityTol)
		sum := 0.0
		for j := range p.S {
			near(t, fmt.Sprintf("%s: column %d of A", name, j), mat.Sum(mm.A.ColView(j)), 0, identityTol)
			for v := range p.V {
				if !p.Follows(v, j) {
					sum -= mm.A.At(v, j)
					if mm.A.At(v, j) > identityTol {
						t.Errorf("%s: A[%d,%d] = %g off the support", name, v, j, mm.A.At(v, j))
					}
				}
			}
		}
		near(t, name+": primal over dual", matrix.Nuclear(mm.L)/sum, 1, gapTol)
	}
}

// A certificate without positive entries off the supports makes the proxy exact, and one
// with does not.
func TestProxyCertificate(t *testing.T) {
	exact := map[string]bool{"one-hot": true, "subsets": true, "fano": true, "blocks": true, "nested": true}
	for name, p := range shapes(t) {
		c := must(ProxyCertificate(p))(t)
		gain := matrix.Nuclear(p.Proxy())/must(Lmm(p, p.Feasible(newRand(930))))(t).Primal - 1
		if (c.Worst <= certTol) != exact[name] || (c.Violated == 0) != exact[name] {
			t.Errorf("%s: largest entry %g, fraction positive %g; want exact %t", name, c.Worst, c.Violated, exact[name])
		}
		if (gain <= gapTol) != exact[name] {
			t.Errorf("%s: the proxy is %g longer than the optimum; want exact %t", name, gain, exact[name])
		}
		L := p.Feasible(newRand(931))
		near(t, name+": <A, L - S̃>", matrix.Inner(c.A, matrix.Add(L, -1, p.Proxy())), MarginSum(p, c.A, L), 100*identityTol)
	}
}

// A token that is in every support does no harm.
func TestTokenInEverySupport(t *testing.T) {
	p := must(softlabel.NewPattern(4, [][]int{{0, 1}, {0, 2}, {0, 1, 3}}))(t)
	mm := must(Lmm(p, nil))(t)
	if least, _ := p.Margins(mm.L); !(least >= 1-identityTol) || !(mm.Gap <= gapTol) {
		t.Errorf("margin %g, gap %g", least, mm.Gap)
	}
}

// Several starts agree: in the nuclear norm always, in the matrix where it is unique.
func TestStarts(t *testing.T) {
	solutions := must(Starts(softlabel.Recorded(), 3, newRand(932)))(t)
	for i, s := range solutions {
		near(t, fmt.Sprintf("nuclear norm of start %d", i), s.Primal/solutions[0].Primal, 1, gapTol)
	}
	if d := Spread(solutions); !(d <= math.Sqrt(gapTol)) {
		t.Errorf("solutions differ by %g", d)
	}
	if d := Spread(append(solutions, must(Starts(softlabel.Fano(), 0, nil))(t)...)[:1]); d != 0 {
		t.Errorf("one solution differs from itself by %g", d)
	}
}

// The gap is zero at the convex optimum, positive elsewhere, and zero is optimal from
// λ_max on.
func TestGap(t *testing.T) {
	s := labels(t, 933)
	top := LambdaMax(s)
	zero := mat.NewDense(s.V, len(s.S), nil)
	near(t, "gap of zero at λ_max", Gap(s, zero, top*(1+1e-12)), 0, identityTol)
	if gap := Gap(s, zero, 0.9*top); !(gap > 1e-4) {
		t.Errorf("gap of zero below λ_max: %g", gap)
	}
	best := must(ConvexOptimum(s, 1e-2))(t)
	value := best.Primal
	near(t, "gap at the optimum", Gap(s, best.L, 1e-2), 0, 1e-7) // the solver's tolerance is 1e-8 of a value of order one
	for range 5 {
		L := matrix.Add(best.L, 0.1, matrix.Gaussian(s.V, len(s.S), newRand(934)))
		above := s.Excess(L) + 1e-2*matrix.Nuclear(L) - value
		if gap := Gap(s, L, 1e-2); !(gap >= above-1e-7 && above > 0) {
			t.Errorf("gap %g of a point %g above the optimum", gap, above)
		}
	}
	if L := must(ConvexOptimum(s, 1.001*top))(t).L; matrix.MaxAbs(L) != 0 {
		t.Errorf("the optimum above λ_max has an entry %g, want exactly zero", matrix.MaxAbs(L))
	}
}

// The excess over λ tends to the norm of the max-margin logits as λ vanishes.
func TestExcessOverLambda(t *testing.T) {
	s := must(softlabel.Recorded().Uniform(2, newRand(935)))(t)
	const lambda = 1e-5
	best := must(ConvexOptimum(s, lambda))(t)
	near(t, "(CE - H)/λ over ‖Lmm‖_*", best.Value/lambda/must(Lmm(s.Pattern, nil))(t).Primal, 1, 0.02) // as 1/log(1/λ)²
}

// TestStartsAreDifferent asks that the random starts are used: other iterates leave other
// last digits; and that Spread sees a solution that is not the first one.
func TestStartsAreDifferent(t *testing.T) {
	solutions := must(Starts(softlabel.Recorded(), 1, newRand(933)))(t)
	if mat.Equal(solutions[0].L, solutions[1].L) {
		t.Error("a random start gives the matrix of the proxy's start to the last digit")
	}
	twice := *solutions[0]
	twice.L = matrix.Add(twice.L, 1, twice.L)
	if d := Spread([]*maxmargin.NuclearSolution{solutions[0], &twice}); math.Abs(d-1) > 1e-12 {
		t.Errorf("spread of L and 2L is %g, not 1", d)
	}
}
