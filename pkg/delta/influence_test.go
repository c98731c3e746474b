package delta

import (
	"math"
	"testing"
)

// Bias, variance and mean square are those of all masks.
func TestMoments(t *testing.T) {
	rng := stream("moments")
	for range 200 {
		c := influences(rng)
		f := Of(c)
		for _, p := range rates {
			for _, q := range []float64{1 - p, 2 * (1 - p), 0.7} {
				all, err := Enumerate(c, p, q)
				if err != nil {
					t.Fatal(err)
				}
				mean := Mean(all, func(h float64) float64 { return h })
				square := Mean(all, func(h float64) float64 { return h * h })
				variance := Mean(all, func(h float64) float64 { return (h - mean) * (h - mean) })
				near(t, "ΣP", Mean(all, func(float64) float64 { return 1 }), 1, 1e-12)
				near(t, "E h/√E h²", f.Bias(p, q)/math.Sqrt(square), mean/math.Sqrt(square), 1e-12)
				near(t, "Var h", f.Spread(p, q)/variance, 1, 1e-11)
				near(t, "E h²", f.MSE(p, q)/square, 1, 1e-11)
			}
		}
	}
}

// Q = n(c̄² + σ²), relatively, at scales from 10⁻⁸ to 10⁸; κ lies between 0 and n and reaches n.
func TestEnergy(t *testing.T) {
	rng := stream("energy")
	for k := range 300 {
		c := influences(rng)
		for j := range c {
			c[j] *= math.Pow(10, float64(k%17-8))
		}
		f := Of(c)
		near(t, "n(c̄² + σ²)/Q", f.Energy()/f.Q, 1, 1e-12)
		if kappa := f.Coherence(); !(kappa >= 0 && kappa <= float64(f.N)*(1+1e-12)) {
			t.Errorf("κ = %v of n = %d", kappa, f.N)
		}
	}
	if f := Of([]float64{2, 2, 2, 2}); f.Coherence() != 4 || f.Var != 0 || f.Most != 2 || f.Mean() != 2 {
		t.Errorf("four influences of 2: %+v", f)
	}
	near(t, "κ of opposite signs", Of([]float64{3, -3}).Coherence(), 0, 0)
}

// No q on a fine grid does better than q*, and its mean square is S²(1 − (1−p)/q*).
func TestBest(t *testing.T) {
	rng := stream("best")
	for range 100 {
		f := Of(influences(rng))
		for _, p := range rates {
			q := f.Best(p)
			if math.Abs(f.S) < 1e-9 {
				continue
			}
			for e := -3.0; e <= 3; e += 0.05 {
				if f.MSE(p, q*math.Exp(e)) < f.MSE(p, q)*(1-1e-12) {
					t.Fatalf("κ = %v, p = %v: %v e^%v is better than q* = %v", f.Coherence(), p, q, e, q)
				}
			}
			near(t, "E h²/S² at q*", f.MSE(p, q)/(f.S*f.S), 1-(1-p)/q, 1e-9)
			if (q > 1) != (f.Coherence() < 1) && math.Abs(q-1) > 1e-12 {
				t.Errorf("κ = %v, q* = %v: want q* > 1 iff κ < 1", f.Coherence(), q)
			}
		}
	}
	if q := Of([]float64{1, -1}).Best(0.9); !math.IsInf(q, 1) {
		t.Errorf("q* is %v where S = 0, want +Inf", q)
	}
	// Five influences of 1 and four of −1: κ = 1/9, q* = .1 + .9·9.
	near(t, "q*", Of([]float64{1, 1, 1, 1, 1, -1, -1, -1, -1}).Best(0.9), 8.2, 1e-12)
}

// A layer's sums are those of its neurons, input by input.
func TestLayer(t *testing.T) {
	rng := stream("layer")
	const rows, in, out = 5, 4, 3
	X, dW := make([]float64, rows*in), make([]float64, in*out)
	for i := range X {
		X[i] = rng.NormFloat64()
	}
	X[2] = 0
	for i := range dW {
		dW[i] = rng.NormFloat64()
	}
	l, err := OfLayer(X, dW, out, in)
	if err != nil {
		t.Fatal(err)
	}
	gram := make([]float64, in*in)
	for i := range gram {
		for r := range rows {
			gram[i] += X[r*in+i/in] * X[r*in+i%in]
		}
	}
	g, err := OfGram(gram, dW, out, in)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "ΣS² by the Gram matrix", g.S2/l.S2, 1, 1e-12)
	near(t, "ΣQ by the Gram matrix", g.Q/l.Q, 1, 1e-12)
	for _, p := range rates {
		q, s2, sumQ, mse := 1.5*(1-p), 0.0, 0.0, 0.0
		for r := range rows {
			for k := range out {
				c := make([]float64, in)
				for j := range c {
					c[j] = X[r*in+j] * dW[k*in+j]
				}
				f := Of(c)
				s2, sumQ, mse = s2+f.S*f.S, sumQ+f.Q, mse+f.MSE(p, q)
			}
		}
		near(t, "ΣS²", l.S2/s2, 1, 1e-12)
		near(t, "ΣQ", l.Q/sumQ, 1, 1e-12)
		near(t, "relative error²", l.Relative(p, q), mse/s2, 1e-9)
		near(t, "κ", l.Coherence(), s2/sumQ, 1e-9)
		near(t, "relative error² of DARE over that of q*", l.Relative(p, 1-p)/l.Relative(p, l.Best(p)), l.Best(p)/(1-p), 1e-8)
	}
	_, err = OfLayer(X[:7], dW, out, in)
	wants(t, err, "7 inputs", "4")
	_, err = OfLayer(nil, dW, out, in)
	wants(t, err, "0 inputs")
	_, err = OfLayer(X, dW[:11], out, in)
	wants(t, err, "11 weights", "12")
}

// Rows are neurons, with the bias behind them where it is asked for.
func TestRows(t *testing.T) {
	W, err := WithBias([]float64{1, 2, 3, 4}, []float64{5, 6})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := Rows(W, []float64{10, 100, 1})
	if err != nil {
		t.Fatal(err)
	}
	if rows[0] != Of([]float64{10, 200, 5}) || rows[1] != Of([]float64{30, 400, 6}) {
		t.Errorf("rows %+v", rows)
	}
	_, err = WithBias([]float64{1, 2, 3}, []float64{5, 6})
	wants(t, err, "3 weights and 2 biases")
	_, err = Rows([]float64{1, 2, 3}, []float64{5, 6})
	wants(t, err, "3 weights", "2 numbers")
	_, err = OfGram(make([]float64, 3), make([]float64, 4), 2, 2)
	wants(t, err, "3 entries", "want 4")
}
