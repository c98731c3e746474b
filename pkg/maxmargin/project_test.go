package maxmargin

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// TestProjectMargins compares with the definition: the breakpoints of the constant
// are tried one after the other.
func TestProjectMargins(t *testing.T) {
	for seed := range uint64(200) {
		rng := qptest.Rand(seed)
		n := 1 + rng.IntN(12)
		x, r := qptest.NormalVec(rng, n), make([]float64, n)
		floats.Scale(3, x)
		for i := range r {
			r[i] = float64(1 + rng.IntN(4))
			if rng.IntN(4) == 0 {
				x[i] = float64(rng.IntN(3)) // ties
			}
		}
		in := rng.Perm(n)[:1+rng.IntN(n)]
		slices.Sort(in)
		off := complement(in, n)
		got := slices.Clone(x)
		projectMargins(got, r, in, off)
		qptest.CheckSame(t, "projection", got, bruteProjection(x, r, in, off), qptest.ExactTol)
		again := slices.Clone(got)
		projectMargins(again, r, in, off)
		qptest.CheckSame(t, "projection of a feasible column", again, got, qptest.ExactTol)
	}
}

// bruteProjection tries the constant for every number of the largest entries off
// the support.
func bruteProjection(x, r []float64, in, off []int) []float64 {
	sorted := slices.Clone(off)
	slices.SortFunc(sorted, func(a, b int) int {
		if x[a] > x[b] {
			return -1
		}
		return 1
	})
	best, least := []float64(nil), math.Inf(1)
	for k := range len(sorted) + 1 {
		var s, w float64
		for _, i := range in {
			s, w = s+r[i]*x[i], w+r[i]
		}
		for _, i := range sorted[:k] {
			s, w = s+r[i]*(x[i]+1), w+r[i]
		}
		candidate := slices.Clone(x)
		cost := 0.0
		for _, i := range in {
			candidate[i] = s / w
		}
		for _, i := range off {
			candidate[i] = min(x[i], s/w-1)
		}
		for i := range x {
			cost += r[i] * (candidate[i] - x[i]) * (candidate[i] - x[i])
		}
		if cost < least {
			best, least = candidate, cost
		}
	}
	return best
}

// TestProject checks the variational inequality of a projection on a convex set:
// ⟨X - P X, F - P X⟩ ≤ 0 for every feasible F.
func TestProject(t *testing.T) {
	rng := qptest.Rand(4)
	p := mustNuclear(t, 31, qptest.Lessons)
	for range 20 {
		x := qptest.Normals(rng, 31, 16)
		x.Scale(3, x)
		px, f := mat.NewDense(31, 16, nil), qptest.Normals(rng, 31, 16)
		p.Project(px, x)
		p.Project(f, f)
		if v := math.Max(p.Violation(px), p.Violation(f)); !(v <= feasibleTol) {
			t.Errorf("a projection violates a constraint by %g", v)
		}
		x.Sub(x, px)
		f.Sub(f, px)
		inner := floats.Dot(x.RawMatrix().Data, f.RawMatrix().Data)
		if !(inner <= qptest.ExactTol) {
			t.Errorf("⟨X - P X, F - P X⟩ = %g", inner)
		}
	}
	if v := p.Violation(mat.NewDense(31, 16, nil)); v != 1 {
		t.Errorf("zero violates the margins by %g, want 1", v)
	}
}
