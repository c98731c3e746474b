package study

import (
	"context"
	"fmt"
	"strings"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/generalization"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// DigitsConfig is the paper's experiment on MNIST, or on Fashion-MNIST.
type DigitsConfig struct {
	Fashion bool
	Seed    uint64
	Sizes   []int
	Draws   []int // of each size
	M, L    int
	Eta     float64
	At      []int
	Test    int
	Single  bool
}

// DigitsRun is gap and bound of one size along training, means over draws.
type DigitsRun struct {
	Set            string
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
	set := "MNIST"
	if c.Fashion {
		set = "Fashion-MNIST"
	}
	for i, n := range c.Sizes {
		out = append(out, DigitsRun{Set: set, N: n})
		for draw := range c.Draws[i] {
			rng := random.Stream(c.Seed*1000+uint64(draw), "digits")
			draw := generalization.Digits
			if c.Fashion {
				draw = generalization.Clothes
			}
			train, test, err := draw(ctx, n, c.Test, rng)
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

// GapsOverBounds returns mean gap over bound of all looks after the first.
func GapsOverBounds(runs []DigitsRun) (over []float64) {
	for _, d := range runs {
		for k := 1; k < len(d.T); k++ {
			over = append(over, d.Gap[k]/d.Bound[k])
		}
	}
	return over
}

// RunFashion is RunDigits for Fashion-MNIST: as it is when whole, which fetches the pictures if they are not there, else three draws of the
// smallest size, and nothing unless the reader has named a folder with the pictures.
func RunFashion(ctx context.Context, c DigitsConfig, whole bool) ([]DigitsRun, error) {
	c.Fashion = true
	if !whole {
		if !data.FashionMNISTGiven() {
			return nil, nil
		}
		c.Sizes, c.Draws = c.Sizes[:1], []int{min(3, c.Draws[0])}
	}
	return RunDigits(ctx, c)
}

// FashionNote says what was seen on Fashion-MNIST, or that it was not asked.
func FashionNote(runs []DigitsRun) string {
	if len(runs) == 0 {
		return "Fashion-MNIST is asked at the paper's scale, and at quick scale where `" + data.EnvFashion + "` names a folder with its files."
	}
	var parts []string
	for _, d := range runs {
		end := len(d.T) - 1
		parts = append(parts, fmt.Sprintf("n = %d: gap %.3f ± %.3f, bound %.3f", d.N, d.Gap[end], d.SE[end], d.Bound[end]))
	}
	return fmt.Sprintf("Fashion-MNIST after %.0f steps, %s.", runs[0].T[len(runs[0].T)-1], strings.Join(parts, "; "))
}
