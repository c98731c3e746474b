package capacity

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// rankOf returns the largest rank of three draws whose singular values part clearly.
func rankOf(t *testing.T, c Config, rng *rand.Rand) int {
	t.Helper()
	all, rank := Sequences(c.Zeta, c.T), 0
	best := 0.0
	for range 3 {
		p, err := Random(c, Tanh, rng)
		if err != nil {
			t.Fatal(err)
		}
		if r, gap := NumericRank(p.CentredJacobian(all)); r > rank || r == rank && gap > best {
			rank, best = r, gap
		}
	}
	if !(best > 1e3) {
		t.Errorf("%+v: the singular values beside rank %d have the ratio %.1g", c, rank, best)
	}
	return rank
}

// The sizes are corners of the formula: d0 > d, d1 > d, m < d, T = 2, d = ζ, more heads.
func TestEffective(t *testing.T) {
	rng := generator()
	for _, test := range []struct {
		c    Config
		want int
	}{
		{small, 32},
		{Config{Zeta: 3, T: 4, D: 3, M: 6, D1: 2, D0: 2, Heads: 2}, 68},
		{Config{Zeta: 4, T: 3, D: 2, M: 5, D1: 1, D0: 2, Heads: 1}, 40},
		{Config{Zeta: 5, T: 3, D: 2, M: 7, D1: 2, D0: 3, Heads: 2}, 71},
		{Config{Zeta: 3, T: 4, D: 2, M: 4, D1: 2, D0: 4, Heads: 1}, 32},
		{Config{Zeta: 4, T: 3, D: 2, M: 5, D1: 2, D0: 5, Heads: 1}, 42},
		{Config{Zeta: 5, T: 3, D: 2, M: 1, D1: 2, D0: 6, Heads: 2}, 27},
		{Config{Zeta: 6, T: 2, D: 2, M: 1, D1: 2, D0: 3, Heads: 3}, 34},
		{Config{Zeta: 4, T: 3, D: 2, M: 5, D1: 4, D0: 2, Heads: 1}, 42},
	} {
		rank := rankOf(t, test.c, rng)
		effective, err := test.c.Effective()
		if err != nil || rank != test.want || effective != test.want || test.c.Dimensions() != test.want {
			t.Errorf("%+v: rank %d, k_eff = %d, at most %d, want all %d (error %v)", test.c, rank, effective, test.c.Dimensions(), test.want, err)
		}
	}
}

// Where the formula does not reach, it says so, and the bound still holds.
func TestEffectiveKnowsItsLimits(t *testing.T) {
	rng := generator()
	for _, c := range []Config{
		{Zeta: 9, T: 1, D: 2, M: 3, D1: 1, D0: 2, Heads: 1},
		{Zeta: 3, T: 4, D: 5, M: 4, D1: 2, D0: 2, Heads: 1},
		{Zeta: 4, T: 3, D: 3, M: 1, D1: 2, D0: 3, Heads: 1},
		{Zeta: 3, T: 4, D: 4, M: 8, D1: 4, D0: 7, Heads: 1},
		{Zeta: 6, T: 2, D: 6, M: 6, D1: 1, D0: 6, Heads: 1},
	} {
		if _, err := c.Effective(); !errors.Is(err, ErrInput) {
			t.Errorf("%+v gives the error %v", c, err)
		}
		if rank := rankOf(t, c, rng); rank > c.Dimensions() || c.Dimensions() > c.Params() {
			t.Errorf("%+v: rank %d, at most %d expected", c, rank, c.Dimensions())
		}
	}
}

// Equation (5) and its form with the share of the hidden layer, at sizes where that share is
// above 99 % and the bounds lie a thousand apart.
func TestShareDoesNotBoundTheRatio(t *testing.T) {
	c := Config{Zeta: 2, T: 8, D: 1000, M: 1_000_000, D1: 1, D0: 1, Heads: 1}
	ratio, _ := c.Tightness()
	share := c.HiddenShare()
	if !(share > 0.99 && ratio > 1000) {
		t.Errorf("share %g, ratio %g", share, ratio)
	}
	if got := float64(c.Zeta+c.D+1) / float64(c.Zeta-1) / share; !(math.Abs(got/ratio-1) <= float64Tol) {
		t.Errorf("(ζ+d+1)/(ζ-1)/share is %g, want %g", got, ratio)
	}
}
