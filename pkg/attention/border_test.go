package attention

import (
	"errors"
	"reflect"
	"testing"
)

// TestBorder: low dimensions get stuck, high ones do not and are covered by the
// conditions; no run gets stuck where a condition excludes it or no trap is; a second
// sweep gives the same numbers.
func TestBorder(t *testing.T) {
	c := BorderConfig{N: 4, T: 3, D: []int{3, 24}, Instances: 30, Starts: 2, Size: 10, Eta: 0.1, Steps: 16000, Traps: true, Seed: 5}
	b, err := RunBorder(c)
	if err != nil {
		t.Fatal(err)
	}
	stuck, covered := map[int]int{}, map[int]int{}
	for _, p := range b.Points {
		if p.Stuck() {
			stuck[p.D]++
		}
		if p.Q < 1 {
			covered[p.D]++
		}
		if p.Stuck() && (p.Q < 1 || p.Traps == 0) || p.Zero.End == Stuck && p.Q0 < 1 {
			t.Errorf("a stuck run that is excluded: %+v", p)
		}
	}
	if stuck[3] < 8 || stuck[24] != 0 || covered[24] < 25 {
		t.Errorf("stuck %v, covered %v", stuck, covered)
	}
	again, err := RunBorder(c)
	if err != nil || !reflect.DeepEqual(b, again) {
		t.Errorf("two sweeps of one seed differ: %v", err)
	}
	c.Eta = 0
	if _, err := RunBorder(c); !errors.Is(err, ErrData) {
		t.Errorf("steps of length 0 gave %v", err)
	}
}

// TestFinite: the bound with constants holds along runs that (G0) covers, and the
// measured constant of the key lemma stays below its own.
func TestFinite(t *testing.T) {
	covered := 0
	for seed := range uint64(40) {
		s := gaussianSetup(t, 3, 3, 30, seed)
		eta := s.coupling.LongestFromZero(s.all.Norm, 0.3*s.all.Norm)
		if eta == 0 {
			continue
		}
		covered++
		f := s.k.Finite(s.p.Diameter(), s.all.Norm, eta)
		if _, err := s.k.Run(KernelRun{Method: NGD, Eta: eta, Steps: 2000}, func(st KernelState) bool {
			if st.Step == 0 {
				return true
			}
			if off, bound := 1-s.all.Corr(st.A, st.Norm), f.Bound(float64(st.Step)); !(off <= bound) {
				t.Errorf("seed %d, step %d: 1 - corr = %g above %g", seed, st.Step, off, bound)
			}
			return true
		}); err != nil {
			t.Fatal(err)
		}
		svm := s.full(t)
		W := svm.W
		if key := s.p.At(W).KeyLemma(); !(key.C0 <= f.C0) {
			t.Errorf("seed %d: C_0 = %g above its bound %g", seed, key.C0, f.C0)
		}
	}
	if covered < 20 {
		t.Errorf("%d instances covered", covered)
	}
}
