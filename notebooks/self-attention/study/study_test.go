package study

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/attention"
)

func derived(t *testing.T) func(p *attention.Problem, err error) *Instance {
	return func(p *attention.Problem, err error) *Instance {
		t.Helper()
		in, err := Derive(p, err)
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
}

// The norm of the shortest W with given margins is that of the max-margin solution where
// all margins are 1.
func TestPlaneNorm(t *testing.T) {
	in := derived(t)(attention.StuckPair(1))
	if got := in.planeNorm([]float64{1, 1}); !(math.Abs(got-math.Sqrt(6.5)) < 1e-9) {
		t.Errorf("norm %g, want √6.5", got)
	}
	paths, caught := in.Paths(24, 0.1, 4000)
	if len(paths) != 25 || !caught[0] {
		t.Errorf("%d paths, that from zero caught: %v", len(paths), caught[0])
	}
}

// What the step inequality needs of its last term is sin² of the angle between step and W
// for short steps.
func TestStepTerm(t *testing.T) {
	in := derived(t)(attention.FreePair(2))
	for _, x := range in.StepTerm(rand.New(rand.NewPCG(1, 1)), 1e-4, 50) {
		if !(x >= -1e-3 && x <= 1+1e-3) {
			t.Errorf("%g is no square of a sine", x)
		}
	}
}

// A run that is followed sees what the kernel says.
func TestFollow(t *testing.T) {
	in := derived(t)(attention.FreePair(1))
	s := in.Follow(attention.KernelRun{Method: attention.NGD, Eta: 0.1}, 10, 1000)
	if len(s.Norm) != 2 || len(s.Lengths) != mostLengths || s.Stopped != nil {
		t.Fatalf("%+v", s)
	}
	if last := s.Last(in); last != s.OneMinusCorr[1] || !(last < 1e-3) {
		t.Errorf("1 - corr ends at %g and %g", last, s.OneMinusCorr[1])
	}
	if !(math.Abs(s.Rise*in.Omega/0.1-s.Cosine) < 1e-6) { // both margins are equal at the end
		t.Errorf("margins rise by %g a step, cosine %g", s.Rise, s.Cosine)
	}
	W := mat.NewDense(2, 2, []float64{1, 2, 3, 4})
	r := in.FromW(W)
	if r.Norm != mat.Norm(W, 2) || !floats.Equal(r.Start, in.Problem.At(W).Margins()) {
		t.Errorf("start %+v", r)
	}
}

func contest() *attention.Contest {
	entry := func(name string, rate float64, losses ...[]float64) attention.Contestant {
		e := attention.Contestant{Optimizer: name, Rate: rate}
		for _, l := range losses {
			e.Curves = append(e.Curves, attention.Curve{TrainLoss: l})
		}
		return e
	}
	return &attention.Contest{Entries: []attention.Contestant{
		entry("SGD", 1, []float64{1, 0.5, 0.2}, []float64{1, 0.5, 0.3}),
		entry("SGD", 3, []float64{1, 0.4, 0.05}, []float64{1, 0.4, 0.09}),
		entry("SGD", 9, []float64{1, 7, math.NaN()}, []float64{1, 0.01, 0.001}),
		entry("SNGD", 0.3, []float64{1, 0.05, 0.01}, []float64{1, 0.05, 0.01}),
		entry("SNGD", 0.1, []float64{1, 0.6, 0.3}, []float64{1, 0.6, 0.3}),
	}}
}

// A run that left the range is never the best, edges are found, ties go to the inside.
func TestBest(t *testing.T) {
	c := contest()
	e, edge := Best(c, "SGD", LogLoss(2))
	if e.Rate != 3 || edge {
		t.Errorf("best SGD at %g, edge %v", e.Rate, edge)
	}
	if e, edge := Best(c, "SNGD", LogLoss(2)); e.Rate != 0.3 || !edge {
		t.Errorf("best SNGD at %g, edge %v", e.Rate, edge)
	}
	if got := Edges(c, LogLoss(2)); got != "SNGD at 0.3" {
		t.Errorf("edges: %s", got)
	}
	if got := EpochsTo(0.1)(e); got[0] != 2 || got[1] != 2 {
		t.Errorf("epochs %v", got)
	}
	if got := EpochsTo(1e-9)(e); got[0] != 3 {
		t.Errorf("never is %v, want one more than the last epoch", got)
	}
	if gap, se := Gap(c, EpochsTo(0.1)); gap != 1 || se != 0 {
		t.Errorf("gap %g, error %g", gap, se)
	}
	if got := Least(c); got != 0.001 {
		t.Errorf("least loss %g", got)
	}
	if got := Diverged(c); got != "SGD at 9 on 1 of 2 seeds" {
		t.Errorf("diverged: %s", got)
	}
}

// The counts of the border see runs that a condition excludes.
func TestExcluded(t *testing.T) {
	stuck := attention.Outcome{End: attention.Stuck}
	b := &attention.Border{Points: []attention.BorderPoint{
		{D: 3, Q: 5, Q0: 4, Row: 3, Zero: stuck},
		{D: 3, Q: 0.5, Q0: 0.5, Row: 0.3},
		{D: 9, Q: 0.5, Q0: 4, Row: 0.7, Random: []attention.Outcome{stuck, {End: attention.Undecided}}},
	}}
	if got := Excluded(b, 1); got != 1 {
		t.Errorf("%d runs excluded, want 1", got)
	}
	if got := Excluded(b, 20); got != 3 {
		t.Errorf("%d with weaker conditions, want 3", got)
	}
	if got := Undecided(b); got != 1 {
		t.Errorf("%d undecided", got)
	}
	if got := Share(b, 3, StuckFromZero); got != 0.5 {
		t.Errorf("share %g", got)
	}
}

// An exponential is steady, 1/t is not, and its slope is -1 from where it begins.
func TestLateSlopes(t *testing.T) {
	curve := func(f func(k float64) float64) attention.Curve {
		var c attention.Curve
		for k := range 61 {
			c.TrainLoss = append(c.TrainLoss, f(float64(k)))
		}
		return c
	}
	c := &attention.Contest{Entries: []attention.Contestant{
		{Optimizer: "SGD", Rate: 1, Curves: []attention.Curve{curve(func(k float64) float64 { return 3 / (1e-9 + k) })}},
		{Optimizer: "SNGD", Rate: 1, Curves: []attention.Curve{curve(func(k float64) float64 { return math.Exp(-k / 4) })}},
	}}
	if got := LateSlopes(c, "SGD", 30, 60)[0]; !(math.Abs(got+1) < 1e-6) {
		t.Errorf("slope %g, want -1", got)
	}
	if got := Steady(c, "SNGD", 20, 40, 60)[0]; !(math.Abs(got-1) < 1e-9) {
		t.Errorf("an exponential has %g, want 1", got)
	}
	late := curve(func(k float64) float64 {
		if k < 33 {
			return 50
		}
		return 1 / k
	})
	for k := range late.TrainLoss {
		late.TrainAccuracy = append(late.TrainAccuracy, 0.9)
		if k >= 33 {
			late.TrainAccuracy[k] = 1
		}
	}
	leap := &attention.Contest{Entries: []attention.Contestant{{Optimizer: "SGD", Curves: []attention.Curve{late}}}}
	if at := Separated(&leap.Entries[0]); at != 33 {
		t.Errorf("separated after %d epochs, want 33", at)
	}
	if got := LateSlopes(leap, "SGD", 30, 60)[0]; !(math.Abs(got+1) < 1e-6) {
		t.Errorf("slope %g behind the leap, want -1", got)
	}
	if at := Separated(&c.Entries[0]); at != 0 {
		t.Errorf("without accuracies separated after %d", at)
	}
	two := &attention.Contest{Entries: append(c.Entries[1:2:2],
		attention.Contestant{Optimizer: "SNGD", Curves: []attention.Curve{curve(func(k float64) float64 { return math.Exp(-k * k / 100) })}})}
	wantMean := (20./4 + (60*60-40*40-4*20)/100.) / (20./4 + (40*40-20*20-4*20)/100.) // of falls; four epochs: the mean of five looks back by two
	if got := Steadiness(two, "SNGD", 20, 40, 60); !(math.Abs(got-wantMean) < 1e-9) {
		t.Errorf("weighted by falls %g, want %g", got, wantMean)
	}
	level := func(last float64) (sum float64) { // of log t
		for k := last - 4; k <= last; k++ {
			sum += math.Log(k) / 5
		}
		return sum
	}
	want := (level(60) - level(40)) / (level(40) - level(20))
	if got := Steady(c, "SGD", 20, 40, 60)[0]; !(math.Abs(got-want) < 1e-6) {
		t.Errorf("1/t has %g, want %g", got, want)
	}
}

// The pair of a given cosine has the Gram matrix and the longest step that the text says.
func TestOpposed(t *testing.T) {
	for _, k := range []float64{0, 0.3, 0.6, 0.8, 0.95} {
		in, err := Opposed(k)
		if err != nil {
			t.Fatal(err)
		}
		K := in.Kernel.K
		if !(math.Abs(K.At(0, 0)-1) < 1e-12 && math.Abs(K.At(1, 1)-1) < 1e-12 && math.Abs(K.At(0, 1)+k) < 1e-12) {
			t.Errorf("k = %g: K = %v", k, mat.Formatted(K))
		}
		eta, err := in.LongestStep()
		if want := 2 * (1 - k) / (1 + k) * in.Omega; err != nil || !(math.Abs(eta-want) < 1e-9) {
			t.Errorf("k = %g: longest step %g, want %g; %v", k, eta, want, err)
		}
	}
}

// A matrix of given margins has them.
func TestMatrix(t *testing.T) {
	list, err := FewTokens(rand.New(rand.NewPCG(1, 2)), 4)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range list {
		a := make([]float64, in.Kernel.Rows())
		for r := range a {
			a[r] = float64(r*r) - 3
		}
		W, err := in.Matrix(a)
		if err != nil {
			t.Fatal(err)
		}
		if got := in.Problem.At(W).Margins(); !floats.EqualApprox(got, a, 1e-9) {
			t.Errorf("margins %v, want %v", got, a)
		}
	}
}

// Where the longest V pulls alone the gradient is as long as it can be.
func TestAlone(t *testing.T) {
	list, err := FewTokens(rand.New(rand.NewPCG(1, 3)), 4)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range list {
		W, err := in.Alone(12)
		if err != nil {
			t.Fatal(err)
		}
		pt := in.Problem.At(W)
		_, logNorm := pt.Direction()
		if share := math.Exp(logNorm-pt.Drive()) / in.Problem.Diameter(); !(share >= 0.99 && share <= 1+1e-12) {
			t.Errorf("‖∇L‖ is %g of B_x S", share)
		}
	}
}

// The step inequality without its terms in the length fails where a step overshoots, with them it holds.
func TestOvershoot(t *testing.T) {
	var g Gains
	if err := g.Overshoot(); err != nil {
		t.Fatal(err)
	}
	if bare := floats.Min(g.Bare); !(bare < -0.5) || !(floats.Min(g.Corrected) >= 0) {
		t.Errorf("gains %v without the terms, %v with them", g.Bare, g.Corrected)
	}
}

// The worst case of the step inequality needs all of its term as the step gets short.
func TestHoeffdingShare(t *testing.T) {
	before := 0.0
	for _, l := range []float64{0.1, 0.03, 0.01, 0.003} {
		share, err := HoeffdingShare(l)
		if err != nil || !(share > before && share < 1) {
			t.Errorf("length %g: share %g after %g, %v", l, share, before, err)
		}
		before = share
	}
	if !(before > 0.998) {
		t.Errorf("a short step needs %g of its term", before)
	}
}
