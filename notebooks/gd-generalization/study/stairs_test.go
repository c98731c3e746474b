package study

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/generalization"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// What is said of a dimension is what its runs say, made alone; one batch for all steps is seen in four times as many draws.
func TestStairs(t *testing.T) {
	for _, reuse := range []bool{false, true} {
		c, draws := generalization.XORConfig{M: 12, Eta: 1, Test: 200, Reuse: reuse}, 3
		s, err := RunStairs(1, draws, c, 6, 0.1, 8, 4)
		if err != nil {
			t.Fatal(err)
		}
		if reuse {
			draws *= 4
		}
		for i, d := range []int{8, 4} {
			steps := LogSteps(d)
			c.D, c.N, c.Steps = d, 6*d, steps+1
			runs, err := RunXOR(XORStudy{Seed: 1, Draws: draws, Runs: []generalization.XORConfig{c}})
			if err != nil {
				t.Fatal(err)
			}
			first := Hits(runs[0], 0.1)
			mean, _ := Mean(first)
			if s.First[i] != mean || s.Late[i] != mean-float64(steps) || s.At[i] != After(runs[0], steps) || s.Curves[i][steps] != s.At[i] ||
				s.Least[i] != slices.Min(first) || s.Most[i] != slices.Max(first) || len(s.Curves[i]) != steps+2 {
				t.Errorf("reuse %v, d = %d: %+v, first steps %v", reuse, d, s, first)
			}
		}
	}
}

// Two examples for each feature leave one interpolant, the label; a claim's mean is that of ten draws of its own stream.
func TestKernelAgainst(t *testing.T) {
	streams := func(name string) *rand.Rand { return random.Stream(1, name) }
	k, err := KernelAgainst(streams, 1, 8, 500)
	if err != nil {
		t.Fatal(err)
	}
	features := generalization.PairFeatures(8)
	if k.At(2) != 0 || k.Rank != features {
		t.Errorf("at 2N the error is %g and the rank %d, want 0 and %d", k.At(2), k.Rank, features)
	}
	errs, _, err := KernelErrors(streams(fmt.Sprint("C12 ", 8, 0.5)), 8, features/2, 10, 500)
	if err != nil {
		t.Fatal(err)
	}
	if mean, _ := Mean(errs); k.At(0.5) != mean || k.N[1] != float64(features/2) {
		t.Errorf("at N/2 = %g the error is %g, that of ten draws %g", k.N[1], k.At(0.5), mean)
	}
	if len(k.NetN) != len(k.NetErrors) || len(k.NetN) == 0 {
		t.Errorf("networks: %v, %v", k.NetN, k.NetErrors)
	}
}

// A run that has just what the theorem allows for has every ratio one.
func TestOverBounds(t *testing.T) {
	p := generalization.Path{Eta: 2, T: 3, Distance: 1.5, Star: 0.05, First: 0.4, Gradient0: 0.7, Kappa: 0.01}
	w := Walked{Path: p, Loss: []float64{1, 1, 1, p.LastBound()}, Distance: []float64{1, 2 * p.RhoStar(), 2}, Mean: p.MeanBound()}
	half := Walked{Path: p, Loss: []float64{1, 1, 1, p.LastBound() / 2}, Distance: []float64{p.RhoStar()}, Mean: p.MeanBound() / 2}
	r := OverBounds([]Walked{w, half})
	for name, got := range map[string][]float64{"mean": r.Mean, "last": r.Last, "far": r.Far} {
		if len(got) != 2 || math.Abs(got[0]-1) > 1e-15 || math.Abs(got[1]-0.5) > 1e-15 {
			t.Errorf("%s: %v, want 1 and 1/2", name, got)
		}
	}
	// ρ* = 1.5: κρ*² = 0.0225, G = 0.7 + 3·0.01·1.5 = 0.745, β = G²/4 + κ
	if math.Abs(r.Condition[0]-0.0225*17/2) > 1e-15 || math.Abs(r.Step[0]-2*(0.745*0.745/4+0.01)) > 1e-15 {
		t.Errorf("κρ*² over 2/17: %g, ηβ: %g", r.Condition[0], r.Step[0])
	}
}

// A gap that falls like 1/n, known exactly, has not grown; two standard errors are added to the last alone.
func TestGrown(t *testing.T) {
	n := []float64{10, 20, 40}
	for _, c := range []struct {
		gap, se []float64
		want    float64
	}{{[]float64{4, 2, 1}, []float64{0, 0, 0}, 1}, {[]float64{4, 2, 1}, []float64{3, 3, 0.25}, 1.5}, {[]float64{1, 1, 1}, []float64{0, 0, 0}, 4}} {
		if got := Grown(n, c.gap, c.se); got != c.want {
			t.Errorf("gaps %v ± %v: %g, want %g", c.gap, c.se, got, c.want)
		}
	}
	r := &Rates{Test: [][]float64{{1, 3}, {0.5, 0.75}}}
	if got := r.Excess(0.5); !slices.Equal(got, []float64{1.5, 0.125}) {
		t.Errorf("excess %v, want 1.5 and 0.125", got)
	}
}
