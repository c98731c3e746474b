package attention

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestStepInequality: 5,000 inequalities at random points for steps from a thousandth
// to ten times ‖W_mm‖; without the corrections in the length some of them fail.
func TestStepInequality(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	bareFails, tight := 0, 0
	for seed := range uint64(100) {
		s := gaussianSetup(t, 5, 4, 5+int(seed%12), seed)
		for range 10 {
			a := gaussian(s.k.Rows(), 3*rng.Float64(), rng)
			length := s.all.Norm * math.Pow(10, -3+4*rng.Float64())
			q, after := s.coupling.Step(a, length)
			if len(after) != len(a) {
				t.Fatal("margins lost")
			}
			for i := range q.Left {
				scale := 1e-10 * (1 + math.Abs(q.Right[i]))
				if !(q.Left[i] >= q.Right[i]-scale) {
					t.Errorf("seed %d, length %g: s_%d rises by %g, less than %g", seed, length, i, q.Left[i], q.Right[i])
				}
				if !(q.Left[i] >= q.Bare[i]-scale) {
					bareFails++
				}
				if q.Left[i]-q.Right[i] < 0.2*math.Abs(q.Right[i]) {
					tight++
				}
			}
		}
	}
	if bareFails == 0 {
		t.Error("the corrections in the length are never needed")
	}
	if tight == 0 {
		t.Error("a right side larger by a fifth would hold as well: too slack to test anything")
	}
}

// TestStepOfTwoTokens: for T = 2 the bare inequality is exact up to the cross terms, for
// steps of every length.
func TestStepOfTwoTokens(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for seed := range uint64(100) {
		s := gaussianSetup(t, 2, 2, 4, seed)
		a := gaussian(2, 3, rng)
		q, _ := s.coupling.Step(a, s.all.Norm*math.Pow(10, -2+5*rng.Float64()))
		for i := range q.Left {
			if q.Right[i] != q.Bare[i] {
				t.Errorf("a correction for one margin: %+v", q)
			}
			if s.k.K.At(0, 1) < 0 {
				near(t, "s⁺ - s", q.Left[i], q.Right[i], 1e-9)
			}
		}
	}
}
