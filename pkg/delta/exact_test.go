package delta

import (
	"math"
	"testing"
)

// Equal influences have the distribution of their enumeration, and of a normal number for
// many of them.
func TestEqual(t *testing.T) {
	for _, p := range rates {
		for _, n := range []int{1, 2, 7, 12} {
			c := make([]float64, n)
			for j := range c {
				c[j] = 1
			}
			listed, err := Enumerate(c, p, 1-p)
			if err != nil {
				t.Fatal(err)
			}
			grouped, err := Equal(n, p)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range []float64{0.1, 0.7, 1.3, 5} {
				near(t, "Pr(|h| > x)", Exceeds(grouped, x, math.Abs), Exceeds(listed, x, math.Abs), 1e-12)
			}
			for _, s := range []float64{-3, 0.2, 3} {
				near(t, "log E e^{sh}", LogMean(grouped, s), LogMean(listed, s), 1e-9*(1+math.Abs(LogMean(listed, s))))
				near(t, "and as a sum", LogMean(listed, s), float64(n)*LogMGF(p, s/(1-p)), 1e-9*(1+math.Abs(LogMean(listed, s))))
			}
		}
	}
	big, err := Equal(1_000_000, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "ΣP of a million", Mean(big, func(float64) float64 { return 1 }), 1, 1e-8)
	near(t, "Var of a million", Mean(big, func(h float64) float64 { return h * h }), 1e6, 1e-2)
	// h = 10⁶ − 2k is N(0, 10⁶) with a step of 2: the quantile of 5 % is 1960 up to a step.
	near(t, "95 % of a million", Quantile(big, 0.05), 1960, 2.5)
}

// The quantile is the least level that is exceeded with probability at most γ.
func TestQuantile(t *testing.T) {
	rng := stream("quantile")
	for range 100 {
		all, err := Enumerate(influences(rng), 0.3+0.6*rng.Float64(), 0.4)
		if err != nil {
			t.Fatal(err)
		}
		for _, gamma := range []float64{0.5, 0.1, 0.01} {
			at := Quantile(all, gamma)
			if got := Exceeds(all, at, math.Abs); got > gamma {
				t.Errorf("exceeded with %v > %v", got, gamma)
			}
			if got := Exceeds(all, at*(1-1e-9), math.Abs); at > 0 && got <= gamma {
				t.Errorf("a smaller level than %v is exceeded with %v ≤ %v", at, got, gamma)
			}
		}
	}
}

// Fixed counts have the variance of sampling without replacement: no mean in it.
func TestFixedCountVar(t *testing.T) {
	rng := stream("fixed")
	for range 100 {
		c := influences(rng)
		if len(c) < 2 {
			continue
		}
		for k := 1; k <= len(c); k++ {
			sum, square, sets := 0.0, 0.0, 0
			err := Subsets(c, k, func(h float64) { sum, square, sets = sum+h, square+h*h, sets+1 })
			if err != nil {
				t.Fatal(err)
			}
			f := Of(c)
			scale := math.Sqrt(f.Q) * float64(len(c))
			near(t, "E h", sum/float64(sets)/scale, 0, 1e-12)
			near(t, "Var h", (square/float64(sets)-f.FixedCountVar(k))/(scale*scale), 0, 1e-12)
			if n := float64(f.N); k < f.N {
				p := 1 - float64(k)/n
				near(t, "ratio to independent masks", f.FixedCountVar(k)/f.Spread(p, 1-p), n/(n-1)*f.Var/(f.Q/n), 1e-9)
			}
		}
	}
	wants(t, Subsets([]float64{1, 2}, 3, nil), "3 of 2")
	wants(t, Subsets([]float64{1, 2}, 0, nil), "0 of 2")
}

func TestRatesThatAreNone(t *testing.T) {
	for _, p := range []float64{0, 1, -0.1, 1.5, math.NaN()} {
		_, err := Enumerate([]float64{1}, p, 0.5)
		wants(t, err, "p is", "0 < p < 1")
		_, err = Equal(3, p)
		wants(t, err, "p is")
	}
	for _, q := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		_, err := Enumerate([]float64{1}, 0.5, q)
		wants(t, err, "q is", "positive")
	}
	_, err := Enumerate(make([]float64, 21), 0.5, 0.5)
	wants(t, err, "2^21", "at most 20")
}
