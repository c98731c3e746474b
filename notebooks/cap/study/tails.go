package study

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/imbalance"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/pkg/parallel"
)

// With returns the configuration with another number of draws.
func (c TailConfig) With(draws int) TailConfig {
	c.Draws = draws
	return c
}

// Draws are all methods on all draws of a long tail.
type Draws struct {
	All     []Drawn
	Weights [][]float64 // of the classes at test time, of each draw
}

// LongTails makes the draws of the post-hoc experiment once in a run of the notebook; its cells share them.
func LongTails(cell *notebook.Cell, c TailConfig) *Draws {
	c.Seed = cell.Seed()
	defer cell.Watch("post-hoc fits")()
	return notebook.KeepContext(cell, "long-tails", c, Tails)
}

// objective returns an objective of the table, with the weights of a draw.
func (d *Draws) objective(draw int, name string) imbalance.Objective {
	t := Tail{Weight: d.Weights[draw]}
	return t.Objectives()[name]
}

// Scores returns an objective of the class errors of a method, fitted for an objective ("" for a fixed rule), by draw.
func (d *Draws) Scores(method, fitted, objective string) []float64 {
	var x []float64
	for i, all := range d.All {
		o, ok := all[key(method, fitted)]
		if !ok {
			panic(fmt.Sprintf("study: no method %q for %q", method, fitted))
		}
		x = append(x, d.objective(i, objective).Value(o.Errors))
	}
	return x
}

// Difference returns the objective of one method less that of another, by draw.
func (d *Draws) Difference(method, fitted, other, otherFitted, objective string) []float64 {
	x := d.Scores(method, fitted, objective)
	floats.Sub(x, d.Scores(other, otherFitted, objective))
	return x
}

// Gaps returns how much further the balanced cross-entropy of Plain is from validation to test than that of CAP, by draw.
func (d *Draws) Gaps() []float64 {
	var x []float64
	for _, all := range d.All {
		plain, cap := all.At("Plain l, Δ", "balanced"), all.At("CAP frequency", "balanced")
		x = append(x, (plain.Test-plain.Held)-(cap.Test-cap.Held))
	}
	return x
}

// LargeValidation returns the difference of [Draws.Gaps] on one draw with so many times as many validation examples.
func LargeValidation(ctx context.Context, c TailConfig, times int) (float64, error) {
	c.HeldTimes, c.Fit = times, min(c.Fit, 60)
	t, err := NewTail(ctx, c, 0)
	if err != nil {
		return 0, err
	}
	F, err := imbalance.Dictionary(t.Frequency)
	if err != nil {
		return 0, err
	}
	maps := []imbalance.Map{imbalance.Free(c.Classes, true), imbalance.NewMap(F)}
	var gaps [2]float64
	err = parallel.Try(2, func(i int) error {
		o, err := t.Fit(ctx, "", maps[i], imbalance.Objective{Kind: "balanced"})
		gaps[i] = o.Test - o.Held
		return err
	})
	return gaps[0] - gaps[1], err
}

// Noisy makes draws with label noise, and fits for the balanced error alone.
func Noisy(ctx context.Context, c TailConfig) (*Draws, error) {
	d := &Draws{All: make([]Drawn, c.Draws), Weights: make([][]float64, c.Draws)}
	err := parallel.Try(c.Draws, func(i int) error {
		t, err := NewTail(ctx, c, i)
		if err != nil {
			return err
		}
		d.Weights[i] = t.Weight
		d.All[i], err = t.run(ctx, []job{
			{"Plain l, Δ", "balanced", nil, true},
			{"CAP frequency", "balanced", []imbalance.Attribute{t.Frequency}, true},
			{"CAP frequency, noise", "balanced", []imbalance.Attribute{t.Frequency, t.Flip}, true}})
		return err
	})
	return d, err
}

// Fixed makes one draw without label noise, and evaluates the rules without a fit.
func Fixed(ctx context.Context, c TailConfig) (*Draws, error) {
	c.Flipped = nil
	t, err := NewTail(ctx, c, 0)
	if err != nil {
		return nil, err
	}
	all, err := t.run(ctx, nil)
	return &Draws{All: []Drawn{all}, Weights: [][]float64{t.Weight}}, err
}

// Mean returns the mean.
func Mean(x []float64) float64 { return stat.Mean(x, nil) }

// rows of the tables: method and the objective that it is fitted for.
var tailRows = [][2]string{{"CE", ""}, {"LA", ""}, {"LA + log w", ""},
	{"Plain l, Δ", "balanced"}, {"Plain l", "balanced"}, {"CAP frequency", "balanced"}, {"CAP frequency, norm", "balanced"},
	{"Plain l, Δ", "cvar"}, {"CAP frequency", "cvar"},
	{"Plain l, Δ", "aggregate"}, {"CAP frequency", "aggregate"}, {"CAP frequency, difficulty", "aggregate"},
	{"Plain l, Δ", "weighted"}, {"CAP frequency", "weighted"}, {"CAP frequency, weight", "weighted"}}

func (d *Draws) table(rows [][2]string) ([]string, [][]string) {
	columns := []struct {
		name string
		o    imbalance.Objective
	}{{"balanced", imbalance.Objective{Kind: "balanced"}}, {"deviation", imbalance.Objective{Kind: "deviation"}},
		{"0.2-quantile", imbalance.Objective{Kind: "quantile", A: 0.2}}, {"CVaR 0.2", imbalance.Objective{Kind: "cvar", A: 0.2}}}
	head := []string{"fitted for", "method"}
	for _, c := range columns {
		head = append(head, c.name)
	}
	head = append(head, "weighted")
	var out [][]string
	for _, r := range rows {
		line := []string{r[1], r[0]}
		for _, c := range columns {
			var x []float64
			for _, all := range d.All {
				x = append(x, c.o.Value(all[key(r[0], r[1])].Errors))
			}
			line = append(line, fmt.Sprintf("%.3f", Mean(x)))
		}
		out = append(out, append(line, fmt.Sprintf("%.3f", Mean(d.Scores(r[0], r[1], "weighted")))))
	}
	return head, out
}

// TailTable is the table of the post-hoc experiment, means over draws.
func TailTable(d *Draws) ([]string, [][]string) { return d.table(tailRows) }

// NoisyTable is that of the experiment with label noise.
func NoisyTable(d *Draws) ([]string, [][]string) {
	return d.table([][2]string{{"CE", ""}, {"LA", ""}, {"Plain l, Δ", "balanced"}, {"CAP frequency", "balanced"}, {"CAP frequency, noise", "balanced"}})
}

// Posteriors draws three classes on a line with very unequal priors, and points; and counts predictions of the adjusted
// posterior, and of the posterior itself, that are not those of the likelihood.
func Posteriors(rng *rand.Rand, trials int) (differ, unadjusted int) {
	pi := []float64{0.7, 0.28, 0.02}
	for range trials {
		x := 3 * rng.NormFloat64()
		like, post, adjusted := make([]float64, 3), make([]float64, 3), make([]float64, 3)
		for k := range like {
			sigma := 0.5 + float64(k)/2
			u := (x - 2*float64(k)) / sigma
			like[k] = -u*u/2 - math.Log(sigma)
			post[k] = like[k] + math.Log(pi[k])
		}
		floats.AddConst(-floats.LogSumExp(post), post)
		for k := range post {
			adjusted[k] = post[k] - math.Log(pi[k])
		}
		if floats.MaxIdx(adjusted) != floats.MaxIdx(like) {
			differ++
		}
		if floats.MaxIdx(post) != floats.MaxIdx(like) {
			unadjusted++
		}
	}
	return differ, unadjusted
}
