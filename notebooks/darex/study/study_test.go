package study

import (
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/delta"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// Survivors that are drawn by their gaps have the moments of independent masks.
func TestSampled(t *testing.T) {
	rng := random.Stream(1, "sampled")
	for _, p := range []float64{0.1, 0.9, 0.999} {
		c := Influences(rng, 50)
		for j := range c {
			c[j] = 1 + rng.NormFloat64()
		}
		f := delta.Of(c)
		h := Sampled(rng, c, p, 200_000)
		mean := 0.0
		for _, v := range h {
			mean += v / float64(len(h))
		}
		sd := math.Sqrt(f.Spread(p, 1-p))
		if math.Abs(mean)/sd > 5/math.Sqrt(200_000) {
			t.Errorf("p = %v: the mean is %v standard deviations", p, mean/sd)
		}
		if r := Deviation(h) / sd; math.Abs(r-1) > 0.03 { // at p = .999 five hundredths of an influence survive
			t.Errorf("p = %v: the deviation is %v of the formula", p, r)
		}
	}
}

// The histogram of the first figure has probabilities, and the mean and mean square of C1.
func TestIdea(t *testing.T) {
	x := twoSigns{30, 10}
	f := x.influence()
	const width = 0.001
	for _, p := range []float64{0.5, 0.9} {
		q := 2 * (1 - p)
		at, pr := x.distribution(p, q, width, 20)
		sum, mean, square := 0.0, 0.0, 0.0
		for i, v := range pr {
			sum, mean, square = sum+v, mean+v*at[i], square+v*at[i]*at[i]
		}
		if math.Abs(sum-1) > 1e-12 || math.Abs(mean-f.Bias(p, q)/f.S) > width || math.Abs(square-f.MSE(p, q)/(f.S*f.S)) > 40*width {
			t.Errorf("p = %v: Σ = %v, mean %v, square %v", p, sum, mean, square)
		}
	}
}

// Golden section finds a minimum, and Kolmogorov's distance is 1/2n for quantiles.
func TestTools(t *testing.T) {
	if x := Least(1e-3, 1e3, func(x float64) float64 { return (x - 3) * (x - 3) }); math.Abs(x-3) > 1e-6 {
		t.Errorf("the minimum is at %v, want 3", x)
	}
	x := Shifted(random.Stream(1, "tools"), 100, 2)
	if f := delta.Of(x); math.Abs(f.Mean()-2) > 1e-12 || math.Abs(f.Var-1) > 1e-12 {
		t.Errorf("mean %v and variance %v, want 2 and 1", f.Mean(), f.Var)
	}
	if d := Kolmogorov([]float64{0}, 1); d != 0.5 {
		t.Errorf("one point at zero is %v from a normal distribution, want 1/2", d)
	}
	if v := Normally(1, 2); math.Abs(v-2*math.Sqrt(2/math.Pi)) > 1e-12 {
		t.Errorf("E|h| of DARE is %v, want τ√(2/π)", v)
	}
}

// What cells take from small neurons and layers, against all masks.
func TestSmall(t *testing.T) {
	rng := random.Stream(1, "small")
	for _, x := range append(Cases(rng, 60, 6), Equals([]float64{0.3, 0.9}, []int{1, 3})...) {
		x = x.At(1 - x.P)
		for _, s := range []float64{-1, 0.3} {
			if sum, want := x.LogProduct(s), delta.LogMean(x.All, s); math.Abs(sum-want) > 1e-12*(1+x.Exponent(s)) {
				t.Errorf("%v at p = %v, s = %v: the terms have %v, the masks %v", x.C, x.P, s, sum, want)
			}
		}
	}
	for _, x := range Equals([]float64{0.3, 0.9}, []int{1, 3}) {
		if m, _ := x.Moments(); math.Abs(m) > 1e-12*float64(x.F.N) {
			t.Errorf("n = %d, p = %v: the mean change is %v, DARE has none", x.F.N, x.P, m)
		}
	}
	up, down := SignsAfterMoves(rng, 60, 6)
	for i := range up {
		if up[i] < -1e-12 || down[i] > 1e-12 {
			t.Errorf("neuron %d: right signs change by %v when influences move up, by %v when they move down", i, up[i], down[i])
		}
	}
	better := 0
	for _, x := range TriedLayers(rng, 40) {
		if math.Abs(x.AtDare/x.Tau2-1) > 1e-9 || math.Abs(x.Vertex/x.Best-1) > 1e-9 || math.Abs(x.Kappa*x.Tau2*(1-x.P)/x.P-1) > 1e-9 {
			t.Errorf("p = %v: %+v", x.P, x)
		}
		if x.ByOther < x.AtBest*(1-1e-9) || x.ByMean < x.AtBest*(1-1e-9) {
			t.Errorf("p = %v: a divisor better than q*: %+v", x.P, x)
		}
		if x.ByOther > x.AtBest*(1+1e-6) {
			better++
		}
	}
	if better < 30 {
		t.Errorf("q* of another layer is as good in %d of 40 layers", 40-better)
	}
	if x := LeastOf([]float64{3, -2, 1}, func(x float64) float64 { return x * x }); x != 1 {
		t.Errorf("the least square is %v, want 1", x)
	}
}
