package ntp

import (
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

func TestNewRefusesMalformedData(t *testing.T) {
	H := mat.NewDense(2, 2, []float64{1, 2, 3, 4})
	P := func(x ...float64) *mat.Dense { return mat.NewDense(3, 2, x) }
	good := P(0.5, 0.2, 0.5, 0, 0, 0.8)
	half := []float64{0.5, 0.5}
	nan := math.NaN()
	for name, c := range map[string]struct {
		H, P     *mat.Dense
		pi       []float64
		supports [][]int
		says     string
	}{
		"zero on the support":   {H, good, half, [][]int{{0, 1}, {0, 1, 2}}, "p_1[1] = 0 on the declared support"},
		"mass off the support":  {H, good, half, [][]int{{0, 1}, {2}}, "p_1[0] = 0.2 lies outside"},
		"support out of range":  {H, good, half, [][]int{{0, 3}, {0, 2}}, "token 3"},
		"support with repeats":  {H, good, half, [][]int{{0, 0, 1}, {0, 2}}, "twice"},
		"too few supports":      {H, good, half, [][]int{{0, 1}}, "1 supports for 2"},
		"sum above one":         {H, P(0.5, 0.2, 0.6, 0, 0, 0.8), half, nil, "p_0 sums to 1.1"},
		"sum off by rounding":   {H, P(0.5, 0.2, 0.5, 0, 0, 0.8+1e-8), half, nil, "p_1 sums to"},
		"negative probability":  {H, P(-0.5, 0.2, 1.5, 0, 0, 0.8), half, nil, "p_0[0] = -0.5"},
		"NaN probability":       {H, P(nan, 0.2, 0.5, 0, 0, 0.8), half, nil, "p_0[0] = NaN"},
		"empty support":         {H, P(0, 0.2, 0, 0, 0, 0.8), half, nil, "p_0 sums to 0"},
		"NaN embedding":         {mat.NewDense(2, 2, []float64{1, nan, 0, 0}), good, half, nil, "h_1"},
		"columns differ":        {mat.NewDense(2, 3, nil), good, half, nil, "3 columns"},
		"frequencies too few":   {H, good, []float64{1}, nil, "1 frequencies"},
		"frequency zero":        {H, good, []float64{0, 1}, nil, "pi[0] = 0"},
		"frequency NaN":         {H, good, []float64{nan, 1}, nil, "pi[0] = NaN"},
		"frequencies sum":       {H, good, []float64{0.5, 0.6}, nil, "pi sums to 1.1"},
		"nothing":               {nil, nil, nil, nil, "empty"},
		"vocabulary of a token": {H, mat.NewDense(1, 2, []float64{1, 1}), half, nil, "vocabulary"},
	} {
		in, err := New(c.H, c.P, c.pi, c.supports)
		if in != nil || !errors.Is(err, ErrInstance) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want an ErrInstance that says %q", name, err, c.says)
		}
	}
	in, err := New(H, good, half, [][]int{{1, 0}, {2, 0}})
	if err != nil {
		t.Fatal(err)
	}
	good.Set(0, 0, 9)
	if in.P.At(0, 0) != 0.5 || in.S[0][0] != 0 || in.S[1][1] != 2 {
		t.Error("the instance shares its data with the caller or leaves supports unsorted")
	}
}

func TestCounts(t *testing.T) {
	in := small(t, 1)
	V, d, m := in.Dims()
	if V != 10 || d != 10 || m != 8 {
		t.Fatalf("dimensions %d, %d, %d", V, d, m)
	}
	if in.Equalities() != 23-8 || in.Inequalities() != 80-23 {
		t.Errorf("%d equalities and %d inequalities, want Σs-m = 15 and mV-Σs = 57", in.Equalities(), in.Inequalities())
	}
	if got := mat.Sum(in.SupportMatrix()); got != 23 {
		t.Errorf("support matrix sums to %v, want 23", got)
	}
	near(t, "sum of the centred support matrix", mat.Sum(in.Centred()), 0, identityTol)
}

// C1: CE - Hent is the KL divergence and positive; three ways to compute it agree.
func TestExcessIdentity(t *testing.T) {
	in, rng := small(t, 2), newRand(3)
	for _, norm := range []float64{0.1, 1, 5, 20, 50} {
		for range 5 {
			W := ofNorm(in, norm, rng)
			excess := in.Excess(W)
			near(t, "CE - Hent", in.CE(W)-in.Entropy(), excess, identityTol*norm)
			near(t, "CE_F - Hent", in.InSupportCE(W)-in.Entropy(), in.InSupportExcess(W), identityTol*norm)
			near(t, "split", in.InSupportExcess(W)+in.OffSupportExcess(W), excess, identityTol*norm)
			if !(excess > 0 && in.OffSupportExcess(W) > 0) {
				t.Errorf("excess %v at norm %v is not positive", excess, norm)
			}
		}
	}
}

