package attention

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestAtRest: gradient descent from so far out that its steps round away is told, on the
// device and in margins; a run that still moves is not.
func TestAtRest(t *testing.T) {
	s := mustDerive(t)(FreePair(1))
	far := mat.DenseCopyOf(s.full(t).W)
	far.Scale(100, far) // margins of 100: a gradient of e^{-100}
	runs := []Run{
		{Problem: s.p, Method: GD, Eta: 1, Start: far, Steps: []int{0, 1, 5}},
		{Problem: s.p, Method: NGD, Eta: 1, Start: far, Steps: []int{0, 1, 5}},
		{Problem: s.p, Method: GD, Eta: 1, Steps: []int{0, 1, 5}},
	}
	seen := make([]int, len(runs))
	stopped, err := Observe(t.Context(), "", runs, func(i, _ int, _ *mat.Dense) { seen[i]++ })
	if err != nil {
		t.Fatal(err)
	}
	if stopped[0] == nil || stopped[0].Cause != AtRest || stopped[0].Step != 1 || seen[0] != 1 {
		t.Errorf("far out: %+v after %d observations", stopped[0], seen[0])
	}
	if stopped[1] != nil || stopped[2] != nil || seen[1] != 3 || seen[2] != 3 {
		t.Errorf("%v, observations %v", stopped, seen)
	}
	stop, err := s.k.Run(KernelRun{Method: GD, Eta: 1, Start: s.p.At(far).Margins(), Norm: mat.Norm(far, 2), Steps: 5}, func(KernelState) bool { return true })
	if err != nil || stop == nil || stop.Cause != AtRest {
		t.Errorf("in margins: %v, %v", stop, err)
	}
}

// TestWatch: the order of the causes, and a first look that has nothing to compare.
func TestWatch(t *testing.T) {
	at := func(v float64) *mat.Dense { return mat.NewDense(1, 1, []float64{v}) }
	var w watch
	for _, c := range []struct {
		k     int
		v     float64
		ended float64
		want  Cause
	}{{0, 1, -1, ""}, {1, 2, -1, ""}, {4, 2, -1, AtRest}, {5, 3, 5, Underflow}, {6, math.NaN(), 5, NotFinite}, {7, math.Inf(1), -1, NotFinite}} {
		got := w.next(c.k, at(c.v), c.ended)
		switch {
		case c.want == "" && got != nil, c.want != "" && (got == nil || got.Cause != c.want):
			t.Errorf("step %d gave %v, want %q", c.k, got, c.want)
		case got != nil && !strings.Contains(got.Error(), "step"):
			t.Errorf("%v names no step", got)
		}
	}
}

// TestSaturatedElsewhere: without (A1) a run that attends to rival tokens keeps its
// direction far beyond the exponents of float64, where φ_opt and all differences that
// remain underflow, on the host and on the device.
func TestSaturatedElsewhere(t *testing.T) {
	_, p := sample(t, Config{N: 8, T: 5, D: 60, Signal: 3, Noise: 0.3, Rival: 0.8, Against: 2}, 1)
	run := Run{Problem: p, Method: NGD, Eta: 0.1, Steps: []int{700, 1400}}
	norms := map[int]float64{}
	stopped, err := Observe(t.Context(), "", []Run{run}, func(_, k int, W *mat.Dense) {
		norms[k] = mat.Norm(W, 2)
		if dir, logNorm := p.At(W).Direction(); dir == nil || k == 1400 && !(logNorm < -745) {
			t.Errorf("at step %d the gradient has the logarithm %g", k, logNorm)
		}
	})
	if err != nil || stopped[0] != nil {
		t.Fatal(stopped, err)
	}
	near(t, "growth of the norm a step", (norms[1400]-norms[700])/70, 1, 0.05)
}
