package study

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/imbalance"
	"github.com/marginalia-ml/marginalia/pkg/parallel"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// HalfMoment returns E (G + c)_+² as a midpoint sum.
func HalfMoment(c float64) float64 {
	const h = 1e-3
	var sum float64
	for x := -c + h/2; x < 12; x += h {
		sum += h * (x + c) * (x + c) * imbalance.Density(x)
	}
	return sum
}

// Constraints returns the mean relative residual of the limit's constraint at the draws of all rows, that with 1/γ, and the
// largest residual of the limits' conditions of optimality.
func Constraints(rows []Row) (mean, other, residual float64) {
	var all, turned []float64
	for _, r := range rows {
		all, turned = append(all, r.Constraint...), append(turned, r.Other...)
		residual = math.Max(residual, r.Limit.Residual)
	}
	return stat.Mean(all, nil), stat.Mean(turned, nil), residual
}

// Tight returns the residuals of the limit's constraint at the limits themselves, and at those of the mixtures with exchanged
// noises where these differ.
func Tight(rows []Row, gamma float64) (tight, loose []float64, err error) {
	for _, r := range rows {
		at := func(l *imbalance.Limit) float64 {
			return r.G.Constraint(gamma, l.Q*l.Rho, l.Q*math.Sqrt(1-l.Rho*l.Rho), l.B)
		}
		tight = append(tight, at(r.Limit))
		if r.G.Plus != r.G.Minus {
			g := r.G
			g.Plus, g.Minus = g.Minus, g.Plus
			l, err := g.Limit(gamma)
			if err != nil {
				return nil, nil, err
			}
			loose = append(loose, at(l))
		}
	}
	return tight, loose, nil
}

// OtherGamma returns the least distance of norms of the draws from those of the limit at another γ, relatively.
func OtherGamma(rows []Row, gamma float64) float64 {
	least := math.Inf(1)
	for _, r := range rows {
		if l, err := r.G.Limit(gamma); err == nil && r.G.Pi >= 0.2 {
			least = math.Min(least, math.Abs(r.Q[1]/l.Q-1))
		}
	}
	return least
}

// LimitTable is the table of theory and draws.
func LimitTable(rows []Row) ([]string, [][]string) {
	head := []string{"π", "σ₊", "σ₋", "q", "ρ", "b₁", "δ*", "Err₊ at δ = 1", "Err₋ at δ = 1"}
	var out [][]string
	pair := func(x [2]float64) string { return fmt.Sprintf("%.3f / %.3f", x[0], x[1]) }
	for _, r := range rows {
		out = append(out, []string{fmt.Sprint(r.G.Pi), fmt.Sprint(r.G.Plus), fmt.Sprint(r.G.Minus), pair(r.Q), pair(r.Rho), pair(r.B),
			fmt.Sprintf("%.2f / %.2f ± %.2f", r.Best.Delta, r.Delta, r.DeltaSD), pair(r.Plus), pair(r.Minus)})
	}
	return head, out
}

// Mirrored is δ* times that of the mirrored mixture, less 1, the same with the noises left as they are where they differ by a
// tenth and more, and how many mirrors are not at the mirrored end.
type Mirrored struct {
	Product, Half []float64
	Exceptions    int
}

// Mirrors draws mixtures with 0.5 ≤ s ≤ 3.
func Mirrors(rng *rand.Rand, trials int, gamma float64) (*Mirrored, error) {
	m := &Mirrored{}
	for range trials {
		g := Ratio(0.02+0.96*rng.Float64(), math.Exp(rng.NormFloat64()/2), 0.5+2.5*rng.Float64())
		a, err := g.Best(gamma)
		if err != nil {
			return nil, err
		}
		b, err := g.Mirror().Best(gamma)
		if err != nil {
			return nil, err
		}
		if a.At != -b.At {
			m.Exceptions++
		}
		if a.At != imbalance.Interior || b.At != imbalance.Interior {
			continue
		}
		m.Product = append(m.Product, a.Delta*b.Delta-1)
		h := g.Mirror()
		h.Plus, h.Minus = g.Plus, g.Minus
		c, err := h.Best(gamma)
		if err != nil {
			return nil, err
		}
		if g.S > 1.5 && math.Abs(math.Log(g.Plus/g.Minus)) > 0.1 && c.At == imbalance.Interior {
			m.Half = append(m.Half, a.Delta*c.Delta-1)
		}
	}
	return m, nil
}

// FitTable is the table of the fits of two grids.
func FitTable(fits, near []Fit) ([]string, [][]string) {
	var rows [][]string
	for i, f := range fits {
		rows = append(rows, []string{f.Name, fmt.Sprintf("%.4f", f.R2), fmt.Sprintf("%.6f", f.Mean), fmt.Sprintf("%.5f", f.Max), fmt.Sprintf("%.3f", near[i].R2)})
	}
	rows[0][1], rows[0][4] = "", ""
	return []string{"features of ln δ*", "R²", "mean excess", "largest", "R² at s = 1"}, rows
}

// settings of the path of λ: Δ_+, Δ_−, ω and ι.
var settings = []struct {
	name string
	a    Adjusted
}{
	{"Δ = 1, 1", Adjusted{1, 1, 1, 1, 0, 0}},
	{"Δ = 1, 1, ι = ±2", Adjusted{1, 1, 1, 1, 2, -2}},
	{"Δ = 1/2, 1", Adjusted{0.5, 1, 1, 1, 0, 0}},
	{"Δ = 1/2, 1, ω = 4, 1", Adjusted{0.5, 1, 4, 1, 0, 0}},
	{"Δ = 1/4, 1", Adjusted{0.25, 1, 1, 1, 0, 0}},
}

// Biases follows the path for five settings of the loss, each on a sample of its own.
func Biases(ctx context.Context, rng *rand.Rand, n, d int) ([]*Biased, []string, error) {
	lambdas := []float64{1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12}
	out, names := make([]*Biased, len(settings)), make([]string, len(settings))
	streams := random.Split(rng, len(settings))
	err := parallel.Try(len(settings), func(i int) (err error) {
		names[i] = settings[i].name
		out[i], err = Bias(ctx, streams[i], imbalance.Mixture{Pi: 0.3, Plus: 1, Minus: 1, S: 2}, n, d, settings[i].a, lambdas, 6)
		return err
	})
	return out, names, err
}

// Collect returns what [Biases] measured; the inverted δ only where Δ_+ ≠ Δ_−.
func Collect(all []*Biased) (secant, last, inverted, invertedSecant []float64) {
	for i, b := range all {
		secant, last = append(secant, b.Secant), append(last, b.Path[len(b.Path)-1])
		if settings[i].a.Plus != settings[i].a.Minus {
			inverted, invertedSecant = append(inverted, b.Inverted), append(invertedSecant, b.SecantInverted)
		}
	}
	return secant, last, inverted, invertedSecant
}
