package attention

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

func TestRaces(t *testing.T) {
	c := Config{N: 8, T: 5, D: 60, Signal: 3, Noise: 0.3, Rival: 0.8, Against: 2}
	configs := []RaceConfig{
		{Data: small(), Seed: 1, Entries: []Entry{
			{Method: NGD, Eta: 0.2, Start: Start{Kind: "against", Size: 3}, Steps: 100, PerDecade: 2},
			{Method: NGD, Eta: 0.2, Start: Start{Kind: "random", Size: 1}, Steps: 100, PerDecade: 2},
		}},
		{Data: c, Seed: 2, Entries: []Entry{{Method: NGD, Eta: 0.1, Start: Start{Kind: "rival", Size: 8}, Steps: 100, PerDecade: 2}}},
	}
	races, err := RunRaces(configs)
	if err != nil {
		t.Fatal(err)
	}
	for e, tr := range races[0].Traces {
		if !(floats.Min(tr.Dist) < 0.3) || tr.K[len(tr.K)-1] != 100 {
			t.Errorf("entry %d is %g from W_mm after %g steps", e, floats.Min(tr.Dist), tr.K[len(tr.K)-1])
		}
	}
	r := races[1]
	last := len(r.Rival[0]) - 1
	if !(r.Rival[0][last] < 0.5) || !(r.Traces[0].Dist[last] > 1) { // orthogonal directions are √2 apart
		t.Errorf("a run that starts far along the rival direction ends %g from it and %g from W_mm", r.Rival[0][last], r.Traces[0].Dist[last])
	}
	for _, kind := range []string{"rival", "elsewhere"} {
		configs[0].Entries[0].Start.Kind = kind
		if _, err := RunRace(configs[0]); !errors.Is(err, ErrRun) {
			t.Errorf("start %q gave %v, want ErrRun", kind, err)
		}
	}
}

func TestWalk(t *testing.T) {
	for method, eta := range map[Method]float64{NGD: 0.2, GD: 1, Polyak: 0.5} {
		w, err := RunWalk(WalkConfig{Data: small(), Seed: 3, Method: method, Eta: eta, Steps: 60})
		if err != nil {
			t.Fatal(err)
		}
		if w.First < 0 || len(w.K) != 61 {
			t.Fatalf("%s: t_0 = %d of %d steps", method, w.First, len(w.K))
		}
		for k := 1; k <= 60; k++ {
			near(t, "key identity", w.KeyError[k], 0, 1e-9)
			if !(w.Angle[k] >= 1-roundTol) || !(w.Empirical[k] <= w.Key[k].C0) || !(w.Sparse[k] <= roundTol) {
				t.Errorf("%s, step %d: angle %g, C0 %g above %g, sparsity %g", method, k, w.Angle[k], w.Empirical[k], w.Key[k].C0, w.Sparse[k])
			}
			if k > 1 {
				near(t, "step identity", w.StepError[k], 0, 1e-9)
				if !(w.StepSlack[k] >= -1e-9) {
					t.Errorf("%s, step %d: slack %g", method, k, w.StepSlack[k])
				}
			}
			if !(w.Low[k] <= w.Length[k] && w.Length[k] <= w.High[k]) {
				t.Errorf("%s, step %d: length %g outside its band %g..%g", method, k, w.Length[k], w.Low[k], w.High[k])
			}
			if k >= w.First && !(w.OneMinusCorr[k] <= w.Bound[k]+roundTol) {
				t.Errorf("%s, step %d: 1 - corr = %g above %g", method, k, w.OneMinusCorr[k], w.Bound[k])
			}
		}
	}
}

