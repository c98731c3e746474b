package study

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/ntp"
)

func rng(name string) *rand.Rand { return rand.New(rand.NewPCG(uint64(len(name)), 5)) }

func bias(t *testing.T, d ntp.Data) *ntp.Bias {
	t.Helper()
	b, err := Instance(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every random decoder satisfies (6).
func TestFeasible(t *testing.T) {
	biases, decoders, err := Feasible(rng("feasible"), 50)
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range biases {
		if e, m := b.In.InSupportError(decoders[i]), b.In.MinMargin(decoders[i]); e > 1e-9 || m < 1-1e-9 {
			t.Errorf("instance %d: in-support differences up to %g and a least margin of %g", i, e, m)
		}
	}
}

// Along the ray W* + log(k) Wmm the norm grows as ‖Wmm‖ cos θ, so that NormSlope is one, and
// Cot, Perp and OnF are those of the ray.
func TestRay(t *testing.T) {
	b := bias(t, ntp.Data{Kind: "gaussian", Config: ntp.Config{V: 6, M: 4, D: 7, S: 3}, Seed: 1, Stream: "ray"})
	run := &ntp.Trace{}
	for k := 1; k <= 1000000; k += 1 + k/50 {
		run.K = append(run.K, k)
		run.W = append(run.W, matrix.Add(b.Wstar, math.Log(float64(k)), b.Wmm))
	}
	end := run.K[len(run.K)-1]
	if got := NormSlope(b, run, run.K[60], end); !(math.Abs(got-1) <= 1e-4) { // the trapezoidal rule
		t.Errorf("norm slope %v", got)
	}
	W, size := run.Last(), math.Log(float64(end))*matrix.Norm(b.Wmm)
	if got, want := Perp(b, W), matrix.Norm(b.Wstar); !(math.Abs(got-want) <= 1e-9*want) {
		t.Errorf("perpendicular part %v, want ‖W*‖ = %v", got, want)
	}
	if got, want := Cot(b, W), size/matrix.Norm(b.Wstar); !(math.Abs(got-want) <= 1e-6*want) {
		t.Errorf("cotangent %v, want %v", got, want)
	}
	if got := matrix.Norm(OnF(b, W, 1)); !(got <= 1e-9) {
		t.Errorf("error on F %v on the ray", got)
	}
}

// A broken line through (0, 0) and (1, 1) crosses one half in the middle.
func TestCrossing(t *testing.T) {
	if got := Crossing([]float64{0, 1, 2}, []float64{0, 1, 1}); got != 0.5 {
		t.Errorf("crossing at %v", got)
	}
	if got := Crossing([]float64{0, 1}, []float64{0, 0.4}); !math.IsInf(got, 1) {
		t.Errorf("crossing at %v of a line that stays below one half", got)
	}
}

// Swapping probabilities twice is the identity.
func TestSwap(t *testing.T) {
	b := bias(t, ntp.Data{Kind: "gaussian", Config: ntp.Config{V: 6, M: 4, D: 7, S: 3}, Seed: 2, Stream: "swap"})
	once, err := Swap(b.In)
	if err != nil {
		t.Fatal(err)
	}
	twice, err := Swap(once)
	if err != nil {
		t.Fatal(err)
	}
	if mat.Equal(once.P, b.In.P) || !mat.Equal(twice.P, b.In.P) {
		t.Error("swapping twice does not give the probabilities back, or once does")
	}
}

// More equations than unknowns are never solvable.
func TestSolvables(t *testing.T) {
	all, err := Solvables(rng, Sweep{V: 4, D: 2, S: 4, M: 3}, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all { // three contexts of three equations for six unknowns
		if s.Compatible || s.Independent || s.Ratio != 1.5 {
			t.Errorf("%+v: nine equations for six unknowns", s)
		}
	}
	ratio, fraction := Fractions(all)
	if len(ratio) != 1 || ratio[0] != 1.5 || fraction[0] != 0 {
		t.Errorf("fractions %v at %v", fraction, ratio)
	}
}

// Descent from W* + R·Wmm stays near the ray and goes outwards.
func TestDescend(t *testing.T) {
	b := bias(t, ToyData(ntp.ToyAngles, ntp.ToyRadii, 1))
	along := matrix.Unit(b.F.Project(b.In.Start(rng("along"))))
	p := Descend(b, matrix.Add(b.Wstar, 1, along), along, 0.5, 3000)
	last := len(p.K) - 1
	if !(math.Abs(p.Off[0]-1) <= 1e-9) || !(math.Abs(p.Off[last]) < 0.1) || !(p.Far[last] > p.Far[0]+2) {
		t.Errorf("off the ray by %v, then %v; along it %v, then %v", p.Off[0], p.Off[last], p.Far[0], p.Far[last])
	}
}

// With orthonormal embeddings κ is the least s/V, and the tolerance after k steps k^-κ, or what
// is asked at least.
func TestRelaxing(t *testing.T) {
	in, err := ntp.Orthonormal(ntp.Config{V: 10, M: 4, D: 9, Sizes: []int{2, 3, 4, 6}}, rng("relaxing"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ k, least, want float64 }{{1e5, 0.005, 0.1}, {1e5, 0.3, 0.3}, {1e10, 0.005, 0.01}} {
		if got, err := Relaxing(in, c.k, c.least); err != nil || !(math.Abs(got-c.want) <= 1e-9) {
			t.Errorf("after %g steps, at least %g: %v, %v; want %g", c.k, c.least, got, err, c.want)
		}
	}
	whole, err := ntp.Orthonormal(ntp.Config{V: 3, M: 2, D: 3, S: 3}, rng("whole"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Relaxing(whole, 1e5, 0.005); err == nil {
		t.Errorf("without a margin: tolerance %v, want an error", got)
	}
}
