package attention

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// TestStuckPair: from zero, with steps of any length and any order of lengths, s_1 never
// falls, s_2 never rises, and the second optimal token never gets half the attention.
func TestStuckPair(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	for copies := 1; copies <= 5; copies += 2 {
		s := mustDerive(t)(StuckPair(copies))
		floor := -math.Log(float64(copies))
		check := func(name string, method Method, eta func() float64, steps int) {
			a := make([]float64, s.k.Rows())
			before := []float64{floor, floor}
			for range steps {
				var at KernelState
				stopped, err := s.k.Run(KernelRun{Method: method, Eta: eta(), Start: a, Norm: 1, Steps: 1}, func(st KernelState) bool {
					at = st
					return true
				})
				if err != nil {
					t.Fatal(err)
				}
				if stopped != nil {
					return // a Polyak step out of range
				}
				copy(a, at.A)
				if at.S[0] < before[0] || at.S[1] > before[1] {
					t.Fatalf("%s, %d copies: from %v to %v", name, copies, before, at.S)
				}
				copy(before, at.S)
			}
			if before[0] <= floor {
				t.Errorf("%s: nothing moved", name)
			}
		}
		for _, eta := range []float64{0.01, 0.2, 1, 100} {
			check("NGD", NGD, func() float64 { return eta }, 500)
		}
		for _, eta := range []float64{0.1, 1, 10, 1000} {
			check("GD", GD, func() float64 { return eta }, 500)
		}
		for _, c := range []float64{0.5, 0.01} {
			check("Polyak", Polyak, func() float64 { return c }, 50)
		}
		check("random lengths", NGD, func() float64 { return math.Exp(3 * rng.NormFloat64()) }, 500)
	}
}

// TestStuckRegion: the ratio of the pulls is at most 3/7 on the cone s_1 ≥ 0,
// s_2 ≤ -1.2 s_1 that no run leaves, and not on a cone that is a little wider.
func TestStuckRegion(t *testing.T) {
	k := mustDerive(t)(StuckPair(1)).k
	most := func(slope float64) float64 {
		worst := 0.0
		for s1 := 0.0; s1 < 60; s1 += 0.05 {
			for below := 0.0; below < 40; below += 0.1 {
				worst = math.Max(worst, math.Exp(k.LogPull(1, -slope*s1-below)-k.LogPull(0, s1)))
			}
		}
		return worst
	}
	if got := most(1.2); !(got < 3./7) || !(got > 0.35) {
		t.Errorf("largest ratio %g, want 0.364", got)
	}
	if got := most(0.9); !(got > 3./7) {
		t.Errorf("largest ratio %g on the wider cone", got)
	}
}

// TestPairsOnDevice: the loops of Observe say the same, and the control converges.
func TestPairsOnDevice(t *testing.T) {
	stuck := mustDerive(t)(StuckPair(2))
	free := mustDerive(t)(FreePair(2))
	steps := []int{100, 1000}
	if _, err := Observe(context.Background(), "", []Run{
		{Problem: stuck.p, Method: NGD, Eta: 0.2, Steps: steps},
		{Problem: free.p, Method: NGD, Eta: 0.2, Steps: steps},
	}, func(run, k int, W *mat.Dense) {
		phi := stuck.p.At(W).OptPhi()
		if run == 0 {
			if !(phi[0] > 0.99 && phi[1] < 0.01) {
				t.Errorf("stuck pair after %d steps: %v", k, phi)
			}
			return
		}
		if phi := free.p.At(W).OptPhi(); !(floats.Min(phi) > 0.99) {
			t.Errorf("free pair after %d steps: %v", k, phi)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := StuckPair(0); !errors.Is(err, ErrData) {
		t.Errorf("no copies gave %v", err)
	}
}

// TestFreePair: every start and every step size converges, also far starts along both
// sequences' own directions.
func TestFreePair(t *testing.T) {
	s := mustDerive(t)(FreePair(1))
	rng := rand.New(rand.NewPCG(3, 1))
	for _, eta := range []float64{0.05, 0.3, 1} {
		for range 20 {
			W := randomW(2, 8, rng)
			o, err := s.k.Settle(t.Context(), KernelRun{Method: NGD, Eta: eta, Start: s.p.At(W).Margins(), Norm: mat.Norm(W, 2), Steps: 100000}, s.all)
			if err != nil || o.End != Converged {
				t.Errorf("step %g: %+v, %v", eta, o, err)
			}
		}
	}
}

// TestTower: the Polyak step leaves float64 on the device and in margins, and says so;
// normalized and plain descent and the clipped step converge from the same start, also
// from far further out.
func TestTower(t *testing.T) {
	p, W, err := TowerPair()
	s := mustDerive(t)(p, err)
	lengths := []float64{}
	run := KernelRun{Method: Polyak, Eta: 0.5, Start: p.At(W).Margins(), Norm: mat.Norm(W, 2), Steps: 1000}
	stopped, err := s.k.Run(run, func(st KernelState) bool {
		lengths = append(lengths, st.Length)
		return true
	})
	if err != nil || stopped == nil || stopped.Cause != NotFinite {
		t.Fatalf("ended %v, %v", stopped, err)
	}
	for i, want := range []float64{0.844, 1.25, 13.9, 6.1e4} { // the next is 10^26690
		near(t, "length", lengths[i+1]/want, 1, 9e-3) // two digits of 6.1 are ±0.8 %
	}
	device, err := Observe(t.Context(), "", []Run{{Problem: p, Method: Polyak, Eta: 0.5, Start: W, Steps: []int{1, 3, 10}}},
		func(int, int, *mat.Dense) {})
	if err != nil || device[0] == nil || device[0].Cause != NotFinite || device[0].Step != 10 {
		t.Errorf("on the device %v, %v", device, err)
	}
	for _, b := range []float64{1, 1.5, 3, 10, 25} {
		run := KernelRun{Norm: b * mat.Norm(W, 2), Start: make([]float64, 2), Steps: 100000}
		floats.ScaleTo(run.Start, b, p.At(W).Margins())
		for _, m := range []KernelRun{{Method: Clipped, Eta: 0.5, Longest: s.all.Norm}, {Method: Clipped, Eta: 0.1, Longest: 0.3}, {Method: NGD, Eta: 0.1}, {Method: NGD, Eta: 0.3}} {
			run.Method, run.Eta, run.Longest = m.Method, m.Eta, m.Longest
			stopped, err := s.k.Run(run, func(st KernelState) bool { return floats.Min(st.S) < 5 })
			if stopped != nil || err != nil {
				t.Errorf("%s from %g W_0: %v, %v", m.Method, b, stopped, err)
			}
		}
	}
}
