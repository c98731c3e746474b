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
		r := &generalization.Runs{Net: net, Eta: c.Eta, At: []int{c.T(n)}}
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

// DigitsConfig is the paper's experiment on MNIST.
type DigitsConfig struct {
	Seed   uint64
	Sizes  []int
	Draws  []int // of each size
	M, L   int
	Eta    float64
	At     []int
	Test   int
	Single bool
}

// DigitsRun is gap and bound of one size along training, means over draws.
type DigitsRun struct {
	N              int
	T              []float64
	Gap, SE, Bound []float64
	Train, Test    []float64
	Turned         float64 // the gap at the end, with the test's labels turned round
	Gradient0      float64
}

// RunDigits makes the runs.
func RunDigits(ctx context.Context, c DigitsConfig) ([]DigitsRun, error) {
	var runs []*generalization.Runs
	var out []DigitsRun
	var of []int
	var gradient []float64
	for i, n := range c.Sizes {
		out = append(out, DigitsRun{N: n})
		for draw := range c.Draws[i] {
			rng := random.Stream(c.Seed*1000+uint64(draw), "digits")
			train, test, err := generalization.Digits(ctx, n, c.Test, rng)
			if err != nil {
				return nil, err
			}
			net, err := generalization.NewNet(train.D(), c.M, c.L, "softplus0")
			if err != nil {
				return nil, err
			}
			start := net.Start(rng)
			o, err := generalization.NewObjective(net, train)
			if err != nil {
				return nil, err
			}
			gradient, of = append(gradient, o.LargestGradient(start)), append(of, i)
			runs = append(runs, &generalization.Runs{Net: net, Starts: [][]float64{start}, Samples: []*generalization.Sample{train}, Test: test, Eta: c.Eta, At: c.At, Single: c.Single})
		}
	}
	traces, err := generalization.RunAll(ctx, "", runs)
	if err != nil {
		return nil, err
	}
	for i := range out {
		d := &out[i]
		for k, at := range c.At {
			var gaps, bounds, trains, tests []float64
			for r, t := range traces {
				if of[r] != i {
					continue
				}
				gaps = append(gaps, t.Test[k][0]-t.Train[k][0])
				trains, tests = append(trains, t.Train[k][0]), append(tests, t.Test[k][0])
				bounds = append(bounds, generalization.GapBound(gradient[r], c.Eta, t.Sum[k][0], d.N))
				if k == len(c.At)-1 {
					d.Gradient0 += gradient[r] / float64(c.Draws[i])
					d.Turned += turnedGap(runs[r], t) / float64(c.Draws[i])
				}
			}
			gap, se := Mean(gaps)
			bound, _ := Mean(bounds)
			train, _ := Mean(trains)
			test, _ := Mean(tests)
			d.T, d.Gap, d.SE, d.Bound = append(d.T, float64(at)), append(d.Gap, gap), append(d.SE, se), append(d.Bound, bound)
			d.Train, d.Test = append(d.Train, train), append(d.Test, test)
		}
	}
	return out, nil
}
