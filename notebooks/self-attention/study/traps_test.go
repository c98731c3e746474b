package study

import (
	"math"
	"slices"
	"testing"

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

func instance(t *testing.T, seed uint64) *Instance {
	t.Helper()
	all, err := Gaussian(random.Stream(seed, "traps"), 2, 3, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}
