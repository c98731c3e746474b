package contrastive

import (
	"math"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// The derivatives of the 2k equations are those of their differences.
func TestRankOneDerivatives(t *testing.T) {
	p := problem(t, 0.7, 6, 2, 3, 9)
	s := newRankOne(p, Gram(RandomSphere(3, 4, rng(t))))
	g, h := rng(t), 1e-6
	for i := range 4 {
		s.a[i] += 0.1 * g.NormFloat64()
	}
	top := slices.Index(s.a, slices.Max(s.a)) // the second equations are divided by this w
	J := mat.NewDense(8, 8, nil)
	s.at(J)
	for j := range 8 {
		if j == top {
			continue
		}
		x := append(slices.Clone(s.a), s.b...)
		side := func(h float64) []float64 {
			y := slices.Clone(x)
			y[j] += h
			_, F := (&rankOne{s.r, s.n, y[:4], y[4:]}).at(nil)
			return F
		}
		up, down := side(h), side(-h)
		for i := range 8 {
			near(t, "derivative", J.At(i, j), (up[i]-down[i])/(2*h), 1e-7)
		}
	}
}

// A root meets the conditions of optimality to rounding: what L-BFGS alone leaves is much more.
func TestRankOneRoot(t *testing.T) {
	g := rng(t)
	for range 60 {
		sizes := make([]int, 2+g.IntN(8))
		for c := range sizes {
			sizes[c] = 2 + g.IntN(60)
		}
		p := problem(t, math.Exp(5*g.Float64()-3), sizes...)
		s, err := p.Reduced(ctx, g)
		if err != nil {
			t.Fatal(err)
		}
		if gap := (s.Loss - s.Lower) / s.Excess; !(s.Residual <= 1e-10 && gap <= sharpGap) {
			t.Errorf("%v, r = %v: residual %.1e, gap over the excess %.1e", sizes, p.R, s.Residual, gap)
		}
		for c := range sizes {
			near(t, "diagonal", s.M.At(c, c), 1, 1e-12)
		}
	}
}

// Classes that share a mean are one class to the others: the solution of merged sizes solves all.
func TestReducedMerged(t *testing.T) {
	s, err := problem(t, 0.1, 60, 5, 5, 5).Reduced(ctx, rng(t))
	if err != nil {
		t.Fatal(err)
	}
	if s.Rank() != 1 || !(s.Residual <= 1e-12) {
		t.Errorf("rank %d, residual %g; want a line", s.Rank(), s.Residual)
	}
	p := problem(t, 1, 1600, 1600, 10, 10) // two and two classes beyond R* = 143
	if s, err = p.Reduced(ctx, rng(t)); err != nil {
		t.Fatal(err)
	}
	three, err := problem(t, 1, 1600, 1600, 20).Reduced(ctx, rng(t))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "cosine of the merged", s.M.At(2, 3), 1, 1e-12)
	near(t, "cosine to a majority", s.M.At(0, 2), three.M.At(0, 2), 1e-9)
	near(t, "loss less floor", s.Loss, three.Loss, 1e-6)
}

// From far away nothing is claimed: what is returned has its certificate, or nothing is.
func TestSharpenedFromAnywhere(t *testing.T) {
	g, found := rng(t), 0
	for range 100 {
		p := problem(t, math.Exp(4*g.Float64()-2), 2+g.IntN(9), 2+g.IntN(9), 2+g.IntN(9), 2+g.IntN(9))
		s := p.sharpened(RandomSphere(5, 4, g))
		if s == nil {
			continue
		}
		found++
		best, err := p.Reduced(ctx, g)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "excess", s.Excess/best.Excess, 1, 1e-9)
	}
	if found == 0 {
		t.Error("no start led to a solution")
	}
}

