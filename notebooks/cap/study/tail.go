package study

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/imbalance"
	"github.com/marginalia-ml/marginalia/pkg/parallel"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// TailConfig is the long tail of Gaussian classes of the post-hoc experiments.
type TailConfig struct {
	Classes, Dims int
	Largest       int     // examples of the most frequent class, a fifth of them for validation
	Imbalance     float64 // largest over least class
	Norm          float64 // of the class means
	Low, High     float64 // of the noise of a class, uniform
	Test          int     // fresh examples of each class
	Lambda        float64 // of the multinomial logistic regression
	Train, Fit    int     // iterations of it, and of the post-hoc fits
	Draws         int
	HeldTimes     int       // validation examples are drawn afresh, so many times as many; 0: a fifth of the sample
	Flipped       []float64 // class-wise label noise is drawn from these; nil: none
	Seed          uint64
}

// Tail is one draw: scores of a trained classifier on validation and test examples, and attributes of the classes.
type Tail struct {
	c                     TailConfig
	Counts                []int
	held, test            []float64 // scores
	heldY, testY          []int
	Weight                []float64 // of the classes at test time, 0.1, 1 or 4
	Frequency, Diff, Flip imbalance.Attribute
	Norm                  imbalance.Attribute // of the classes' weights
	rng                   *rand.Rand
}

// NewTail draws and trains.
func NewTail(ctx context.Context, c TailConfig, draw int) (*Tail, error) {
	rng := random.Stream(c.Seed, fmt.Sprintf("tail %d", draw))
	counts, err := imbalance.LongTail(c.Classes, c.Largest, c.Imbalance)
	if err != nil {
		return nil, err
	}
	t := &Tail{c: c, Counts: counts, rng: rng, Weight: make([]float64, c.Classes)}
	means, sigma := mat.NewDense(c.Classes, c.Dims, nil), make([]float64, c.Classes)
	for k := range c.Classes {
		row := means.RawRowView(k)
		for j := range row {
			row[j] = rng.NormFloat64()
		}
		floats.Scale(c.Norm/floats.Norm(row, 2), row)
		sigma[k] = c.Low + (c.High-c.Low)*rng.Float64()
		t.Weight[k] = []float64{0.1, 1, 4}[rng.IntN(3)]
	}
	draws := func(sizes []int) (*mat.Dense, []int) {
		var x []float64
		var y []int
		for k, n := range sizes {
			for range n {
				for j := range c.Dims {
					x = append(x, means.At(k, j)+sigma[k]*rng.NormFloat64())
				}
				x = append(x, 1) // of the intercept
				y = append(y, k)
			}
		}
		return mat.NewDense(len(y), c.Dims+1, x), y
	}
	fit, held, test := make([]int, c.Classes), make([]int, c.Classes), make([]int, c.Classes)
	for k, n := range counts {
		held[k] = max(int(math.Ceil(0.2*float64(n)-1e-9)), 1)
		fit[k], test[k] = max(n-held[k], 1), c.Test
		held[k] *= max(c.HeldTimes, 1)
	}
	X, y := draws(fit)
	H, heldY := draws(held)
	T, testY := draws(test)
	t.heldY, t.testY = heldY, testY
	if c.Flipped != nil {
		noise := make([]float64, c.Classes)
		for k := range noise {
			noise[k] = c.Flipped[rng.IntN(len(c.Flipped))]
		}
		t.Flip = imbalance.Attribute{Name: "noise", Values: noise}
		if y, err = imbalance.Flip(y, noise, rng); err != nil {
			return nil, err
		}
		counts = make([]int, c.Classes) // what one sees: labels as they are given, wrong ones among them
		for _, k := range y {
			counts[k]++
		}
		for k := range counts {
			counts[k] = max(counts[k], 1)
		}
		t.Counts = counts
	}
	p := &imbalance.Regression{X: X, Y: y, K: c.Classes, Lambda: c.Lambda}
	theta, err := p.Fit(ctx, imbalance.Plain(c.Classes), 1e-5, c.Train)
	if err != nil {
		return nil, err
	}
	t.Norm = imbalance.Norms(mat.NewDense(c.Classes, c.Dims+1, theta))
	t.held, t.test = imbalance.LinearScores(H, theta, c.Classes), imbalance.LinearScores(T, theta, c.Classes)
	pi, err := imbalance.Frequencies(counts)
	if err != nil {
		return nil, err
	}
	t.Frequency = imbalance.Attribute{Name: "frequency", Values: pi}
	// The error of a class with one example is 0 or 1; its mean loss says more.
	losses, _ := imbalance.ClassLosses(imbalance.Plain(c.Classes), t.held, t.heldY)
	t.Diff = imbalance.Attribute{Name: "difficulty", Values: losses}
	return t, nil
}

// Outcome is what a strategy does: class errors on the test examples, balanced cross-entropy there and on validation.
type Outcome struct {
	Name       string
	Errors     []float64
	Test, Held float64
}

