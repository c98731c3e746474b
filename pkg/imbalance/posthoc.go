package imbalance

import (
	"context"
	"errors"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/marginalia-ml/marginalia/pkg/convex"
)

// Posthoc adjusts scores that are fixed: on n examples with scores f_i, rows of K one after the other, it minimizes
//
//	g(L_1, ..., L_K),   L_k = 1/n_k Σ_{y_i = k} CE(Δ ⊙ f_i + l, k)
//
// over the coefficients of a map, g being the objective.
type Posthoc struct {
	Scores    []float64 // n by K
	Y         []int
	Map       Map
	Objective Objective
}

func (p *Posthoc) check() error {
	K := p.Map.classes()
	if K == 0 {
		return malformed("a map without features")
	}
	if err := checkLabels(p.Scores, p.Y, K); err != nil {
		return err
	}
	for i, v := range p.Scores {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return malformed("score %d of example %d is %g: finite numbers are expected", i%K, i/K, v)
		}
	}
	return p.Objective.Check(K)
}

// Value returns the objective at the coefficients v, and stores its gradient in grad unless that is nil.
func (p *Posthoc) Value(grad, v []float64) float64 {
	K := p.Map.classes()
	s := p.Map.Strategy(v)
	if grad == nil {
		losses, _ := ClassLosses(s, p.Scores, p.Y)
		return p.Objective.Value(losses)
	}
	rest := make([]float64, len(p.Scores)) // p − e_y
	losses, n := make([]float64, K), make([]float64, K)
	for i, y := range p.Y {
		z := rest[i*K : (i+1)*K]
		losses[y] += residual(s.Scores(z, p.Scores[i*K:(i+1)*K]), y)
		n[y]++
	}
	floats.Div(losses, n)
	g := p.Objective.Gradient(losses)
	dl, ddelta := make([]float64, K), make([]float64, K)
	for i, y := range p.Y {
		w := g[y] / n[y]
		if w == 0 {
			continue
		}
		f := p.Scores[i*K : (i+1)*K]
		for k, r := range rest[i*K : (i+1)*K] {
			dl[k] += w * r
			ddelta[k] += w * r * f[k]
		}
	}
	copy(grad, p.Map.Gradient(dl, ddelta))
	return p.Objective.Value(losses)
}

// ClassLosses returns the mean cross-entropy of each class's examples under a strategy, without its weights, and how many
// there are of each.
func ClassLosses(s Strategy, scores []float64, y []int) (losses, n []float64) {
	K := len(s.L)
	losses, n = make([]float64, K), make([]float64, K)
	z := make([]float64, K)
	for i, c := range y {
		losses[c] += CrossEntropy(s.Scores(z, scores[i*K:(i+1)*K]), c)
		n[c]++
	}
	for k := range losses {
		losses[k] /= n[k]
	}
	return losses, n
}

// Fitted is what [Posthoc.Fit] found.
type Fitted struct {
	V          []float64
	Strategy   Strategy
	Start, End float64 // the objective at v = 0 and at the end
	GradNorm   float64
	Iterations int
}

// Fit minimizes from v = 0 by L-BFGS, at most so many iterations, and returns the best point that it saw: CVaR and
// quantiles have kinks, at which line searches stop early.
func (p *Posthoc) Fit(ctx context.Context, iterations int) (*Fitted, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	l, d := p.Map.Size()
	best := &Fitted{V: make([]float64, l+d)}
	best.Start = p.Value(nil, best.V)
	best.End = best.Start
	value := func(grad, v []float64) float64 {
		f := p.Value(grad, v)
		if f < best.End {
			best.End = f
			copy(best.V, v)
		}
		return f
	}
	reached, err := (&convex.LBFGS{F: value}).Minimize(ctx, &convex.Options{Iterations: iterations}, make([]float64, l+d))
	if err != nil && !errors.Is(err, convex.ErrInaccurate) { // a search that ends at a kink is no fault
		return nil, err
	}
	best.Iterations = reached.Iterations
	g := make([]float64, l+d)
	p.Value(g, best.V)
	best.GradNorm = floats.Norm(g, 2)
	best.Strategy = p.Map.Strategy(best.V)
	return best, nil
}

// Apply returns the scores Δ ⊙ f + l of all examples.
func (s Strategy) Apply(scores []float64) []float64 {
	K := len(s.L)
	z := make([]float64, len(scores))
	for i := 0; i < len(z); i += K {
		s.Scores(z[i:i+K], scores[i:i+K])
	}
	return z
}
