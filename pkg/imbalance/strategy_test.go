package imbalance

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/random"
	. "github.com/marginalia-ml/marginalia/pkg/testkit"
)

func normals(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x
}

// differences returns central differences of f at x.
func differences(f func(x []float64) float64, x []float64) []float64 {
	const h = 1e-5
	g := make([]float64, len(x))
	for i, v := range x {
		x[i] = v + h
		up := f(x)
		x[i] = v - h
		g[i] = (up - f(x)) / (2 * h)
		x[i] = v
	}
	return g
}

func nearAll(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range got {
		Near(t, what, got[i], want[i], tol)
	}
}

// The loss in the form with differences, and its special cases from their own formulas.
func TestStrategies(t *testing.T) {
	rng := random.Stream(1, "strategies")
	counts := []int{500, 60, 20, 3}
	const n = 583.0
	for range 50 {
		f := normals(rng, 4)
		s := Strategy{[]float64{1, 2, 3, 4}, normals(rng, 4), normals(rng, 4)}
		for y := range 4 {
			var sum float64
			for k := range 4 {
				if k != y {
					sum += math.Exp(s.L[k]-s.L[y]) * math.Exp(s.Delta[k]*f[k]-s.Delta[y]*f[y])
				}
			}
			Near(t, "loss", s.Loss(f, y), s.Weight[y]*math.Log(1+sum), 1e-12)
			var z float64
			for k := range 4 {
				z += math.Exp(f[k])
			}
			Near(t, "CE", Plain(4).Loss(f, y), math.Log(z)-f[y], IdentityTol)
			Near(t, "weighted", Must(Weighted(counts))(t).Loss(f, y), n/float64(counts[y])*(math.Log(z)-f[y]), 1e-10)
			var adjusted, tempered float64
			for k := range 4 {
				adjusted += float64(counts[k]) * math.Exp(f[k])
				tempered += math.Exp(math.Pow(float64(counts[k])/500, 0.2) * f[k])
			}
			Near(t, "LA", Must(LA(counts, 1))(t).Loss(f, y), -math.Log(float64(counts[y])*math.Exp(f[y])/adjusted), IdentityTol)
			Near(t, "CDT", Must(CDT(counts, 0.2))(t).Loss(f, y), math.Log(tempered)-math.Pow(float64(counts[y])/500, 0.2)*f[y], IdentityTol)
			m := Must(LDAM(counts, 0.5))(t)
			Near(t, "LDAM margin of the tail", m[3], 0.5, IdentityTol)
			Near(t, "LDAM margins", m[0]/m[2], math.Pow(500./20, -0.25), IdentityTol)
			var others float64
			for k := range 4 {
				if k != y {
					others += math.Exp(30 * f[k])
				}
			}
			own := math.Exp(30 * (f[y] - m[y]))
			Near(t, "LDAM", CrossEntropy(LDAMScores(f, y, m, 30), y), -math.Log(own/(own+others)), 1e-9)
		}
	}
	train, after := Must(LA(counts, 1))(t), Must(PosthocLA(counts, 1))(t)
	if train.L[0] <= train.L[3] || after.L[0] >= after.L[3] {
		t.Error("in training the head has the larger l, after it the tail")
	}
	Near(t, "small losses", CrossEntropy([]float64{800, 0, 0}, 0), 2*math.Exp(-800), 0)
	Near(t, "e^-40", CrossEntropy([]float64{40, 0, 0}, 0)/(2*math.Exp(-40)), 1, 1e-12)
}

// Post-hoc LA on exact posteriors is the classifier of equal priors: argmax log p(y|x) − log π_y = argmax log p(x|y).
func TestBalancedPosterior(t *testing.T) {
	rng := random.Stream(1, "posterior")
	counts := []int{700, 280, 20}
	pi := Must(Frequencies(counts))(t)
	after := Must(PosthocLA(counts, 1))(t)
	var differs int
	for range 2000 {
		x := 3 * rng.NormFloat64()
		like, post := make([]float64, 3), make([]float64, 3)
		for k := range 3 {
			like[k] = -(x - 2*float64(k)) * (x - 2*float64(k)) / 2
			post[k] = like[k] + math.Log(pi[k])
		}
		floats.AddConst(-floats.LogSumExp(post), post)
		if floats.MaxIdx(after.Apply(post)) != floats.MaxIdx(like) {
			t.Errorf("x = %g", x)
		}
		if floats.MaxIdx(post) != floats.MaxIdx(like) {
			differs++
		}
	}
	if differs < 100 {
		t.Errorf("the prior changes only %d of 2000 predictions: the test says little", differs)
	}
}

