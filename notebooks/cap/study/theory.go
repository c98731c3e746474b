package study

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"github.com/marginalia-ml/marginalia/pkg/imbalance"
)

// Axis returns s e_1 in d dimensions, the mean of the class + of samples that are drawn.
func Axis(s float64, d int) []float64 {
	mu := make([]float64, d)
	mu[0] = s
	return mu
}

// Affine holds, of samples and δ, the errors of the closed form in w and b, and those of two wrong forms.
type Affine struct{ W, B, Whole, Unshifted []float64 }

// Reparametrize compares (w_δ, b_δ) by the closed form with the solved program: on one sample of the given size, and on
// small ones of 2 to 13 examples in as many dimensions or a few more, δ from 0.05 to 40.
func Reparametrize(ctx context.Context, rng *rand.Rand, g imbalance.Mixture, n, d, small int) (*Affine, error) {
	a := &Affine{}
	add := func(g imbalance.Mixture, n, d int, deltas ...float64) error {
		s, err := g.Draw(n, d, rng)
		if err != nil {
			return err
		}
		one, err := s.SVM(ctx, 1, nil)
		if err != nil {
			return err
		}
		for _, delta := range deltas {
			v, err := s.SVM(ctx, delta, nil)
			if err != nil {
				return err
			}
			w, b := one.With(delta)
			f, shift := imbalance.Scale(delta)
			scale := 1 + math.Abs(v.B)
			a.W = append(a.W, floats.Distance(w, v.W, 2)/v.Norm)
			a.B = append(a.B, math.Abs(b-v.B)/scale)
			a.Whole = append(a.Whole, math.Abs(2*f*one.Norm-v.Norm)/v.Norm)
			a.Unshifted = append(a.Unshifted, math.Abs(b-shift-v.B)/scale)
		}
		return nil
	}
	if err := add(g, n, d, 0.3, 4, 10); err != nil {
		return nil, err
	}
	for i := range small {
		m := 2 + i%12
		delta := math.Exp(math.Log(0.05) + rng.Float64()*math.Log(800))
		if math.Abs(delta-1) < 0.1 {
			delta = 2 // at δ = 1 every form is right
		}
		h := imbalance.Mixture{Pi: 0.1 + 0.8*rng.Float64(), Plus: 1, Minus: 0.5 + rng.Float64(), S: 2 * rng.Float64()}
		if err := add(h, m, m+rng.IntN(6), delta); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Sweep is a hyperplane of one sample with its class errors along δ, by formula and by fresh points.
type Sweep struct {
	SVM                  *imbalance.SVM
	M                    float64
	Delta                []float64
	Plus, Minus          []float64 // by formula
	SeenPlus, SeenMinus  []float64 // shares of the fresh points, of Each a class
	Each                 int
	Best                 imbalance.Best
	Deviations, Mistaken []float64 // of counts, in standard deviations; with the sign of the threshold turned round
}

// Along draws a sample, solves for δ = 1, and measures class errors on fresh points in all d dimensions.
func Along(ctx context.Context, rng *rand.Rand, g imbalance.Mixture, n, d, each int, deltas []float64) (*Sweep, error) {
	s, err := g.Draw(n, d, rng)
	if err != nil {
		return nil, err
	}
	v, err := s.SVM(ctx, 1, nil)
	if err != nil {
		return nil, err
	}
	mu := Axis(g.S, d)
	w := &Sweep{SVM: v, M: v.Along(mu), Delta: deltas, Each: each, Best: g.BestOf(v, mu)}
	project := func(y, sigma float64) []float64 {
		out := make([]float64, each)
		for i := range out {
			for j, c := range v.W {
				out[i] += c * (y*mu[j] + sigma*rng.NormFloat64()) / v.Norm
			}
		}
		return out
	}
	plus, minus := project(1, g.Plus), project(-1, g.Minus)
	deviation := func(seen, p float64) float64 {
		return math.Abs(seen-p) / math.Sqrt(p*(1-p)/float64(each))
	}
	for _, delta := range deltas {
		t := imbalance.Threshold(delta, v.Norm, v.B)
		p, q := g.ClassErrors(w.M, t)
		sp, sm := share(plus, func(x float64) bool { return x+t < 0 }), share(minus, func(x float64) bool { return x+t > 0 })
		w.Plus, w.Minus = append(w.Plus, p), append(w.Minus, q)
		w.SeenPlus, w.SeenMinus = append(w.SeenPlus, sp), append(w.SeenMinus, sm)
		wrongP, wrongQ := g.ClassErrors(w.M, -t)
		const rare = 1e-3 // below, counts are not nearly normal
		if p > rare && p < 1-rare {
			w.Deviations = append(w.Deviations, deviation(sp, p))
			w.Mistaken = append(w.Mistaken, deviation(sp, math.Min(math.Max(wrongP, rare), 1-rare)))
		}
		if q > rare && q < 1-rare {
			w.Deviations = append(w.Deviations, deviation(sm, q))
			w.Mistaken = append(w.Mistaken, deviation(sm, math.Min(math.Max(wrongQ, rare), 1-rare)))
		}
	}
	return w, nil
}

func share(x []float64, f func(float64) bool) float64 {
	var n float64
	for _, v := range x {
		if f(v) {
			n++
		}
	}
	return n / float64(len(x))
}

// Roots is what random mixtures say of the thresholds of least error.
type Roots struct {
	Residual     []float64 // of u_−² − u_+² = 2 ln(σ_+/σ_−), relative
	Halved       []float64 // the same with ln(σ_+/σ_−)
	Above        int       // minima above 1/2, or other roots below it; in float64 one minimum of twenty is 1/2 itself
	Exchanged    int       // the same with the roots exchanged
	Quieter      int       // minima where the noisier class has the smaller error
	QuieterThere int       // maxima where it has
	Equalizing   []float64 // 1 − least error over the error where both classes' are equal
}

// Attack draws mixtures with noise ratios over two orders of magnitude and half-gaps of both signs.
func Attack(rng *rand.Rand, trials int) *Roots {
	r := &Roots{}
	for range trials {
		g := imbalance.Mixture{Pi: 0.5, Plus: math.Exp(rng.NormFloat64()), Minus: math.Exp(rng.NormFloat64()), S: 1}
		m := rng.NormFloat64() * math.Min(g.Plus, g.Minus)
		best, other, ok := g.Thresholds(m)
		if !ok {
			r.Above++
			continue
		}
		p, q, l := (m+best)/g.Plus, (m-best)/g.Minus, math.Log(g.Plus/g.Minus)
		scale := 1 + p*p + q*q
		r.Residual = append(r.Residual, math.Abs(q*q-p*p-2*l)/scale)
		r.Halved = append(r.Halved, math.Abs(q*q-p*p-l)/scale)
		if g.Balanced(m, best) > 0.5 || g.Balanced(m, other) < 0.5 {
			r.Above++
		}
		if g.Balanced(m, other) > 0.5 || g.Balanced(m, best) < 0.5 {
			r.Exchanged++
		}
		noisier := func(t float64) bool {
			plus, minus := g.ClassErrors(m, t)
			return (plus > minus) == (g.Plus > g.Minus)
		}
		if !noisier(best) {
			r.Quieter++
		}
		if !noisier(other) {
			r.QuieterThere++
		}
		if m > 0 { // errors are equal where (m + t)/σ_+ = (m − t)/σ_−
			t := m * (g.Plus - g.Minus) / (g.Plus + g.Minus)
			r.Equalizing = append(r.Equalizing, 1-g.Balanced(m, best)/g.Balanced(m, t))
		}
	}
	return r
}

// Ends counts, over random norms, intercepts, half-gaps and noises, where the best δ is, and how often some other δ of a
// wide grid is better: than it, and than what formula (2) gives without its ends.
func Ends(rng *rand.Rand, trials int) (at [3]int, beaten, alone int) {
	for range trials {
		g := imbalance.Mixture{Pi: 0.5, Plus: math.Exp(rng.NormFloat64() / 2), Minus: math.Exp(rng.NormFloat64() / 2), S: 1}
		if rng.IntN(4) == 0 {
			g.Minus = g.Plus
		}
		q, b1, m := math.Exp(rng.NormFloat64()), 2*rng.NormFloat64(), rng.NormFloat64()
		best := g.BestDelta(q, b1, m)
		at[best.At+1]++
		const roundOff = 1e-12
		least := math.Inf(1)
		for k := -60; k <= 60; k++ {
			least = math.Min(least, g.Balanced(m, imbalance.Threshold(math.Exp(float64(k)/5), q, b1)))
		}
		if least < best.Error-roundOff {
			beaten++
		}
		formula := math.Inf(1) // "+∞ unless the denominator is positive", and t* = 0 at equal noise
		t, _, ok := g.Thresholds(m)
		if !ok {
			t = 0
		}
		if D := 1 + b1 - t*q; D > 0 {
			formula = (2 - D) / D
		}
		if formula <= 0 || least < g.Balanced(m, imbalance.Threshold(formula, q, b1))-roundOff {
			alone++
		}
	}
	return at, beaten, alone
}

// GridBest returns the δ of least balanced error among points of a logarithmic grid with the given step of ln δ.
func GridBest(g imbalance.Mixture, v *imbalance.SVM, m, step float64) float64 {
	best, at := math.Inf(1), math.NaN()
	for x := math.Log(0.01); x < math.Log(1000); x += step {
		if e := g.Balanced(m, imbalance.Threshold(math.Exp(x), v.Norm, v.B)); e < best {
			best, at = e, math.Exp(x)
		}
	}
	return at
}
