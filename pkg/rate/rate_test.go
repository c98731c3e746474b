package rate

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// roundOff bounds the error of a fit to points that lie on a line: a few hundred units
// in the last place, as the points of these tests are computed by exp and pow.
const roundOff = 1e-12

func apply(x []float64, f func(float64) float64) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = f(x[i])
	}
	return y
}

func TestExactLaws(t *testing.T) {
	t.Parallel()
	x := Grid(1, 100, 25)
	for _, a := range []float64{-2, -1, -0.5, 0, 0.5, 3} {
		for name, f := range map[string]Fit{
			"power law":   LogLog(x, apply(x, func(x float64) float64 { return 2.5 * math.Pow(x, a) })),
			"exponential": LogLinear(x, apply(x, func(x float64) float64 { return 2.5 * math.Exp(a*x) })),
			"logarithm":   SemiLog(x, apply(x, func(x float64) float64 { return math.Log(2.5) + a*math.Log(x) })),
			"line":        Linear(x, apply(x, func(x float64) float64 { return math.Log(2.5) + a*x })),
		} {
			if f.Err != nil || !(math.Abs(f.Slope-a) <= roundOff) || !(math.Abs(f.Intercept-math.Log(2.5)) <= 100*roundOff) {
				t.Errorf("%s: %v (intercept %v), want slope %v and intercept ln 2.5", name, f, f.Intercept, a)
			}
			if !(f.StdErr <= roundOff) || !(f.Low <= f.Slope && f.Slope <= f.High) || f.N != 25 || f.From != 1 || f.To != 100 {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

func TestLargeOffset(t *testing.T) {
	t.Parallel()
	x := Grid(1e9, 1e9+10, 11)
	f := Linear(x, apply(x, func(x float64) float64 { return 1e6 + 3*(x-1e9) }))
	if !(math.Abs(f.Slope-3) <= roundOff) {
		t.Errorf("slope %v, want 3", f.Slope)
	}
}

// TestByHand compares with sums done by hand: for y = 1, 2, 2 at x = 0, 1, 2 the slope
// is 1/2, the residuals are -1/6, 1/3, -1/6, so SE² = (1/6)/1/2 = 1/12, and the 97.5 %
// quantile of Student's distribution with one degree of freedom is tan(0.475 π).
func TestByHand(t *testing.T) {
	t.Parallel()
	f := Linear([]float64{0, 1, 2}, []float64{1, 2, 2})
	se := 1 / math.Sqrt(12)
	half := math.Tan(0.475*math.Pi) * se
	// The quantile is computed by a root search that stops at about 1e-10.
	const quantileTol = 1e-8
	if !(math.Abs(f.Slope-0.5) <= roundOff) || !(math.Abs(f.StdErr-se) <= roundOff) || !(math.Abs(f.High-0.5-half) <= quantileTol) || !(math.Abs(f.Low-0.5+half) <= quantileTol) {
		t.Errorf("%+v, want slope 0.5, standard error %v, half width %v", f, se, half)
	}
}

// TestCoverage: with Gaussian noise the interval covers the true slope with
// probability 0.95. Of 4000 draws the count is binomial with standard deviation
// sqrt(4000·0.95·0.05) = 13.8; the band is five of these.
func TestCoverage(t *testing.T) {
	t.Parallel()
	const draws, slope, deviations = 4000, -0.75, 5
	rng := rand.New(rand.NewPCG(1, 2))
	x := Grid(0, 5, 12)
	covered := 0
	for range draws {
		y := apply(x, func(x float64) float64 { return math.Exp(slope*x + 0.3*rng.NormFloat64()) })
		if f := LogLinear(x, y); f.Low <= slope && slope <= f.High {
			covered++
		}
	}
	mean, band := draws*Confidence, deviations*math.Sqrt(draws*Confidence*(1-Confidence))
	if math.Abs(float64(covered)-mean) > band {
		t.Errorf("%d of %d intervals cover the slope, want %.0f ± %.0f", covered, draws, mean, band)
	}
}

func TestBadData(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	good := []float64{1, 2, 3}
	for _, test := range []struct {
		name string
		fit  Fit
		want error
		says string
	}{
		{"lengths", LogLog(good, good[:2]), ErrLength, "3 and 2"},
		{"two points", Linear(good[:2], good[:2]), ErrTooFew, "there are 2"},
		{"nothing", Linear(nil, nil), ErrTooFew, "there are 0"},
		{"zero on a logarithmic axis", LogLinear(good, []float64{1, 0, 1}), ErrBadValue, "y[1] = 0"},
		{"negative on a logarithmic axis", LogLog([]float64{1, 2, -3}, good), ErrBadValue, "x[2] = -3"},
		{"negative x on a semilogarithmic axis", SemiLog([]float64{-1, 2, 3}, good), ErrBadValue, "x[0] = -1"},
		{"NaN", Linear(good, []float64{1, nan, 3}), ErrBadValue, "y[1] = NaN"},
		{"infinity", Linear([]float64{1, 2, inf}, good), ErrBadValue, "x[2] = +Inf"},
		{"one x", Linear([]float64{2, 2, 2}, good), ErrOneX, "2"},
	} {
		f := test.fit
		if !errors.Is(f.Err, test.want) || !strings.Contains(f.Err.Error(), test.says) {
			t.Errorf("%s: error %v, want %v with %q", test.name, f.Err, test.want, test.says)
		}
		for _, v := range []float64{f.Slope, f.Intercept, f.StdErr, f.Low, f.High} {
			if !math.IsNaN(v) {
				t.Errorf("%s: %+v, want NaN throughout", test.name, f)
			}
		}
		if f.String() != f.Err.Error() {
			t.Errorf("%s: String() = %q", test.name, f)
		}
	}
	// Negative values are fine where the axis is linear.
	if f := LogLinear([]float64{-1, 0, 1}, good); f.Err != nil {
		t.Errorf("negative x on a linear axis: %v", f.Err)
	}
}

func TestGrid(t *testing.T) {
	t.Parallel()
	g := Grid(0.1, 30, 16)
	if len(g) != 16 || g[0] != 0.1 || g[15] != 30 {
		t.Errorf("Grid(0.1, 30, 16) = %v", g)
	}
	for i := 1; i < len(g); i++ {
		if !(math.Abs(g[i]-g[i-1]-29.9/15) <= roundOff) {
			t.Errorf("step %d is %v, want %v", i, g[i]-g[i-1], 29.9/15)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("Grid of one point does not panic")
		}
	}()
	Grid(0, 1, 1)
}
