package embedding

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/testkit"
)

// randomPrior draws positive probabilities, some of them down to e^{−9}.
func randomPrior(rng *rand.Rand, K int) []float64 {
	prior, sum := make([]float64, K), 0.0
	for i := range prior {
		prior[i] = math.Exp(3 * rng.NormFloat64())
		sum += prior[i]
	}
	for i := range prior {
		prior[i] /= sum
	}
	return prior
}

// randomDistances draws distances around a centre.
func randomDistances(rng *rand.Rand, K int) []float64 {
	d, centre, width := make([]float64, K), 3*rng.Float64(), math.Exp(2*rng.NormFloat64())
	for i := range d {
		d[i] = math.Abs(centre + width*rng.NormFloat64())
	}
	return d
}

func randomVector(rng *rand.Rand, m int, scale float64) []float64 {
	v := make([]float64, m)
	for t := range v {
		v[t] = scale * rng.NormFloat64()
	}
	return v
}

// A posterior sums to one, its log-odds are those of the prior plus the difference of squared
// distances, and where exponentials do not underflow it is the formula as it stands.
func TestLogPosterior(t *testing.T) {
	rng := testkit.Rand(1)
	for range 2000 {
		K := 2 + rng.IntN(5)
		prior, d, rho := randomPrior(rng, K), randomDistances(rng, K), math.Exp(2*rng.NormFloat64())
		log := testkit.Must(LogPosterior(prior, d, rho))(t)
		sum, scale := 0.0, 1.0
		for i := range log {
			sum += math.Exp(log[i])
			scale = max(scale, d[i]*d[i]/(rho*rho))
		}
		testkit.Near(t, "the sum", sum, 1, 1e-12)
		for i := range log {
			odds := math.Log(prior[i]/prior[0]) + (d[0]*d[0]-d[i]*d[i])/(2*rho*rho)
			testkit.Near(t, "log-odds", (log[i]-log[0]-odds)/scale, 0, 1e-13)
		}
		if scale < 100 {
			for i, p := range PlainPosterior(prior, d, rho) {
				testkit.Near(t, "the plain formula", p, math.Exp(log[i]), 1e-12)
			}
		}
	}
	if p := PlainPosterior([]float64{0.5, 0.5}, []float64{40, 41}, 1); !math.IsNaN(p[0]) {
		t.Errorf("the plain formula at d = 40ρ is %v, which is to be 0/0", p)
	}
	far := testkit.Must(LogPosterior([]float64{0.5, 0.5}, []float64{400, 401}, 1))(t)
	testkit.Near(t, "log P at d = (400, 401)", far[1]+801.0/2, 0, 1e-10)
	if none := testkit.Must(LogPosterior([]float64{1, 0}, []float64{2, 1}, 1))(t); none[0] != 0 || !math.IsInf(none[1], -1) {
		t.Errorf("with the prior (1, 0) the posterior is exp %v", none)
	}
	near := testkit.Must(LogPosterior([]float64{0, 1}, []float64{2, 90}, 1))(t)
	testkit.Near(t, "log P of the only group with a prior, far away", near[1], 0, 1e-12)
}

// The gap is the two groups' deviation; the bound is reached at prior odds e^{R/2}, never passed.
func TestDeviation(t *testing.T) {
	rng := testkit.Rand(2)
	for range 3000 {
		K := 2 + rng.IntN(5)
		prior, d, rho := randomPrior(rng, K), randomDistances(rng, K), math.Exp(2*rng.NormFloat64())
		got, bound := testkit.Must(Deviation(prior, d, rho))(t), DeviationBound(d, rho)
		if got > bound*(1+1e-12) {
			t.Fatalf("deviation %v of %v, %v, %v is above tanh(R/4) = %v", got, prior, d, rho, bound)
		}
		even := []float64{0.5, 0.5}
		two := testkit.Must(Deviation(even, d[:2], rho))(t)
		testkit.Near(t, "gap over deviation", PosteriorGap(d[0], d[1], rho)/two, 1, 1e-11)
		if R := EnergyRange(d[:2], rho); R < 60 {
			odds := math.Exp(R / 2)
			far := odds / (1 + odds)
			prior := []float64{far, 1 - far}
			if d[0] < d[1] {
				prior = []float64{1 - far, far}
			}
			attained := testkit.Must(Deviation(prior, d[:2], rho))(t)
			testkit.Near(t, "the extremal prior", attained/DeviationBound(d[:2], rho), 1, 1e-9)
		}
	}
}

// The loss is the formula's where that has digits, and twice the slope times the difference where
// distances are nearly equal.
func TestBiasLoss(t *testing.T) {
	rng := testkit.Rand(9)
	for range 1000 {
		d, rho, want := randomDistances(rng, 2+rng.IntN(4)), math.Exp(rng.NormFloat64()), 0.0
		for i := range d {
			for j := range d {
				want += math.Abs(math.Exp(-d[i]*d[i]/(2*rho*rho)) - math.Exp(-d[j]*d[j]/(2*rho*rho)))
			}
		}
		testkit.Near(t, "the loss", BiasLoss(d, rho), want, 1e-13)
		x, h := rho*(0.1+3*rng.Float64()), 1e-9*rho
		testkit.Near(t, "nearly equal", BiasLoss([]float64{x, x + h}, rho)/(2*Slope(x, rho)*((x+h)-x)), 1, 1e-7)
	}
}