// At R W_mm, with all margins equal to R, the bound on what is not attended to is met up to
// the normalization: 1 - φ_opt = (T-1)e^{-R}/(1 + (T-1)e^{-R}).
func TestSparsityAlongTheSolution(t *testing.T) {
	_, p := sample(t, small(), 1)
	svm, err := p.SVM(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := &Walk{Norm: svm.Norm, Diameter: p.Diameter()}
	for k, R := range []float64{0.5, 3, 10, 30} {
		var W mat.Dense
		W.Scale(R, svm.W)
		w.add(k, p.At(&W), svm)
		near(t, "log of 1 - φ_opt over its bound", w.Sparse[k], -math.Log1p(float64(p.T-1)*math.Exp(-R)), 1e-9)
	}
}

// TestJoint: the steps have the lengths that the schedule says, and the norms of the
// first ones add up as they must.
func TestJoint(t *testing.T) {
	c := small()
	c.EqualScores = false
	study, err := RunJoint(JointConfig{Data: c, Seed: 4, Steps: 1000, PerDecade: 1,
		Entries: []JointEntry{{0.3, 1, 0.3, 2. / 3}}})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "u_mm", study.Decoder, 0, 1e-6)
	tr := study.Runs[0]
	harmonic, roots := 0.0, 0.0
	for k, at := 1, 0; k <= 1000; k++ {
		if k > 1 { // W rests in the first step, where u = 0
			harmonic += 0.3 / float64(k)
		}
		roots += 0.3 * math.Pow(float64(k), -2./3)
		if tr.K[at] == float64(k) {
			if !(tr.NormW[at] <= harmonic+roundTol) || !(tr.NormU[at] <= roots+roundTol) {
				t.Errorf("step %d: ‖W‖ = %g above %g or ‖u‖ = %g above %g", k, tr.NormW[at], harmonic, tr.NormU[at], roots)
			}
			at++
		}
	}
	last := len(tr.K) - 1
	if !(tr.DistU[last] < tr.DistU[0]) || !(tr.DistW[last] < tr.DistW[0]) || !(tr.LogLoss[last] < -10) {
		t.Errorf("after %g steps: %g and %g from the max-margin directions, log loss %g", tr.K[last], tr.DistW[last], tr.DistU[last], tr.LogLoss[last])
	}
	if study.Draws != 1 {
		t.Errorf("%d draws where one may be made", study.Draws)
	}
	if _, err := TrainJointly(t.Context(), "", []Joint{{}}); !errors.Is(err, ErrRun) {
		t.Errorf("an empty run gave %v", err)
	}
}

// Where a joint run ends at a noise token, the study is of the first data set on which none
// does: the same as if only that one had been drawn.
func TestJointDraws(t *testing.T) {
	c := JointConfig{Data: Config{N: 10, T: 4, D: 120, Signal: 4, Noise: 0.3}, Seed: 3, Stream: "joint", Most: 8, Steps: 300, PerDecade: 1,
		Entries: []JointEntry{{0.3, 1, 0.3, 2. / 3}}}
	end := func(s *JointStudy) float64 { return math.Exp(s.Runs[0].LogOff[len(s.Runs[0].LogOff)-1]) }
	study, err := RunJoint(c)
	if err != nil {
		t.Fatal(err)
	}
	if off := end(study); study.Draws < 2 || !(off < 0.5/10) {
		t.Errorf("after %d draws the mean of 1 - φ ends at %g", study.Draws, off)
	}
	c.Most = 1
	if _, err := RunJoint(c); !errors.Is(err, ErrRun) || !strings.Contains(err.Error(), "none of 1 data sets") {
		t.Errorf("of the first data set alone: %v", err)
	}
	c.Most = 0
	first, err := RunJoint(c)
	if err != nil || !(end(first) >= 0.5/10) {
		t.Errorf("where nothing is asked of the end: %v", err)
	}
	c.Stream = fmt.Sprintf("joint/%d", study.Draws)
	if one, err := RunJoint(c); err != nil || !slices.Equal(one.Runs[0].LogOff, study.Runs[0].LogOff) {
		t.Errorf("the data set of draw %d alone: %v", study.Draws, err)
	}
}