// The excess keeps its relative accuracy: at W* + R W^mm it is Σ π log(1+x) exactly, of
// which R = 40 leaves 1e-17, far below the rounding of CE.
func TestExcessRelativeAccuracy(t *testing.T) {
	in := small(t, 4)
	star, mm := must(in.Wstar())(t).W, must(in.Wmm())(t).W
	const R = 40
	V, _, _ := in.Dims()
	L := in.Logits(matrix.Add(star, R, mm))
	want := 0.0
	for j, s := range in.S {
		q := 0.0
		for _, z := range s {
			q += math.Exp(L.At(z, j) - L.At(s[0], j))
		}
		for v := range V {
			if !in.Follows(v, j) {
				want += in.Pi[j] * math.Exp(L.At(v, j)-L.At(s[0], j)) / q
			}
		}
	}
	got := in.Excess(matrix.Add(star, R, mm))
	// The rounding of W leaves 1e-26 inside the supports.
	if want > 1e-15 || !(math.Abs(got/want-1) < 1e-8) {
		t.Errorf("excess %g, want %g to eight digits", got, want)
	}
}

func TestGradientAgainstDifferences(t *testing.T) {
	in, rng := small(t, 5), newRand(6)
	const h = 1e-5 // truncation h² and rounding 1e-16/h balance at 1e-10
	for range 10 {
		W, D := in.Start(rng), matrix.Unit(in.Start(rng))
		got := matrix.Inner(in.Gradient(W), D)
		want := (in.CE(matrix.Add(W, h, D)) - in.CE(matrix.Add(W, -h, D))) / (2 * h)
		near(t, "directional derivative", got, want, 1e-9)
	}
	one := mat.NewDense(10, 10, nil)
	one.Apply(func(_, j int, _ float64) float64 { return float64(j) }, one) // 1 uᵀ
	W := in.Start(rng)
	near(t, "CE(W + 1uᵀ)", in.CE(matrix.Add(W, 1, one)), in.CE(W), 1e-11)
}

func TestSmoothnessBoundsTheGradient(t *testing.T) {
	in, rng := small(t, 7), newRand(8)
	L := in.Smoothness()
	largest := 0.0
	for range 200 {
		W, D := in.Start(rng), ofNorm(in, 0.1, rng)
		largest = math.Max(largest, matrix.Norm(matrix.Add(in.Gradient(matrix.Add(W, 1, D)), -1, in.Gradient(W)))/0.1)
	}
	if !(largest <= L) || !(largest > L/20) {
		t.Errorf("gradients differ by up to %v a unit step, L = %v", largest, L)
	}
	if wide := must(Gaussian(Config{V: 3, M: 9, D: 2, S: 2}, newRand(1)))(t); !(wide.Curvature() > 0) {
		t.Errorf("curvature %v with d < m", wide.Curvature())
	}
	orth := must(Orthonormal(Config{V: 4, M: 5, D: 7, S: 2}, newRand(2)))(t)
	near(t, "curvature of orthonormal embeddings", orth.Curvature(), 0.2, identityTol)
	near(t, "M of orthonormal embeddings", orth.MaxNorm(), math.Sqrt2, identityTol)
}

// Step 1 of the derivation: the loss over sequences is the loss over distinct contexts.
func TestSampleCE(t *testing.T) {
	in, rng := small(t, 9), newRand(10)
	pairs := in.Sample(2000, rng)
	empirical := must(in.Empirical(pairs))(t)
	for range 5 {
		W := in.Start(rng)
		near(t, "loss over sequences", in.SampleCE(W, pairs), empirical.CE(W), identityTol)
	}
	counts := make(map[softlabel.Pair]int)
	for _, p := range pairs {
		if !in.Follows(p.Token, p.Context) {
			t.Fatalf("drew token %d, outside the support of context %d", p.Token, p.Context)
		}
		counts[p]++
	}
	// Pearson's χ² has expectation about the number of cells and variance twice that.
	chi, cells := 0.0, 0
	for j, s := range in.S {
		for _, z := range s {
			want := 2000 * in.Pi[j] * in.P.At(z, j)
			chi += math.Pow(float64(counts[softlabel.Pair{Context: j, Token: z}])-want, 2) / want
			cells++
		}
	}
	if !(chi < float64(cells)+6*math.Sqrt(2*float64(cells))) {
		t.Errorf("χ² = %.1f for %d cells", chi, cells)
	}
	if _, err := in.Empirical([]softlabel.Pair{{Context: 0, Token: 99}}); !errors.Is(err, ErrInstance) {
		t.Errorf("pair outside the vocabulary: %v", err)
	}
	if _, err := in.Empirical(nil); !errors.Is(err, ErrInstance) {
		t.Errorf("no pairs: %v", err)
	}
}

func TestTempered(t *testing.T) {
	in := small(t, 15)
	half := must(in.Tempered(0.5))(t)
	for j, s := range in.S {
		for _, z := range s {
			near(t, "p", half.P.At(z, j), 0.5*in.P.At(z, j)+0.5/float64(len(s)), identityTol)
		}
	}
	if !mat.Equal(must(in.Tempered(0))(t).P, in.P) {
		t.Error("weight 0 changed the probabilities")
	}
	for _, w := range []float64{-0.1, 1.1, math.NaN()} {
		if _, err := in.Tempered(w); err == nil {
			t.Errorf("weight %v: no error", w)
		}
	}
	data := Data{Kind: "gaussian", Config: Config{V: 10, M: 8, D: 10, S: 3}, Seed: 1, Stream: "x"}
	plain := must(data.Instance())(t)
	data.Temper = 1
	uniform := must(data.Instance())(t)
	near(t, "entropy of uniform p_j", uniform.Entropy(), math.Log(3), identityTol)
	if !mat.Equal(plain.H, uniform.H) {
		t.Error("tempering changed the embeddings")
	}
}
