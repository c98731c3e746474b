package study

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/imbalance"
	"github.com/marginalia-ml/marginalia/pkg/parallel"
)

// Grid is δ* of the limit over frequencies and noise ratios: a row a frequency.
type Grid struct {
	Pi, R    []float64
	S, Gamma float64
	Best     [][]imbalance.Best
	limits   [][]*imbalance.Limit
}

// NewGrid evaluates the limit at every point.
func NewGrid(pi, r []float64, s, gamma float64) (*Grid, error) {
	g := &Grid{Pi: pi, R: r, S: s, Gamma: gamma, Best: make([][]imbalance.Best, len(pi)), limits: make([][]*imbalance.Limit, len(pi))}
	for i := range pi {
		g.Best[i], g.limits[i] = make([]imbalance.Best, len(r)), make([]*imbalance.Limit, len(r))
	}
	err := parallel.Try(len(pi)*len(r), func(k int) error {
		i, j := k/len(r), k%len(r)
		m := Ratio(pi[i], r[j], s)
		l, err := m.Limit(gamma)
		if err != nil {
			return err
		}
		g.limits[i][j], g.Best[i][j] = l, m.BestDelta(l.Q, l.B, l.M)
		return nil
	})
	return g, err
}

// Fit is a least-squares fit of log δ* on features of log odds and log noise ratio.
type Fit struct {
	Name          string
	R2            float64
	Mean, Max     float64   // excess of the balanced error over that at δ*
	Coefficients  []float64 // of the features
	Fitted, Seen  []float64 // log δ*
	Excess, Odds  []float64
	LogRatioSlope float64 // the coefficient of log r, where there is one
}

// Features of lp = log(π/(1−π)) and lr = log r.
var features = []struct {
	name string
	of   func(lp, lr float64) []float64
}{
	{"none (δ = 1)", func(_, _ float64) []float64 { return nil }},
	{"frequency only", func(lp, _ float64) []float64 { return []float64{1, lp, lp * lp} }},
	{"difficulty only", func(_, lr float64) []float64 { return []float64{1, lr, lr * lr} }},
	{"both, linear", func(lp, lr float64) []float64 { return []float64{1, lp, lr} }},
	{"both, quadratic", func(lp, lr float64) []float64 { return []float64{1, lp, lr, lp * lp, lr * lr, lp * lr} }},
}

// Fits fits log δ* with none, frequency, difficulty and both.
func (g *Grid) Fits() []Fit {
	var out []Fit
	for _, f := range features {
		fit := Fit{Name: f.name}
		var x []float64
		for i, pi := range g.Pi {
			for j, r := range g.R {
				x = append(x, f.of(math.Log(pi/(1-pi)), math.Log(r))...)
				fit.Seen = append(fit.Seen, math.Log(g.Best[i][j].Delta))
			}
		}
		n := len(fit.Seen)
		fit.Fitted = make([]float64, n)
		if len(x) > 0 {
			X := mat.NewDense(n, len(x)/n, x)
			var c mat.VecDense
			var qr mat.QR
			qr.Factorize(X)
			if err := qr.SolveVecTo(&c, false, mat.NewVecDense(n, fit.Seen)); err == nil {
				fit.Coefficients = c.RawVector().Data
				mat.NewVecDense(n, fit.Fitted).MulVec(X, &c)
			}
		}
		mean := stat.Mean(fit.Seen, nil)
		var rest, total float64
		for k, y := range fit.Seen {
			rest += (y - fit.Fitted[k]) * (y - fit.Fitted[k])
			total += (y - mean) * (y - mean)
			i, j := k/len(g.R), k%len(g.R)
			l := g.limits[i][j]
			e := Ratio(g.Pi[i], g.R[j], g.S).Balanced(l.M, imbalance.Threshold(math.Exp(fit.Fitted[k]), l.Q, l.B)) - g.Best[i][j].Error
			fit.Excess = append(fit.Excess, e)
			fit.Mean += e / float64(n)
			fit.Max = math.Max(fit.Max, e)
		}
		fit.R2 = 1 - rest/total
		if f.name == "both, linear" {
			fit.LogRatioSlope = fit.Coefficients[2]
		}
		out = append(out, fit)
	}
	return out
}

// Deltas returns δ* row by row.
func (g *Grid) Deltas() []float64 {
	var out []float64
	for _, row := range g.Best {
		for _, b := range row {
			out = append(out, b.Delta)
		}
	}
	return out
}
