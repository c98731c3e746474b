package attention

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// orthogonalKernel has orthogonal V of the given squared norms, one a sequence.
func orthogonalKernel(square ...float64) *Kernel {
	n := len(square)
	k := &Kernel{N: n, T: 2, K: mat.NewSymDense(n, nil)}
	for i, v := range square {
		k.K.SetSym(i, i, v)
		k.Best, k.Gap = append(k.Best, 1), append(k.Gap, 1)
	}
	return k
}

// TestOrthogonalStability: for orthogonal V of any norms λ = 1/ω² and η* = 2ω.
func TestOrthogonalStability(t *testing.T) {
	for _, squares := range [][]float64{{1, 1}, {1, 4, 9}, {0.1, 5, 5, 30}} {
		k := orthogonalKernel(squares...)
		all, err := k.All(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s, err := k.Stability(all)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "η*/ω", s.Longest/all.Norm, 2, 1e-9)
		if !(s.Sufficient <= s.Longest*(1+1e-12)) {
			t.Errorf("sufficient %g above η* = %g", s.Sufficient, s.Longest)
		}
	}
	one := orthogonalKernel(3)
	all, err := one.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s, err := one.Stability(all); err != nil || !math.IsInf(s.Longest, 1) {
		t.Errorf("a single V: %+v, %v", s, err)
	}
	if _, err := orthogonalKernel(1, 2).Stability(all); err != nil {
		return
	}
	t.Error("the solution of another problem was accepted")
}

// TestStability attacks the border on random instances with all constraints active: the
// slope is -η/ω below it and short of that above, always by the mean cosine.
func TestStability(t *testing.T) {
	tried := 0
	for seed := range uint64(60) {
		s := gaussianSetup(t, 3, 3, 30, seed)
		if s.all.Active() != s.k.Rows() {
			continue
		}
		tried++
		stability, err := s.k.Stability(s.all)
		if err != nil {
			t.Fatal(err)
		}
		if !(stability.Sufficient <= stability.Longest) {
			t.Errorf("seed %d: %+v", seed, stability)
		}
		for _, factor := range []float64{0.9, 1.3} {
			eta := factor * stability.Longest
			ratio, cosine := s.slope(t, NGD, eta, 4000)
			near(t, "slope against mean cosine", ratio, cosine, 2e-3)
			if stable := math.Abs(ratio-1) < 1e-3; stable != (factor < 1) {
				t.Errorf("seed %d: at %g η* the slope is %g of η/ω", seed, factor, ratio)
			}
			c := factor * stability.Longest / s.all.Norm
			ratio, _ = s.slope(t, Polyak, c, 250) // e^{-708} is the last that float64 knows
			if stable := math.Abs(ratio-1) < 1e-3; stable != (factor < 1) {
				t.Errorf("seed %d: Polyak at c = %g: the slope is %g of c", seed, c, ratio)
			}
		}
	}
	if tried < 10 {
		t.Errorf("%d instances with all constraints active", tried)
	}
}

// slope returns the slope of the mean log-odds over its value -η/ω, or -c of the Polyak
// step, and the mean cosine between steps and W_mm, over the second half of the steps.
func (s *setup) slope(t testing.TB, m Method, eta float64, steps int) (ratio, cosine float64) {
	t.Helper()
	var from, to, cos float64
	var before []float64
	if stopped, err := s.k.Run(KernelRun{Method: m, Eta: eta, Steps: steps}, func(st KernelState) bool {
		mean := floats.Sum(st.S) / float64(s.k.N)
		if st.Step == steps/2 {
			from = mean
		}
		if st.Step > steps/2 {
			to = mean
			d := floats.SubTo(make([]float64, len(st.A)), st.A, before)
			cos += floats.Dot(s.all.Alpha, d) / (st.Length * s.all.Norm)
		}
		before = append(before[:0], st.A...)
		return true
	}); err != nil || stopped != nil {
		t.Fatal(stopped, err)
	}
	half := float64(steps - steps/2)
	ratio = (to - from) / half
	if m == Polyak {
		return ratio / eta, cos / half
	}
	return ratio / (eta / s.all.Norm), cos / half
}