func TestObjectives(t *testing.T) {
	// ⌈aK⌉ where a·K is whole and its float is a unit above: 7, 7, 7.
	for _, c := range []struct {
		a float64
		k int
	}{{0.07, 100}, {0.28, 25}, {0.14, 50}} {
		if got := Worst(c.a, c.k); got != 7 {
			t.Errorf("⌈%g·%d⌉ = %d, want 7", c.a, c.k, got)
		}
	}
	if Worst(0.21, 10) != 3 || Worst(1, 10) != 10 || Worst(1e-12, 10) != 1 {
		t.Error("⌈0.21·10⌉, ⌈1·10⌉, ⌈10⁻¹²·10⌉")
	}
	e := []float64{0.1, 0.9, 0.4, 0.4, 0.2}
	for _, c := range []struct {
		o    Objective
		want float64
	}{
		{Objective{Kind: "balanced"}, 0.4},
		{Objective{Kind: "weighted", Weight: []float64{1, 1, 0, 0, 2}}, 0.35},
		{Objective{Kind: "deviation"}, math.Sqrt((0.09 + 0.25 + 0.04) / 5)},
		{Objective{Kind: "quantile", A: 0.4}, 0.4},
		{Objective{Kind: "quantile", A: 0.2}, 0.9},
		{Objective{Kind: "cvar", A: 0.4}, 0.65},
		{Objective{Kind: "cvar", A: 1}, 0.4},
		{Objective{Kind: "aggregate", Lambda: 0.25}, 0.1 + 0.75*math.Sqrt(0.38/5)},
	} {
		if err := c.o.Check(5); err != nil {
			t.Error(err)
		}
		Near(t, c.o.String(), c.o.Value(e), c.want, IdentityTol)
		rng := random.Stream(1, c.o.Kind)
		for range 20 {
			x := normals(rng, 5)
			nearAll(t, "gradient of "+c.o.String(), c.o.Gradient(x), differences(c.o.Value, x), 1e-8)
		}
	}
	nearAll(t, "deviation of equal errors", Objective{Kind: "deviation"}.Gradient([]float64{1, 1}), []float64{0, 0}, 0)
	for _, o := range []Objective{{}, {Kind: "mean"}, {Kind: "weighted"}, {Kind: "weighted", Weight: []float64{0, 0, 0, 0, 0}}, {Kind: "weighted", Weight: []float64{1, 1, 1, 1, -1}}, {Kind: "weighted", Weight: []float64{1, 1, 1, 1, math.Inf(1)}},
		{Kind: "cvar"}, {Kind: "quantile", A: 1.1}, {Kind: "aggregate", Lambda: -1}, {Kind: "aggregate", Lambda: math.NaN()}} {
		if err := o.Check(5); !errors.Is(err, ErrInput) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if err := (Objective{Kind: "balanced"}).Check(0); !errors.Is(err, ErrInput) {
		t.Error(err)
	}
}

func TestErrors(t *testing.T) {
	scores := []float64{1, 0, 2, 3, 0, 1, 0, 0}
	nearAll(t, "errors", Must(Errors(scores, []int{0, 0, 1, 1}, 2))(t), []float64{0.5, 0.5}, 0)
	if _, err := Errors(scores, []int{0, 0, 0, 0}, 2); !errors.Is(err, ErrEmptyClass) {
		t.Error(err)
	}
	for _, y := range [][]int{{0, 1}, {0, 1, 2, 0}, {0, 1, -1, 0}} {
		if _, err := Errors(scores, y, 2); !errors.Is(err, ErrInput) {
			t.Errorf("%v: %v", y, err)
		}
	}
}

func TestDictionary(t *testing.T) {
	pi := []float64{0.7, 0.2, 0.07, 0.03}
	F := Must(Dictionary(Attribute{"frequency", pi}, Attribute{"difficulty", []float64{0, 0.5, 0.2, 0.9}}))(t)
	if r, c := F.Dims(); r != 4 || c != 4 {
		t.Fatalf("%d by %d", r, c)
	}
	for j := range 4 {
		mean, sd := stat.PopMeanStdDev(mat.Col(nil, j, F), nil)
		Near(t, "mean", mean, 0, IdentityTol)
		Near(t, "deviation", sd, 1, IdentityTol)
	}
	// The first column is log π up to shift and scale: LA is one entry of the dictionary.
	log := []float64{math.Log(0.7), math.Log(0.2), math.Log(0.07), math.Log(0.03)}
	_, sd := stat.PopMeanStdDev(log, nil)
	s := NewMap(F).Strategy([]float64{sd, 0, 0, 0, 0, 0, 0, 0, 0})
	Near(t, "LA", s.L[0]-s.L[3], log[0]-log[3], IdentityTol)
	nearAll(t, "Δ", s.Delta, []float64{1, 1, 1, 1}, 0)
	nearAll(t, "a temperature", NewMap(F).Strategy([]float64{0, 0, 0, 0, 0.5, 0, 0, 0, 0}).Delta, []float64{1.5, 1.5, 1.5, 1.5}, 0)
	Near(t, "zero is clipped", F.At(0, 2), (math.Log(1e-3)-meanOf(math.Log(1e-3), math.Log(0.5), math.Log(0.2), math.Log(0.9)))/sdOf(math.Log(1e-3), math.Log(0.5), math.Log(0.2), math.Log(0.9)), IdentityTol)
	root := mat.Col(nil, 1, F)
	Near(t, "root", (root[0]-root[1])/(root[1]-root[2]), (math.Sqrt(0.7)-math.Sqrt(0.2))/(math.Sqrt(0.2)-math.Sqrt(0.07)), 1e-10)
	for _, a := range [][]Attribute{nil, {{"one", []float64{1}}}, {{"constant", []float64{2, 2, 2}}}, {{"below the clip", []float64{1e-4, 1e-5, 0}}},
		{{"a", []float64{1, 2}}, {"b", []float64{1, 2, 3}}}, {{"nan", []float64{1, math.NaN()}}}, {{"negative", []float64{1, 2, -0.5}}}} {
		if _, err := Dictionary(a...); !errors.Is(err, ErrInput) {
			t.Errorf("%v: %v", a, err)
		}
	}
	Near(t, "norms", Norms(mat.NewDense(1, 2, []float64{3, 4})).Values[0], 5, IdentityTol)
}

func meanOf(x ...float64) float64 { return stat.Mean(x, nil) }
func sdOf(x ...float64) float64   { return stat.PopStdDev(x, nil) }