// The kernels bound the gap from both sides.
func TestGapBetween(t *testing.T) {
	rng := testkit.Rand(3)
	for range 3000 {
		d, rho := randomDistances(rng, 2), math.Exp(rng.NormFloat64())
		low, high := GapBetween(d[0], d[1], rho)
		gap := PosteriorGap(d[0], d[1], rho)
		if gap < low*(1-1e-12) || gap > high*(1+1e-12) {
			t.Fatalf("gap %v of %v, ρ = %v is not between %v and %v", gap, d, rho, low, high)
		}
	}
	// Both are reached, the lower one at the neutral text, the upper one for equal distances.
	low, _ := GapBetween(1e-3, 2e-3, 1)
	testkit.Near(t, "lower bound near zero", low/PosteriorGap(1e-3, 2e-3, 1), 1, 1e-5)
	_, high := GapBetween(2, 2+1e-6, 1)
	testkit.Near(t, "upper bound near equality", high/PosteriorGap(2, 2+1e-6, 1), 1, 1e-5)
}

// Moving the three texts raises the loss by what the bound needs, whatever the move.
func TestAnchoredBound(t *testing.T) {
	rng := testkit.Rand(4)
	for range 3000 {
		m, rho, beta := 1+rng.IntN(4), math.Exp(rng.NormFloat64()), math.Exp(2*rng.NormFloat64())
		f := [][]float64{randomVector(rng, m, 1), randomVector(rng, m, 1)}
		n, far, moved := randomVector(rng, m, 1), 0.0, 0.0
		for _, d := range Distances(f, n) {
			far = max(far, d)
		}
		step := math.Exp(2*rng.NormFloat64() - 2)
		for _, text := range [][]float64{f[0], f[1], n} {
			by := randomVector(rng, m, step)
			moved += math.Sqrt(SquaredDistance(by, make([]float64, m)))
			for t := range text {
				text[t] += by[t]
			}
		}
		d := Distances(f, n)
		bound := AnchoredBound(BiasLoss(d, rho)+beta*moved, beta, far, rho)
		if gap := PosteriorGap(d[0], d[1], rho); gap > bound*(1+1e-12) {
			t.Fatalf("gap %v is above its bound %v: d = %v, ρ = %v, β = %v", gap, bound, d, rho, beta)
		}
	}
	loss := BiasLoss([]float64{2, 2 + 1e-6}, 1)
	testkit.Near(t, "nothing moved, nearly equal", AnchoredBound(loss, 1, 2+1e-6, 1)/PosteriorGap(2, 2+1e-6, 1), 1, 1e-5)
}

// Gradients against central differences, away from the kink; the neutral text takes the rest.
func TestBiasGradient(t *testing.T) {
	rng := testkit.Rand(5)
	const h = 1e-5
	for range 300 {
		K, m, rho := 2+rng.IntN(3), 1+rng.IntN(5), 0.5+2*rng.Float64()
		f, n := make([][]float64, K), randomVector(rng, m, 1)
		for i := range f {
			f[i] = randomVector(rng, m, 1)
		}
		d, apart := Distances(f, n), math.Inf(1)
		for i := range d {
			apart = min(apart, d[i])
			for j := range i {
				apart = min(apart, math.Abs(d[i]-d[j]))
			}
		}
		if apart < 1e-2 {
			continue
		}
		df, dn := BiasGradient(f, n, rho)
		at := func(x []float64, t int) float64 {
			was := x[t]
			x[t] = was + h
			up := BiasLoss(Distances(f, n), rho)
			x[t] = was - h
			down := BiasLoss(Distances(f, n), rho)
			x[t] = was
			return (up - down) / (2 * h)
		}
		for s := range m {
			for i := range f {
				testkit.Near(t, "∂/∂f", df[i][s], at(f[i], s), 1e-7/(rho*rho))
			}
			testkit.Near(t, "∂/∂n", dn[s], at(n, s), 1e-6/(rho*rho))
		}
	}
	df, dn := BiasGradient([][]float64{{1, 0}, {0, 1}}, []float64{0, 0}, 1)
	for _, v := range append(append(df[0], df[1]...), dn...) {
		if v != 0 {
			t.Errorf("at equal distances the gradient is %v, %v", df, dn)
		}
	}
}

// The slope is the kernel's derivative, and e^{−1/2}/ρ at its largest.
func TestSlope(t *testing.T) {
	for _, rho := range []float64{0.1, 1, 7} {
		for x := 0.0; x < 6; x += 0.1 {
			const h = 1e-5
			by := (Kernel((x-h)*rho, rho) - Kernel((x+h)*rho, rho)) / (2 * h * rho)
			testkit.Near(t, "the slope", Slope(x*rho, rho)*rho, by*rho, 1e-9)
			if Slope(x*rho, rho)*rho > math.Exp(-0.5)+1e-15 {
				t.Errorf("the slope at d = %vρ is above e^{−1/2}/ρ", x)
			}
		}
		testkit.Near(t, "the slope at ρ", Slope(rho, rho)*rho, math.Exp(-0.5), 1e-15)
	}
}

