package delta

import (
	"math"
	"math/big"
	"testing"
)

// Φ at the points that the literature tabulates, its limit, symmetry, and no step where the
// series begins.
func TestPhi(t *testing.T) {
	// (1−2p)/log((1−p)/p) in 40 digits, rounded.
	for p, want := range map[float64]float64{0.9: 0.36409569065073495, 0.99: 0.21326973658179927, 0.999: 0.1444962260836598, 0.5: 0.5} {
		near(t, "Φ", Phi(p), want, 1e-15)
	}
	for p := 0.001; p < 1; p += 0.001 {
		if v := Phi(p); !(v > 0 && v <= 0.5) {
			t.Errorf("Φ(%v) = %v", p, v)
		}
		near(t, "Φ(p) − Φ(1−p)", Phi(p)-Phi(1-p), 0, 1e-14)
	}
	for _, e := range []float64{0.0009999, 0.0010001} {
		x := 2 * e // log((1+x)/(1−x)) = 2 (x + x³/3 + x⁵/5)
		near(t, "Φ near 1/2", Phi(0.5+e), 1/(2*(1+x*x/3+x*x*x*x/5)), 1e-12)
	}
}

// The inequality of Kearns and Saul on a grid, and its point of equality. With .99 Φ it fails there.
func TestKearnsSaul(t *testing.T) {
	for i := 1; i < 200; i++ {
		p := float64(i) / 200
		for x := -60.0; x <= 60; x += 0.25 {
			if left, right := KearnsSaul(p, x); left > right+1e-12 {
				t.Fatalf("p = %v, t = %v: %v > %v", p, x, left, right)
			}
		}
		at := 2 * (math.Log1p(-p) - math.Log(p))
		left, right := KearnsSaul(p, at)
		near(t, "both sides at t*", left-right, 0, 1e-12)
		near(t, "their value", left, (1-2*p)*at/2, 1e-12)
	}
}

// Rounded sums of exponentials in 200 bits agree with logarithms.
func TestLogMGF(t *testing.T) {
	for _, p := range rates {
		for _, x := range []float64{-3, -0.5, 0.25, 2} {
			e := func(y float64) *big.Float { // Taylor series of e^y
				sum, term := big.NewFloat(1).SetPrec(200), big.NewFloat(1).SetPrec(200)
				for k := 1; k < 80; k++ {
					term.Mul(term, big.NewFloat(y))
					term.Quo(term, big.NewFloat(float64(k)))
					sum.Add(sum, term)
				}
				return sum
			}
			a := new(big.Float).Mul(big.NewFloat(1-p), e(-x*p))
			b := new(big.Float).Mul(big.NewFloat(p), e(x*(1-p)))
			want, _ := a.Add(a, b).Float64()
			near(t, "the generating function", math.Exp(LogMGF(p, x))/want, 1, 1e-14)
		}
	}
	if v := LogMGF(0.99, -3000); math.IsInf(v, 0) || math.IsNaN(v) {
		t.Errorf("far out it is %v", v)
	}
}

// By enumeration: the bound is exceeded with probability at most γ, for every q about the
// mean; the tail is at most √e/2 of its bound, which n = 1 and p = 1/2 attain.
func TestBound(t *testing.T) {
	rng := stream("bound")
	for range 300 {
		c := influences(rng)
		f := Of(c)
		for _, p := range rates {
			q := (1 - p) * math.Exp(rng.NormFloat64())
			all, err := Enumerate(c, p, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, gamma := range []float64{0.9, 0.5, 0.1, 0.01, 0.001} {
				if got := Exceeds(all, Bound(p, q, f.Q, gamma), func(h float64) float64 { return math.Abs(h - f.Bias(p, q)) }); got > gamma*(1+1e-9) {
					t.Fatalf("c = %v, p = %v, q = %v: exceeded with %v > %v", c, p, q, got, gamma)
				}
			}
			all, _ = Enumerate(c, p, 1-p)
			if got := WorstRatio(all, func(x float64) float64 { return Tail(p, 1-p, f.Q, x) }); got > math.Exp(0.5)/2*(1+1e-12) {
				t.Fatalf("c = %v, p = %v: tail over bound %v", c, p, got)
			}
		}
	}
	one, _ := Enumerate([]float64{1}, 0.5, 0.5)
	near(t, "tail over bound at n = 1, p = 1/2", WorstRatio(one, func(x float64) float64 { return Tail(0.5, 0.5, 1, x) }), math.Exp(0.5)/2, 1e-12)
	near(t, "Tail at Bound", Tail(0.9, 0.3, 7, Bound(0.9, 0.3, 7, 0.02)), 0.02, 1e-15)
	if !(Hoeffding(0.99, 0.01, 1, 0.1) > Bound(0.99, 0.01, 1, 0.1)) || Hoeffding(0.5, 0.5, 1, 0.1) != Bound(0.5, 0.5, 1, 0.1) {
		t.Error("Hoeffding's bound is not the looser one, or differs at p = 1/2")
	}
}

// The two counter-examples to the constant as printed, and the bounds beside them, to the
// digits of the paper's dossier.
func TestPrinted(t *testing.T) {
	near(t, "printed, p = .99", Printed(0.99, 0.01, 1, 0.005), 34.44, 0.005)
	near(t, "proven, p = .99", Bound(0.99, 0.01, 1, 0.005), 113.04, 0.005)
	near(t, "printed, p = 1/2", Printed(0.5, 0.5, 1, 0.9), 0.8936, 5e-5)
	near(t, "proven, p = 1/2", Bound(0.5, 0.5, 1, 0.9), 1.2637, 5e-5)
	// At p = 1/2 it fails in the limit, too: 2(1 − N(√log 200)) = .02135 for γ = .01.
	for _, n := range []int{100, 10000} {
		all, err := Equal(n, 0.5)
		if err != nil {
			t.Fatal(err)
		}
		got := Exceeds(all, Printed(0.5, 0.5, float64(n), 0.01), math.Abs)
		near(t, "exceeded at p = 1/2", got, 0.02135, 5e-4)
	}
}

// For c ≥ 0 and p ≥ 1/2 the upper tail has the smaller constant; at p = 1/2 the two-sided one.
func TestOneSided(t *testing.T) {
	rng := stream("one-sided")
	for range 300 {
		c := influences(rng)
		for j := range c {
			c[j] = math.Abs(c[j])
		}
		for _, p := range []float64{0.5, 0.6, 0.9, 0.99} {
			all, _ := Enumerate(c, p, 1-p)
			for _, gamma := range []float64{0.5, 0.1, 0.01} {
				if got := Exceeds(all, OneSided(p, Of(c).Q, gamma), func(h float64) float64 { return h }); got > gamma*(1+1e-9) {
					t.Fatalf("c = %v, p = %v: %v > %v", c, p, got, gamma)
				}
			}
		}
	}
	minus, _ := Enumerate([]float64{-1}, 0.99, 0.01)
	if got := Exceeds(minus, OneSided(0.99, 1, 0.005), func(h float64) float64 { return h }); math.Abs(got-0.01) > 1e-12 {
		t.Errorf("c = −1: exceeded with %v, want .01", got)
	}
}
