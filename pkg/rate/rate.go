package rate

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Confidence is the level of the interval of a Fit.
const Confidence = 0.95

// Fit is a least-squares line in the coordinates of the function that made it.
type Fit struct {
	Slope, Intercept float64
	StdErr           float64 // standard error of the slope
	Low, High        float64 // interval of the slope at level Confidence
	From, To         float64 // least and greatest x, untransformed
	N                int     // number of points
	Err              error   // why there is no fit; nil if there is one
}

// Errors of a Fit.
var (
	ErrLength   = errors.New("rate: x and y have different lengths")
	ErrTooFew   = errors.New("rate: a slope with an interval needs three points")
	ErrOneX     = errors.New("rate: all points have the same x")
	ErrBadValue = errors.New("rate: a value cannot be drawn on its axis")
)

// Linear fits y = Intercept + Slope x.
func Linear(x, y []float64) Fit { return fit(x, y, identity, identity) }

// LogLog fits ln y = Intercept + Slope ln x: y ~ x^Slope.
func LogLog(x, y []float64) Fit { return fit(x, y, math.Log, math.Log) }

// LogLinear fits ln y = Intercept + Slope x: y ~ e^{Slope x}.
func LogLinear(x, y []float64) Fit { return fit(x, y, identity, math.Log) }

// SemiLog fits y = Intercept + Slope ln x.
func SemiLog(x, y []float64) Fit { return fit(x, y, math.Log, identity) }

func identity(v float64) float64 { return v }

// failed is a fit that satisfies no rule.
func failed(n int, err error) Fit {
	nan := math.NaN()
	return Fit{Slope: nan, Intercept: nan, StdErr: nan, Low: nan, High: nan, From: nan, To: nan, N: n, Err: err}
}

func fit(x, y []float64, onX, onY func(float64) float64) Fit {
	n := len(x)
	if len(y) != n {
		return failed(n, fmt.Errorf("%w: %d and %d", ErrLength, n, len(y)))
	}
	if n < 3 {
		return failed(n, fmt.Errorf("%w: there are %d", ErrTooFew, n))
	}
	u, err := transform("x", x, onX)
	if err != nil {
		return failed(n, err)
	}
	v, err := transform("y", y, onY)
	if err != nil {
		return failed(n, err)
	}
	return line(x, u, v)
}

func transform(axis string, values []float64, f func(float64) float64) ([]float64, error) {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = f(v)
		if math.IsNaN(out[i]) || math.IsInf(out[i], 0) {
			return nil, fmt.Errorf("%w: %s[%d] = %v", ErrBadValue, axis, i, v)
		}
	}
	return out, nil
}

// line fits v to u, both centred, so that large offsets cost no digits.
func line(x, u, v []float64) Fit {
	n := float64(len(u))
	meanU, meanV := mean(u), mean(v)
	var suu, suv float64
	for i := range u {
		du := u[i] - meanU
		suu += du * du
		suv += du * (v[i] - meanV)
	}
	f := Fit{N: len(u), From: x[0], To: x[0]}
	for _, xi := range x {
		f.From, f.To = min(f.From, xi), max(f.To, xi)
	}
	if f.From == f.To || suu == 0 {
		return failed(f.N, fmt.Errorf("%w, %v", ErrOneX, x[0]))
	}
	f.Slope = suv / suu
	f.Intercept = meanV - f.Slope*meanU
	var ss float64
	for i := range u {
		r := (v[i] - meanV) - f.Slope*(u[i]-meanU)
		ss += r * r
	}
	f.StdErr = math.Sqrt(ss / (n - 2) / suu)
	t := distuv.StudentsT{Sigma: 1, Nu: n - 2}.Quantile((1 + Confidence) / 2)
	f.Low, f.High = f.Slope-t*f.StdErr, f.Slope+t*f.StdErr
	return f
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// String says the slope, its interval and its window.
func (f Fit) String() string {
	if f.Err != nil {
		return f.Err.Error()
	}
	return fmt.Sprintf("slope %.4g (95 %% interval %.4g to %.4g; %d points, x from %.4g to %.4g)",
		f.Slope, f.Low, f.High, f.N, f.From, f.To)
}

// Grid returns n evenly spaced points from lo to hi, both included. It panics if n is
// below 2.
func Grid(lo, hi float64, n int) []float64 {
	if n < 2 {
		panic("rate: a grid needs two points")
	}
	g := make([]float64, n)
	for i := range g {
		w := float64(i) / float64(n-1)
		g[i] = (1-w)*lo + w*hi
	}
	return g
}
