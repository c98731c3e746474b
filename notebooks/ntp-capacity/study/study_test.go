package study

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/capacity"
	"github.com/marginalia-ml/marginalia/pkg/model"
)

// A gap that is a power of the width crosses a level where the power says, and widths that
// grow like n have the counts of parameters that the formula gives.
func TestCrossing(t *testing.T) {
	row := func(c float64, only bool) (fits []capacity.Fit) {
		for _, m := range []int{4, 8, 16, 32} {
			fits = append(fits, capacity.Fit{Training: capacity.Training{Hidden: m, Only: only}, Contexts: 7, Zeta: 10,
				Entropy: 3, Gap: 3 * c / float64(m*m)})
		}
		return fits
	}
	for _, want := range []float64{5, 11, 31} {
		if got := Crossing(row(want*want, false), 1); !(math.Abs(got/want-1) <= 1e-12) {
			t.Errorf("the level is passed at %v, want %v", got, want)
		}
		n, all := Needed([][]capacity.Fit{row(want*want, false)}, 1)
		_, hidden := Needed([][]capacity.Fit{row(want*want, true)}, 1)
		m := int(want)
		fnn := model.NewOpenings(10, m).CountFNN()
		if n[0] != 7 || !(math.Abs(all[0]/float64(capacity.TrainedCount(10, m))-1) <= 1e-12) || !(math.Abs(hidden[0]/float64(fnn)-1) <= 1e-12) {
			t.Errorf("at m = %d: %v and %v parameters, want %d and %d", m, all, hidden, capacity.TrainedCount(10, m), fnn)
		}
	}
	if got := Crossing(row(1e9, false), 1); !math.IsNaN(got) {
		t.Errorf("a level that is not passed gives the width %v", got)
	}
}

// Factors of two up and down move a slope by at most Doublings, and by that much for the worst
// ones.
func TestDoublings(t *testing.T) {
	x := []float64{3, 10, 25, 90}
	mean, square := 0.0, 0.0
	for _, v := range x {
		mean += math.Log(v) / 4
	}
	for _, v := range x {
		square += (math.Log(v) - mean) * (math.Log(v) - mean)
	}
	worst := 0.0
	for signs := range 16 {
		slope := 0.0
		for i, v := range x {
			if signs>>i&1 == 1 {
				slope += (math.Log(v) - mean) * math.Ln2 / square
			}
		}
		worst = max(worst, math.Abs(slope))
	}
	if got := Doublings(x); !(math.Abs(got/worst-1) <= 1e-12) {
		t.Errorf("doublings can move the slope by %v, want %v", got, worst)
	}
}

// The dimension count is the first width whose count reaches n(ζ-1), and whose logits the rank of
// the targets. With one neuron less, one of the two is short.
func TestCounted(t *testing.T) {
	for _, n := range []int{1, 2, 3, 8, 14, 15, 16, 32} {
		c := Dense(n, 1, n, 1).Config
		c.M = Counted(n)
		rank := func() int { return capacity.Rationals(targets(n, c.M)).Rank() }
		if c.Dimensions() < 3*n || rank() < min(n, 3) {
			t.Errorf("n = %d: %d dimensions and rank %d at m = %d", n, c.Dimensions(), rank(), c.M)
		}
		if c.M--; c.M > 0 && c.Dimensions() >= 3*n && rank() >= min(n, 3) {
			t.Errorf("n = %d: m = %d would do", n, c.M)
		}
	}
	if Below([]int{1, 1}) == nil || Below([]int{1, 2}) != nil {
		t.Error("only n = 1 has no width that is too small")
	}
}

// targets is a generic n×3 matrix that m neurons make.
func targets(n, m int) (A [][]*big.Rat) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range n {
		A = append(A, capacity.Ints(0, 0, 0))
	}
	for range m {
		v := [3]int64{rng.Int64N(1000), rng.Int64N(1000), rng.Int64N(1000)}
		for i := range A {
			h := rng.Int64N(1000)
			for z := range v {
				A[i][z].Add(A[i][z], big.NewRat(h*v[z], 1))
			}
		}
	}
	return A
}

func TestRandomSizesAreInTheDomain(t *testing.T) {
	for _, c := range RandomSizes(50, rand.New(rand.NewPCG(1, 2))) {
		if _, err := c.Effective(); err != nil || len(capacity.Sequences(c.Zeta, c.T))*(c.Zeta-1) < c.Params() {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// A level that no width passes leaves the law's figure without its points, not without a figure.
func TestLawFigureWithoutACrossing(t *testing.T) {
	row := []capacity.Fit{{Contexts: 7, Zeta: 10, Entropy: 1, Gap: 9}, {Contexts: 7, Zeta: 10, Entropy: 1, Gap: 8}}
	if _, err := LawFigure([][]capacity.Fit{row}, [][]capacity.Fit{row}, 0.5, 2).SVG(); err != nil {
		t.Error(err)
	}
}
