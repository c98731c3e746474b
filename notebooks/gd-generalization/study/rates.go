package study

import (
	"context"
	"math"

	"github.com/marginalia-ml/marginalia/pkg/generalization"
	"github.com/marginalia-ml/marginalia/pkg/parallel"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// RateConfig is training on samples of several sizes, each of several draws side by side.
type RateConfig struct {
	Seed   uint64
	Sizes  []int
	Draws  int
	D, M   int
	Layers int
	Eta    float64
	// Steps are round(Factor n^Power).
	Factor, Power float64
	Flip          float64 // probability that a label is wrong
	Test          int
}

// T returns the number of steps for n examples.
func (c RateConfig) T(n int) int { return int(math.Round(c.Factor * math.Pow(float64(n), c.Power))) }

// Rates are losses at the end: [size][draw].
type Rates struct{ Train, Test [][]float64 }

// RunRates makes the runs of all configurations, those of one form with what was compiled for the first. Test labels are right or wrong
// as training labels are, in expectation: the loss is (1-p) f(u) + p f(-u).
func RunRates(ctx context.Context, all ...RateConfig) ([]*Rates, error) {
	var runs []*generalization.Runs
	for _, c := range all {
		some, err := c.runs()
		if err != nil {
			return nil, err
		}
		runs = append(runs, some...)
	}
	traces, err := generalization.RunAll(ctx, "", runs)
	if err != nil {
		return nil, err
	}
	var out []*Rates
	for _, c := range all {
		r, err := c.rates(runs[0].Net, traces[:len(c.Sizes)])
		if err != nil {
			return nil, err
		}
		out = append(out, r)
		runs, traces = runs[len(c.Sizes):], traces[len(c.Sizes):]
	}
	return out, nil
}

// runs are those of each size, the longest first.
func (c RateConfig) runs() ([]*generalization.Runs, error) {
	var runs []*generalization.Runs
	net, err := generalization.NewNet(c.D, c.M, c.Layers, "softplus")
	if err != nil {
		return nil, err
	}
	for i := len(c.Sizes) - 1; i >= 0; i-- {
		n := c.Sizes[i]
		r := &generalization.Runs{Net: net, Eta: c.Eta, At: []int{c.T(n)}, Single: true} // losses are evaluated in float64
		for draw := range c.Draws {
			rng := random.Stream(c.Seed*1000+uint64(draw), "rates")
			s, err := generalization.Quadrants(n, c.D, rng)
			if err != nil {
				return nil, err
			}
			start, err := net.SymmetricStart(rng)
			if err != nil {
				return nil, err
			}
			r.Samples, r.Starts = append(r.Samples, s.Flipped(c.Flip, rng)), append(r.Starts, start)
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// rates evaluates the traces of runs.
func (c RateConfig) rates(net *generalization.Net, traces []*generalization.Trace) (*Rates, error) {
	test, err := generalization.Quadrants(c.Test, c.D, random.Stream(c.Seed, "rates test"))
	if err != nil {
		return nil, err
	}
	out := &Rates{}
	for i := range traces {
		t := traces[len(traces)-1-i]
		losses := make([]float64, len(t.Last))
		parallel.Each(len(losses), func(k int) {
			for j, y := range test.Y {
				u := y * net.Output(t.Last[k], test.X.RawRowView(j))
				losses[k] += ((1-c.Flip)*generalization.Loss(u) + c.Flip*generalization.Loss(-u)) / float64(test.N())
			}
		})
		out.Train, out.Test = append(out.Train, t.Train[0]), append(out.Test, losses)
	}
	return out, nil
}

// Means returns the means over draws, and their standard errors.
func Means(rows [][]float64) (mean, se []float64) {
	for _, r := range rows {
		m, s := Mean(r)
		mean, se = append(mean, m), append(se, s)
	}
	return mean, se
}

// Excess returns the mean test loss less the Bayes risk, for each number of examples.
func (r *Rates) Excess(bayes float64) []float64 {
	m, _ := Means(r.Test)
	return Over(m, func(v float64) float64 { return v - bayes })
}

// Grown returns n·(gap + two standard errors) for the most examples over n·gap for the fewest. The gap of the most may be within its error of
// zero, so that a slope of logarithms would say nothing.
func Grown(n, gap, se []float64) float64 {
	last := len(n) - 1
	return n[last] * (gap[last] + 2*se[last]) / (n[0] * gap[0])
}

// Minus returns a - b, entry by entry.
func Minus(a, b [][]float64) [][]float64 {
	out := make([][]float64, len(a))
	for i := range a {
		for j := range a[i] {
			out[i] = append(out[i], a[i][j]-b[i][j])
		}
	}
	return out
}
