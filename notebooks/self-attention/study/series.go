// Package study holds what the cells of self-attention share: the runs that several of
// them read, what is measured on them, and the recipes of the figures.
package study

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/attention"
	"github.com/marginalia-ml/marginalia/pkg/rate"
)

// Tail returns x and y from x = from on.
func Tail(x, y []float64, from float64) (u, v []float64) {
	for i := range x {
		if x[i] >= from {
			u, v = append(u, x[i]), append(v, y[i])
		}
	}
	return u, v
}

// Head returns x and y up to x = to.
func Head(x, y []float64, to float64) (u, v []float64) {
	for i := range x {
		if x[i] <= to {
			u, v = append(u, x[i]), append(v, y[i])
		}
	}
	return u, v
}

// Each applies f to every element.
func Each(x []float64, f func(float64) float64) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = f(x[i])
	}
	return y
}

// Value is y where x = at, NaN if nowhere.
func Value(x, y []float64, at float64) float64 {
	for i := range x {
		if x[i] == at {
			return y[i]
		}
	}
	return math.NaN()
}

// Ratios is x/y, element by element.
func Ratios(x, y []float64) []float64 { return floats.DivTo(make([]float64, len(x)), x, y) }

// Times is c A.
func Times(c float64, A *mat.Dense) *mat.Dense {
	var B mat.Dense
	B.Scale(c, A)
	return &B
}

// Plus is A + c B.
func Plus(A *mat.Dense, c float64, B *mat.Dense) *mat.Dense {
	C := Times(c, B)
	C.Add(A, C)
	return C
}

// Central is the slope of f at 0 by a central difference.
func Central(f func(h float64) float64) float64 {
	const h = 1e-4
	return (f(h) - f(-h)) / (2 * h)
}

// OddsSlope is the slope of the mean log-odds for t ≥ 100.
func OddsSlope(tr attention.Trace) float64 {
	t, odds := Tail(tr.K, tr.LogOdds, 100)
	return rate.Linear(t, odds).Slope
}

// LastDecade is the slope of logs against log t over the last decade of a trace.
func LastDecade(t, logs []float64) float64 {
	x, y := Tail(t, logs, t[len(t)-1]/10)
	return rate.SemiLog(x, y).Slope
}

// PairedT is the mean of x - y, over their common seeds, and its standard error.
func PairedT(x, y []float64) (mean, err float64) {
	gap := floats.SubTo(make([]float64, len(x)), x, y)
	return stat.Mean(gap, nil), stat.StdErr(stat.StdDev(gap, nil), float64(len(gap)))
}

// AgainstLog is the slope of y, looked at ten times a decade, against log t over the last
// decade.
func AgainstLog(t, y []float64) float64 { return lastTen(Each(t, math.Log), y) }

// AgainstCbrt is the same against t^⅓.
func AgainstCbrt(t, y []float64) float64 { return lastTen(Each(t, math.Cbrt), y) }

func lastTen(x, y []float64) float64 {
	u, v := Tail(x, y, x[len(x)-1-10])
	return rate.Linear(u, v).Slope
}

// Levels is (1 - corr)·(log t)^power at t = 10, 100, 1000 and 10,000.
func Levels(tr attention.JointTrace, dist []float64, power float64) (x []float64) {
	for _, t := range []float64{10, 100, 1000, 10000} {
		d := Value(tr.K, dist, t)
		x = append(x, d*d/2*math.Pow(math.Log(t), power))
	}
	return x
}