// A hundred classes: the certificate is closed at every temperature, for equal and for very unequal sizes.
func TestReducedHundred(t *testing.T) {
	g := rng(t)
	drawn := make([]int, 100)
	for c := range drawn {
		drawn[c] = 2 + g.IntN(200)
	}
	one := slices.Repeat([]int{2}, 100)
	one[0] = 2000
	least := time.Hour
	for _, sizes := range [][]int{drawn, one, StepSizes(10, 50, 50, 5)} {
		for _, r := range []float64{0.1, 1, 30} {
			begin := time.Now()
			s, err := problem(t, r, sizes...).Reduced(ctx, random.Stream(1, "hundred"))
			if err != nil {
				t.Fatal(err)
			}
			least = min(least, time.Since(begin))
			if gap := 100 * math.Max(0, -s.LeastEigen) / s.Excess; !(gap <= 1e-9) {
				t.Errorf("largest class of %d, r = %v: gap over the excess %.1e", slices.Max(sizes), r, gap)
			}
		}
	}
	if least > 2*time.Second { // a tenth of it on a machine with nothing else to do
		t.Errorf("the quickest took %v", least)
	}
}

// Groups are what is near, and keep the total.
func TestGrouped(t *testing.T) {
	U := mat.NewDense(2, 4, []float64{1, -1, -math.Cos(0.1), 0, 0, 0, math.Sin(0.1), 1})
	group, total, mean := grouped([]int{7, 2, 3, 4}, U, sameMean)
	if !slices.Equal(group, []int{0, 1, 1, 2}) || !slices.Equal(total, []int{7, 5, 4}) {
		t.Errorf("groups %v of %v", group, total)
	}
	if want := mat.NewDense(2, 3, []float64{1, -1, 0, 0, 0, 1}); matrix.MaxAbs(matrix.Add(mean, -1, want)) > 0 {
		t.Errorf("columns %v", mat.Formatted(mean))
	}
	if _, total, _ = grouped([]int{7, 2, 3, 4}, U, 0); len(total) != 4 {
		t.Errorf("with nothing near: %v", total)
	}
}

// Columns that coincide on the way need not at the solution: the joined program's answer is refused.
func TestJoinedRefuses(t *testing.T) {
	g := rng(t)
	for range 40 {
		p := problem(t, math.Exp(3*g.Float64()-1), 2+g.IntN(9), 2+g.IntN(9), 2+g.IntN(9), 2+g.IntN(9))
		best, err := p.Reduced(ctx, g)
		if err != nil {
			t.Fatal(err)
		}
		U := mat.DenseCopyOf(best.U)
		U.SetCol(2, mat.Col(nil, 3, U))
		if s := p.joined(U, sameMean); s != nil && best.M.At(2, 3) < 0.99 {
			t.Errorf("%v, r = %v: joined, with an excess of %v of the least", p.Sizes, p.R, s.Excess/best.Excess)
		}
	}
	p := problem(t, 0.1, 60, 5, 5, 5) // where three classes share a mean
	U := mat.NewDense(2, 4, []float64{1, -1, -1, -1, 0, 0.01, 0, -0.01})
	if err := normalize(U); err != nil {
		t.Fatal(err)
	}
	if s := p.joined(U, sameMean); s == nil || s.Rank() != 1 {
		t.Errorf("three classes of one mean: %v", s)
	}
}

// The w of the start fits a gradient of rank one exactly.
func TestRankOneStart(t *testing.T) {
	for _, p := range []*Problem{problem(t, 1, 9, 9, 3, 3), problem(t, 4, 5, 2, 3), problem(t, 0.5, 7, 2)} {
		best, err := p.Reduced(ctx, rng(t))
		if err != nil {
			t.Fatal(err)
		}
		s := newRankOne(p, best.M)
		if M, F := s.at(nil); matrix.MaxAbs(matrix.Add(M, -1, best.M)) > 1e-9 || !(floats.Norm(F, 2) <= 1e-9) {
			t.Errorf("%v: off by %g, equations %g", p.Sizes, matrix.MaxAbs(matrix.Add(M, -1, best.M)), floats.Norm(F, 2))
		}
	}
}