// The mean over pairs lies in its bounds, which are reached by one far group and by two camps.
func TestPairGap(t *testing.T) {
	rng := testkit.Rand(6)
	for K := 2; K < 8; K++ {
		k := float64(K)
		most := 2 * math.Floor(k*k/4) / (k * (k - 1))
		for range 300 {
			d := make([]float64, K)
			low, high := math.Inf(1), 0.0
			for i := range d {
				d[i] = rng.Float64()
				low, high = min(low, d[i]), max(high, d[i])
			}
			if g := PairGap(d) / (high - low); g < 2/k-1e-12 || g > most+1e-12 {
				t.Fatalf("the gap of %v over its range is %v, want %v to %v", d, g, 2/k, most)
			}
		}
		one, camps := make([]float64, K), make([]float64, K)
		one[0] = 1
		for i := range K / 2 {
			camps[i] = 1
		}
		testkit.Near(t, "one far group", PairGap(one), 2/k, 1e-14)
		testkit.Near(t, "two camps", PairGap(camps), most, 1e-14)
	}
}

// The identity of retrieval holds for every four vectors.
func TestRetrievalMargin(t *testing.T) {
	rng := testkit.Rand(7)
	for range 500 {
		m := 1 + rng.IntN(40)
		left, unequal, inner := RetrievalMargin(randomVector(rng, m, 1), randomVector(rng, m, 1), randomVector(rng, m, 1), randomVector(rng, m, 1))
		testkit.Near(t, "left − right", left, unequal+inner, 1e-12*float64(m))
	}
}

// The end of the flow solves its equation: s(d_1) ∂d*/∂d_1 = s(d_2) ∂d*/∂d_2, d* of equal ones is
// their value, and the limits of ρ are the geometric mean and the larger distance.
func TestCommonDistance(t *testing.T) {
	rng := testkit.Rand(8)
	at := func(a, b, rho float64) float64 { return testkit.Must(CommonDistance(a, b, rho))(t) }
	for range 500 {
		rho := math.Exp(rng.NormFloat64())
		a, b := rho*(0.1+4*rng.Float64()), rho*(0.1+4*rng.Float64())
		d := at(a, b, rho)
		if d < min(a, b) || d > max(a, b) {
			t.Fatalf("%v and %v meet at %v", a, b, d)
		}
		if mean := (a + b) / 2; max(a, b) <= rho && d > mean+1e-12 || min(a, b) >= rho && d < mean-1e-12 {
			t.Errorf("%v and %v meet at %v with ρ = %v: the wrong side of %v", a, b, d, rho, mean)
		}
		const h = 1e-5
		da := (at(a+h*rho, b, rho) - at(a-h*rho, b, rho)) / (2 * h * rho)
		db := (at(a, b+h*rho, rho) - at(a, b-h*rho, rho)) / (2 * h * rho)
		testkit.Near(t, "s ∂d*/∂d", (Slope(a, rho)*da-Slope(b, rho)*db)*rho, 0, 1e-7)
		testkit.Near(t, "with itself", at(a, a, rho)/a, 1, 1e-12)
		testkit.Near(t, "large ρ", at(a, b, 1e6*rho)/math.Sqrt(a*b), 1, 1e-9)
	}
	testkit.Near(t, "small ρ", at(1, 2, 0.1), 2, 0.01)
	if at(0, 1, 1) != 0 {
		t.Errorf("a text at its neutral form is left by %v", at(0, 1, 1))
	}
	// Ei(1) − γ, Abramowitz and Stegun, Table 5.1: Ei(1) = 1.895117816.
	testkit.Near(t, "Ei(1)", expIntegral(1)+0.5772156649015329, 1.895117816, 1e-9)
	for _, bad := range [][3]float64{{-1, 1, 1}, {1, 1, 0}, {1, 40, 1}, {math.NaN(), 1, 1}} {
		if _, err := CommonDistance(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("no error for %v", bad)
		}
	}
}

// What a posterior cannot be computed from is named.
func TestBadPosterior(t *testing.T) {
	for want, x := range map[string]struct {
		prior, d []float64
		rho      float64
	}{
		"one of each":   {[]float64{1}, []float64{1}, 1},
		"2 prior":       {[]float64{0.5, 0.5}, []float64{1, 2, 3}, 1},
		"radius is 0":   {[]float64{0.5, 0.5}, []float64{1, 2}, 0},
		"a probability": {[]float64{1.5, -0.5}, []float64{1, 2}, 1},
		"not negative":  {[]float64{0.5, 0.5}, []float64{1, -2}, 1},
		"sums to":       {[]float64{0.5, 0.6}, []float64{1, 2}, 1},
	} {
		if _, err := LogPosterior(x.prior, x.d, x.rho); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: the error is %v, want one with %q", x, err, want)
		}
	}
}