// Of evaluates a strategy.
func (t *Tail) Of(name string, s imbalance.Strategy) (Outcome, error) {
	e, err := imbalance.Errors(s.Apply(t.test), t.testY, t.c.Classes)
	if err != nil {
		return Outcome{}, err
	}
	bal := imbalance.Objective{Kind: "balanced"}
	test, _ := imbalance.ClassLosses(s, t.test, t.testY)
	held, _ := imbalance.ClassLosses(s, t.held, t.heldY)
	return Outcome{name, e, bal.Value(test), bal.Value(held)}, nil
}

// Fit fits a map's coefficients to the validation examples and evaluates.
func (t *Tail) Fit(ctx context.Context, name string, m imbalance.Map, o imbalance.Objective) (Outcome, error) {
	p := &imbalance.Posthoc{Scores: t.held, Y: t.heldY, Map: m, Objective: o}
	f, err := p.Fit(ctx, t.c.Fit)
	if err != nil {
		return Outcome{}, err
	}
	return t.Of(name, f.Strategy)
}

// Objectives are those of the experiment, with the class weights of the draw.
func (t *Tail) Objectives() map[string]imbalance.Objective {
	return map[string]imbalance.Objective{
		"balanced":  {Kind: "balanced"},
		"cvar":      {Kind: "cvar", A: 0.2},
		"aggregate": {Kind: "aggregate", Lambda: 0.5},
		"weighted":  {Kind: "weighted", Weight: t.Weight},
	}
}

// job is one fit: a method, an objective, and the attributes of its map (nil for a number a class).
type job struct {
	method, objective string
	attributes        []imbalance.Attribute
	delta             bool
}

// Drawn is what all methods did on one draw, by method and objective.
type Drawn map[string]Outcome

func key(method, objective string) string { return method + " / " + objective }

// At returns an outcome.
func (d Drawn) At(method, objective string) Outcome { return d[key(method, objective)] }

// Run makes all fits of one draw, and the fixed rules.
func (t *Tail) Run(ctx context.Context) (Drawn, error) {
	weight := imbalance.Attribute{Name: "weight", Values: t.Weight}
	other := imbalance.Attribute{Name: "weight", Values: make([]float64, len(t.Weight))}
	for i, j := range t.rng.Perm(len(t.Weight)) {
		other.Values[i] = t.Weight[j]
	}
	var jobs []job
	for _, o := range []string{"balanced", "cvar", "aggregate", "weighted"} {
		jobs = append(jobs, job{"Plain l, Δ", o, nil, true}, job{"CAP frequency", o, []imbalance.Attribute{t.Frequency}, true})
	}
	jobs = append(jobs, job{"Plain l", "balanced", nil, false},
		job{"CAP frequency, norm", "balanced", []imbalance.Attribute{t.Frequency, t.Norm}, true},
		job{"CAP frequency, difficulty", "aggregate", []imbalance.Attribute{t.Frequency, t.Diff}, true},
		job{"CAP frequency, weight", "weighted", []imbalance.Attribute{t.Frequency, weight}, true},
		job{"CAP frequency, shuffled weight", "weighted", []imbalance.Attribute{t.Frequency, other}, true})
	return t.run(ctx, jobs)
}

// run makes fits, and evaluates the fixed rules.
func (t *Tail) run(ctx context.Context, jobs []job) (Drawn, error) {
	out := Drawn{}
	found := make([]Outcome, len(jobs))
	objectives := t.Objectives()
	err := parallel.Try(len(jobs), func(i int) (err error) {
		j := jobs[i]
		m := imbalance.Free(t.c.Classes, j.delta)
		if j.attributes != nil {
			F, err := imbalance.Dictionary(j.attributes...)
			if err != nil {
				return err
			}
			m = imbalance.NewMap(F)
		}
		found[i], err = t.Fit(ctx, j.method, m, objectives[j.objective])
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, j := range jobs {
		out[key(j.method, j.objective)] = found[i]
	}
	fixed, err := t.fixed()
	if err != nil {
		return nil, err
	}
	for name, s := range fixed {
		if out[key(name, "")], err = t.Of(name, s); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fixed are the rules without a fit.
func (t *Tail) fixed() (map[string]imbalance.Strategy, error) {
	la, err := imbalance.PosthocLA(t.Counts, 1)
	if err != nil {
		return nil, err
	}
	turned, err := imbalance.LA(t.Counts, 1)
	if err != nil {
		return nil, err
	}
	weighted := imbalance.Plain(t.c.Classes)
	for k, w := range t.Weight {
		weighted.L[k] = la.L[k] + math.Log(w)
	}
	return map[string]imbalance.Strategy{"CE": imbalance.Plain(t.c.Classes), "LA": la, "LA turned round": turned, "LA + log w": weighted}, nil
}

// Tails makes all draws.
func Tails(ctx context.Context, c TailConfig) (*Draws, error) {
	d := &Draws{All: make([]Drawn, c.Draws), Weights: make([][]float64, c.Draws)}
	err := parallel.Try(c.Draws, func(i int) error {
		t, err := NewTail(ctx, c, i)
		if err != nil {
			return err
		}
		d.Weights[i] = t.Weight
		d.All[i], err = t.Run(ctx)
		return err
	})
	return d, err
}
