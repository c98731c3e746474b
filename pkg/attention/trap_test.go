package attention

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// TestSubset: a subset's program is that of its sequences alone, with its certificate.
func TestSubset(t *testing.T) {
	for seed := range uint64(60) {
		s := gaussianSetup(t, 4, 3, 5+int(seed%6), seed)
		sub, err := s.k.Subset(t.Context(), []int{1, 3})
		if err != nil {
			t.Fatal(err)
		}
		part := &Data{N: 2, T: s.p.T, D: s.p.D, Y: []float64{1, 1}}
		size := s.p.T * s.p.D
		for _, i := range sub.Of {
			part.X = append(part.X, s.p.X[i*size:(i+1)*size]...)
		}
		svm, err := part.Select(t.Context(), []int{s.p.Opt[1], s.p.Opt[3]})
		if err != nil {
			t.Fatal(err)
		}
		near(t, "‖W_A‖", sub.Norm, svm.Norm, 1e-5)
		want := s.p.At(svm.W).Margins()
		if d := floats.Distance(sub.A, want, math.Inf(1)); !(d < 1e-3) {
			t.Errorf("seed %d: margins of W_A differ by %g", seed, d)
		}
		near(t, "value", sub.Value, math.Max(floats.Min(want[:2]), floats.Min(want[4:6])), 1e-3)
	}
}

// TestTrapByHand: the stuck pair has one trap, {1}, of value -6/4; the control none.
func TestTrapByHand(t *testing.T) {
	s := mustDerive(t)(StuckPair(1))
	traps, err := s.k.Traps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(traps) != 1 || len(traps[0].Of) != 1 || traps[0].Of[0] != 0 {
		t.Fatalf("traps %+v, want the first sequence alone", traps)
	}
	near(t, "value", traps[0].Value, -1.5, 1e-9)
	traps, err = mustDerive(t)(FreePair(1)).k.Traps(t.Context())
	if err != nil || len(traps) != 0 {
		t.Errorf("the control has traps %+v, %v", traps, err)
	}
	for name, A := range map[string][]int{"none": {}, "twice": {0, 0}, "down": {1, 0}, "beyond": {2}} {
		if _, err := s.k.Subset(t.Context(), A); !errors.Is(err, ErrData) {
			t.Errorf("%s gave %v, want ErrData", name, err)
		}
	}
}

// TestTwoSequences: for n = T = 2 a run from some start gets stuck if and only if
// -K_12 > min(K_11, K_22), on hundreds of random kernels.
func TestTwoSequences(t *testing.T) {
	stuck, free := 0, 0
	for seed := range uint64(300) {
		s := gaussianSetup(t, 2, 2, 2+int(seed%3), seed)
		K := s.k.K
		border := -K.At(0, 1) / math.Min(K.At(0, 0), K.At(1, 1))
		traps, err := s.k.Traps(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if (len(traps) > 0) != (border > 1) {
			t.Errorf("seed %d: %d traps with -K_12/min(K_11, K_22) = %g", seed, len(traps), border)
		}
		switch {
		case border > 1.2:
			stuck++
			if o := s.from(t, traps[0], 200); o.End != Stuck {
				t.Errorf("seed %d: border %g, from the trap %+v", seed, border, o)
			}
		case border < 0.8:
			free++
			for i := range 2 {
				one, err := s.k.Subset(t.Context(), []int{i})
				if err != nil {
					t.Fatal(err)
				}
				if o := s.from(t, one, 30); o.End != Converged {
					t.Errorf("seed %d: border %g, from W_{%d} %+v", seed, border, i, o)
				}
			}
		}
	}
	if stuck < 20 || free < 100 {
		t.Errorf("%d instances beyond the border and %d below", stuck, free)
	}
}

// from runs normalized descent from c W_A.
func (s *setup) from(t testing.TB, sub *Subset, c float64) Outcome {
	t.Helper()
	a := make([]float64, len(sub.A))
	floats.ScaleTo(a, c, sub.A)
	o, err := s.k.Settle(t.Context(), KernelRun{Method: NGD, Eta: 0.1 * s.all.Norm, Start: a, Norm: c * sub.Norm, Steps: 200000}, s.all)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestStuckRunsEndInTraps: on small random instances a run from a random start
// converges or ends in a trap, and only where the enumeration finds one. Undecided runs
// are counted: a trap of value near -1 is approached slowly.
func TestStuckRunsEndInTraps(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 21))
	ends := map[End]int{}
	for seed := range uint64(150) {
		s := gaussianSetup(t, 3, 3, 3+int(seed%3), seed)
		traps, err := s.k.Traps(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		W := randomW(s.p.D, 1, rng)
		W.Scale(10*s.all.Norm/mat.Norm(W, 2), W)
		o, err := s.k.Settle(t.Context(), KernelRun{Method: NGD, Eta: 0.1 * s.all.Norm, Start: s.p.At(W).Margins(), Norm: 10 * s.all.Norm, Steps: 50000}, s.all)
		if err != nil {
			t.Fatal(err)
		}
		ends[o.End]++
		if o.End == Stuck && len(traps) == 0 {
			t.Errorf("seed %d: stuck without a trap: %+v", seed, o)
		}
	}
	if ends[Stuck] < 15 || ends[Undecided] > 5 || ends[Broken] > 0 {
		t.Errorf("ends %v", ends)
	}
}

// TestNoTrapIsLeft: a run from 20 W_A leaves a subset whose worst sequence outside has
// a margin between -0.9 and 0.
func TestNoTrapIsLeft(t *testing.T) {
	left := 0
	for seed := range uint64(200) {
		s := gaussianSetup(t, 3, 2, 3+int(seed%4), seed)
		for i := range s.k.N {
			sub, err := s.k.Subset(t.Context(), []int{i})
			if err != nil {
				t.Fatal(err)
			}
			if sub.Value < -0.9 || sub.Value > 0 {
				continue
			}
			left++
			if o := s.from(t, sub, 20); len(o.On) == 1 && o.On[0] == i && o.End == Stuck {
				t.Errorf("seed %d: %d, no trap of value %g, holds the run: %+v", seed, i, sub.Value, o)
			}
		}
	}
	if left < 50 {
		t.Errorf("%d subsets that are no traps", left)
	}
}

// TestCertify: multipliers that are t times too large leave 1 - 1/t of the sum of the
// multipliers, however many rows share it; those that are too small leave the margins.
func TestCertify(t *testing.T) {
	const n = 20
	K := mat.NewSymDense(n, nil)
	alpha := make([]float64, n)
	for i := range n {
		K.SetSym(i, i, 4)
	}
	for _, by := range []float64{0.5, 0.9, 1, 1.1, 3} {
		for i := range alpha {
			alpha[i] = by / 4
		}
		near(t, "residual", certify(K, alpha), math.Max(math.Abs(1-1/by), 1-by), 1e-12)
	}
}
