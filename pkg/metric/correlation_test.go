package metric

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/random"
)

func numbers(stream string, n int) []float64 {
	rng := random.Stream(1, stream)
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x
}

// Values of SciPy, with ties; see testdata/make.py.
func TestGoldenNumbers(t *testing.T) {
	for _, g := range golden(t).Numbers {
		near(t, "Pearson", Pearson(g.X, g.Y), g.Pearson)
		near(t, "Spearman", Spearman(g.X, g.Y), g.Spearman)
	}
}

// The definition; moving and scaling by positive numbers changes nothing, a negative one the
// sign; a line is ±1, exactly in bounds.
func TestPearson(t *testing.T) {
	x, y := numbers("x", 100), numbers("y", 100)
	for i := range y {
		y[i] += x[i] / 2
	}
	meanX, meanY := 0.0, 0.0
	for i := range x {
		meanX, meanY = meanX+x[i]/100, meanY+y[i]/100
	}
	var both, first, second float64
	for i := range x {
		both += (x[i] - meanX) * (y[i] - meanY)
		first += (x[i] - meanX) * (x[i] - meanX)
		second += (y[i] - meanY) * (y[i] - meanY)
	}
	want := both / math.Sqrt(first*second)
	near(t, "Pearson", Pearson(x, y), want)
	near(t, "turned round", Pearson(y, x), want)
	for _, scale := range []float64{1e300, 1e-300, -3} {
		moved := make([]float64, len(x))
		for i, v := range x {
			moved[i] = scale * v
		}
		near(t, fmt.Sprint("scaled by ", scale), Pearson(moved, y), math.Copysign(want, scale))
		if r := Pearson(moved, x); !(math.Abs(r) <= 1) {
			t.Errorf("a line has the correlation %g", r)
		}
		near(t, "a line", Pearson(moved, x), math.Copysign(1, scale))
	}
	// Beside 2³⁰ the 53 bits of x keep 22 behind the point.
	far := make([]float64, len(x))
	for i, v := range x {
		far[i] = v + 0x1p30
	}
	if r := Pearson(far, y); !(math.Abs(r-want) <= 0x1p-21) {
		t.Errorf("far away the correlation is %g, want %g", r, want)
	}
	extreme := []float64{-math.MaxFloat64, math.MaxFloat64, 0}
	near(t, "the largest numbers", Pearson(extreme, []float64{-1, 1, 0}), 1)
	near(t, "the smallest", Pearson([]float64{0, 0x1p-1074, 0}, []float64{1, 2, 1}), 1)
}

// Spearman is Pearson of ranks; without ties it is 1 - 6 Σ d²/(n (n² - 1)), d the difference
// of ranks; what keeps the order keeps it.
func TestSpearman(t *testing.T) {
	const n = 60
	x, y := numbers("x", n), numbers("y", n)
	for i := range y {
		y[i] += x[i]
	}
	rx, ry, sum := Ranks(x), Ranks(y), 0.0
	for i := range rx {
		sum += (rx[i] - ry[i]) * (rx[i] - ry[i])
	}
	want := 1 - 6*sum/(n*(n*n-1))
	near(t, "Spearman", Spearman(x, y), want)
	for i, v := range x {
		x[i] = math.Exp(3 * v)
	}
	near(t, "Spearman after exp", Spearman(x, y), want)
	if p := Pearson(x, y); !(math.Abs(p-want) > 0.01) {
		t.Errorf("Pearson after exp is the same, %g", p)
	}
	tied := []float64{3, 1, 3, 2, 3, 2}
	near(t, "Pearson of ranks", Spearman(tied, y[:6]), Pearson(Ranks(tied), Ranks(y[:6])))
}

// Ranks sum to n (n+1)/2, with ties too.
func TestRanks(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct{ x, want []float64 }{
		{nil, []float64{}},
		{[]float64{7}, []float64{1}},
		{[]float64{3, 1, 3, 2, 3, 2}, []float64{5, 1, 5, 2.5, 5, 2.5}},
		{[]float64{4, 4, 4}, []float64{2, 2, 2}},
		{[]float64{inf, -inf, 0, inf, math.Copysign(0, -1)}, []float64{4.5, 1, 2.5, 4.5, 2.5}},
	} {
		got, sum, n := Ranks(c.x), 0.0, float64(len(c.x))
		for _, r := range got {
			sum += r
		}
		if !slices.Equal(got, c.want) || sum != n*(n+1)/2 {
			t.Errorf("the ranks of %v are %v, want %v", c.x, got, c.want)
		}
	}
	for _, r := range Ranks([]float64{1, math.NaN(), 0}) {
		if !math.IsNaN(r) {
			t.Errorf("a rank beside NaN is %g", r)
		}
	}
}

func TestDegenerateNumbers(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for what, c := range map[string][3][]float64{
		"nothing":  {nil, nil, {nan, nan}},
		"one":      {{1}, {2}, {nan, nan}},
		"constant": {{0.1, 0.1, 0.1}, {1, 2, 3}, {nan, nan}},
		"NaN":      {{1, 2, nan}, {1, 2, 3}, {nan, nan}},
		"infinite": {{1, 2, inf}, {1, 2, 3}, {nan, 1}},
		"two":      {{1, 2}, {5, 3}, {-1, -1}},
	} {
		near(t, what+": Pearson", Pearson(c[0], c[1]), c[2][0])
		near(t, what+": Spearman", Spearman(c[0], c[1]), c[2][1])
		near(t, what+", turned round", Pearson(c[1], c[0]), c[2][0])
	}
	for _, f := range []func(x, y []float64) float64{Pearson, Spearman} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("different lengths: no panic")
				}
			}()
			f([]float64{1}, []float64{1, 2})
		}()
	}
}

func ExampleSpearman() {
	scores, human := []float64{0.1, 0.4, 0.2, 0.9}, []float64{1, 3, 2, 100}
	fmt.Printf("%.3f %.3f\n", Pearson(scores, human), Spearman(scores, human))
	// Output: 0.942 1.000
}
