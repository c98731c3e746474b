package study

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/imbalance"
	"github.com/marginalia-ml/marginalia/pkg/parallel"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// Mixtures are those that draws are compared with the limit for: one of equal classes, two of unequal frequencies at equal noise,
// and four with a rare class that is noisier or less noisy than the other.
var Mixtures = []imbalance.Mixture{
	{Pi: 0.5, Plus: 1, Minus: 1, S: 2}, {Pi: 0.2, Plus: 1, Minus: 1, S: 2}, {Pi: 0.05, Plus: 1, Minus: 1, S: 2},
	{Pi: 0.05, Plus: 2, Minus: 1, S: 2}, {Pi: 0.05, Plus: 1, Minus: 2, S: 2},
	{Pi: 0.2, Plus: 1.5, Minus: 0.7, S: 2}, {Pi: 0.2, Plus: 0.7, Minus: 1.5, S: 2},
}

// Row is one mixture: its limit, and means over draws of a finite size. Errors are those at δ = 1.
type Row struct {
	G                      imbalance.Mixture
	Limit                  *imbalance.Limit
	Q, Rho, B, Plus, Minus [2]float64 // the limit, and the mean of draws
	Best                   imbalance.Best
	Delta, DeltaSD         float64   // mean and deviation of the draws' best δ, those at the ends left out
	Constraint, Other      []float64 // of each draw: relative residual of (3), and with γ turned round
}

// Simulate draws samples of n examples in γ n dimensions of each mixture and solves the SVM at δ = 1.
func Simulate(ctx context.Context, rng *rand.Rand, gs []imbalance.Mixture, gamma float64, n, draws int) ([]Row, error) {
	d := int(math.Round(gamma * float64(n)))
	rows, found := make([]Row, len(gs)), make([][]*imbalance.SVM, len(gs))
	streams := random.Split(rng, len(gs)*draws)
	for i, g := range gs {
		l, err := g.Limit(gamma)
		if err != nil {
			return nil, err
		}
		p, m := g.ClassErrors(l.M, l.B/l.Q)
		rows[i] = Row{G: g, Limit: l, Q: [2]float64{l.Q}, Rho: [2]float64{l.Rho}, B: [2]float64{l.B}, Plus: [2]float64{p}, Minus: [2]float64{m}, Best: g.BestDelta(l.Q, l.B, l.M)}
		found[i] = make([]*imbalance.SVM, draws)
	}
	err := parallel.Try(len(streams), func(j int) error {
		s, err := gs[j/draws].Draw(n, d, streams[j])
		if err != nil {
			return err
		}
		found[j/draws][j%draws], err = s.SVM(ctx, 1, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range rows {
		r := &rows[i]
		mu := Axis(r.G.S, d)
		var deltas []float64
		for _, v := range found[i] {
			m, c := v.Along(mu), 1/float64(draws)
			p, q := r.G.ClassErrors(m, v.B/v.Norm)
			r.Q[1] += c * v.Norm
			r.Rho[1] += c * m / r.G.S
			r.B[1] += c * v.B
			r.Plus[1] += c * p
			r.Minus[1] += c * q
			if best := r.G.BestDelta(v.Norm, v.B, m); best.At == imbalance.Interior {
				deltas = append(deltas, best.Delta)
			}
			alpha := m * v.Norm / r.G.S
			beta := math.Sqrt(v.Norm*v.Norm - alpha*alpha)
			r.Constraint = append(r.Constraint, r.G.Constraint(gamma, alpha, beta, v.B))
			r.Other = append(r.Other, r.G.Constraint(1/gamma, alpha, beta, v.B))
		}
		r.Delta, r.DeltaSD = stat.MeanStdDev(deltas, nil)
	}
	return rows, nil
}

// Off returns the largest distances of the limit from the draws, of rows in which the rarer class has at least the share
// least: of q and ρ relatively, of b and the errors absolutely, and of δ* relatively.
func Off(rows []Row, least float64) (norms, intercepts, errors, deltas []float64) {
	for _, r := range rows {
		if math.Min(r.G.Pi, 1-r.G.Pi) < least {
			continue
		}
		norms = append(norms, math.Abs(r.Q[1]/r.Q[0]-1), math.Abs(r.Rho[1]/r.Rho[0]-1))
		intercepts = append(intercepts, math.Abs(r.B[1]-r.B[0]))
		errors = append(errors, math.Abs(r.Plus[1]-r.Plus[0]), math.Abs(r.Minus[1]-r.Minus[0]))
		deltas = append(deltas, math.Abs(r.Delta/r.Best.Delta-1))
	}
	return norms, intercepts, errors, deltas
}

// Swapped returns the rows with the limits of mixtures whose noises are exchanged, the draws as they are.
func Swapped(rows []Row, gamma float64) ([]Row, error) {
	var out []Row
	for _, r := range rows {
		g := r.G
		g.Plus, g.Minus = g.Minus, g.Plus
		if g.Plus == g.Minus {
			continue
		}
		l, err := g.Limit(gamma)
		if err != nil {
			return nil, err
		}
		r.Q[0], r.Rho[0], r.B[0] = l.Q, l.Rho, l.B
		r.Plus[0], r.Minus[0] = g.ClassErrors(l.M, l.B/l.Q)
		r.Best = g.BestDelta(l.Q, l.B, l.M)
		out = append(out, r)
	}
	return out, nil
}

// Curve returns δ* of the limit along frequencies.
func Curve(pis []float64, r, s, gamma float64) ([]float64, error) {
	out := make([]float64, len(pis))
	err := parallel.Try(len(pis), func(i int) error {
		best, err := Ratio(pis[i], r, s).Best(gamma)
		out[i] = best.Delta
		return err
	})
	return out, err
}

// Ratio returns the mixture with σ_+/σ_− = r and σ_+ σ_− = 1.
func Ratio(pi, r, s float64) imbalance.Mixture {
	return imbalance.Mixture{Pi: pi, Plus: math.Sqrt(r), Minus: 1 / math.Sqrt(r), S: s}
}

// Scatter returns |ln δ* of the draws' mean − ln δ* of the limit| of each row, and against the limit with exchanged noises of
// those whose noises differ.
func Scatter(rows []Row, gamma float64) (off, wrong []float64, err error) {
	for _, r := range rows {
		off = append(off, math.Abs(math.Log(r.Delta/r.Best.Delta)))
		if r.G.Plus != r.G.Minus {
			g := r.G
			g.Plus, g.Minus = g.Minus, g.Plus
			best, err := g.Best(gamma)
			if err != nil {
				return nil, nil, err
			}
			wrong = append(wrong, math.Abs(math.Log(r.Delta/best.Delta)))
		}
	}
	return off, wrong, nil
}

// Exp returns e^x of each.
func Exp(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Exp(v)
	}
	return out
}
