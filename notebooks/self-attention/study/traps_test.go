package study

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/marginalia-ml/marginalia/pkg/attention"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// TestAttended: of log-odds 3 and 5 the least pulls with e^-3, the hardest of the rest with e^-7.
func TestAttended(t *testing.T) {
	A, factor := look{s: []float64{3, -7, 5, -9}}.attended()
	if !slices.Equal(A, []int{0, 2}) || factor != 4 {
		t.Errorf("log-odds 3, -7, 5, -9: attended %v, factor %v, want [0 2], 7 - 3 = 4", A, factor)
	}
}

// TestRate: by hand, at a W that is e times as long as its start.
func TestRate(t *testing.T) {
	in := instance(t, 3)
	l := look{a: in.All.A, norm: math.E * in.All.Norm} // e times as long as W_mm with its margins: corr = 1/e
	want := (1 - 1/math.E) * l.norm / 2
	if got := l.rate(in.All, in.All.Norm); math.Abs(got-want) > 1e-9*want {
		t.Errorf("rate %v, want %v", got, want)
	}
}

// TestLooks: a tenth of the steps and the last one, as Follow sees them.
func TestLooks(t *testing.T) {
	in := instance(t, 4)
	r := attention.KernelRun{Method: attention.NGD, Eta: 0.1 * in.Omega}
	early, end := in.looks(r, 200)
	s := in.Follow(r, 20, 200)
	if early.norm != s.Norm[0] || end.norm != s.Norm[1] || !slices.Equal(end.a, s.A) {
		t.Errorf("norms %v and %v, want those of the steps 20 and 200, %v, and the margins of the last", early.norm, end.norm, s.Norm)
	}
	if !slices.Equal(end.s, in.Kernel.At(s.A).S) {
		t.Errorf("log-odds %v, want those of the margins at the end, %v", end.s, in.Kernel.At(s.A).S)
	}
}

// TestFromSubsets: on the stuck pair {1} is a trap of value -3/2 and {2} is none, of value -3/5. A set is
// left by exactly those runs that end further off than is allowed.
func TestFromSubsets(t *testing.T) {
	list := []*Instance{derived(t)(attention.StuckPair(1))}
	s, err := FromSubsets(list, 30, 0.1)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Traps) != 1 || len(s.Others) != 1 || !(s.Traps[0] <= 0.1 && s.Others[0] > 0.1) {
		t.Fatalf("the run from the trap ends %v off, that from the other set %v, want at most 0.1, and more", s.Traps, s.Others)
	}
	if len(s.Left) != 1 || !(math.Abs(s.Left[0]+0.6) < 1e-9) {
		t.Errorf("left are sets of values %v, want -3/5, {2} alone", s.Left)
	}
	for _, c := range []struct {
		allowed float64
		left    int
	}{{2.1, 0}, {-1, 2}} { // 1 - cosine is in [0, 2]
		if s, err := FromSubsets(list, 30, c.allowed); err != nil || len(s.Left) != c.left {
			t.Errorf("%v allowed: left are sets of values %v, want %d; %v", c.allowed, s.Left, c.left, err)
		}
	}
}

// TestStuckEnds: all stuck runs of the stuck pair end in its trap {1}, of W_A = V_1/4, ‖W_A‖ = 1/2, so that
// (1 - corr)‖W‖ = ‖W‖ - a_1/2. That over 1 + log(‖W_t‖/‖W_0‖) is by hand what grows or falls.
func TestStuckEnds(t *testing.T) {
	in := derived(t)(attention.StuckPair(1))
	e, err := StuckEnds([]*Instance{in}, random.Stream(5, "ends"))
	if err != nil {
		t.Fatal(err)
	}
	var growth []float64
	for rng, i := random.Stream(5, "ends"), 0; i < 3; i++ {
		r := in.FromW(RandomW(rng, in.Problem.D, 10*in.Omega))
		r.Method, r.Eta = attention.NGD, 0.1*in.Omega
		var rates []float64
		stuck := false
		in.each(r, 20000, func(st attention.KernelState) {
			if st.Step == 2000 || st.Step == 20000 {
				rates = append(rates, (st.Norm-st.A[0]/2)/(1+math.Log(st.Norm/r.Norm)))
			}
			stuck = st.S[1] < -20 && st.S[0] > 20
		})
		if stuck {
			growth = append(growth, rates[1]/rates[0])
		}
	}
	if e.Runs != 3 || len(growth) == 0 || e.Undecided != 0 || e.WithoutTrap != 0 {
		t.Fatalf("%+v, %d stuck runs: want 3 runs, all decided, some stuck, beside a trap", e, len(growth))
	}
	if !floats.EqualApprox(e.Growth, growth, 1e-6) {
		t.Errorf("growth %v, by hand %v", e.Growth, growth)
	}
	for i, v := range e.Value {
		if !(math.Abs(v+1.5) < 1e-9) || !(e.Growth[i] <= 1) {
			t.Errorf("a run ends in a set of value %v with growth %v, want -3/2, at most 1", v, e.Growth[i])
		}
	}
}

func instance(t *testing.T, seed uint64) *Instance {
	t.Helper()
	all, err := Gaussian(random.Stream(seed, "traps"), 2, 3, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}
