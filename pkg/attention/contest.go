package attention

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"

	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/random"
)

// ContestConfig is a contest of optimizers at equal epochs.
type ContestConfig struct {
	Task   string       // "digits", "vision" or "sentences"
	Digits DigitsConfig // of digits
	Vision VisionConfig // of vision
	Corpus CorpusConfig // of sentences: where they come from,
	File   string       // or a file that ReadTSV reads,
	Text   TextConfig   // and what becomes of them
	Batch  int
	Epochs int
	Seeds  []uint64 // each draws data, initial parameters and orders
	Grid   []Grid
}

// Grid is an optimizer with the step sizes that it tries.
type Grid struct {
	Optimizer string
	Rates     []float64
}

// Contest is what came out.
type Contest struct{ Entries []Contestant }

// Contestant is an optimizer with one step size, a curve a seed.
type Contestant struct {
	Optimizer string
	Rate      float64
	Curves    []Curve
}

// testShare is the part of a file's sentences that is kept for testing.
const testShare = 1. / 3

// RunContest makes all runs.
func RunContest(c ContestConfig) (*Contest, error) {
	ctx := context.Background()
	var problems []*Classes
	var trainings []Training
	for _, seed := range c.Seeds {
		p, err := c.problem(ctx, seed)
		if err != nil {
			return nil, err
		}
		for _, g := range c.Grid {
			for _, rate := range g.Rates {
				problems = append(problems, p)
				trainings = append(trainings, Training{Optimizer: g.Optimizer, Rate: rate, Batch: c.Batch, Epochs: c.Epochs, Seed: seed})
			}
		}
	}
	curves, err := Classify(ctx, "", problems, trainings)
	if err != nil {
		return nil, err
	}
	result := &Contest{}
	per := len(curves) / max(1, len(c.Seeds))
	for i := range per {
		e := Contestant{Optimizer: trainings[i].Optimizer, Rate: trainings[i].Rate}
		for at := i; at < len(curves); at += per {
			e.Curves = append(e.Curves, *curves[at])
		}
		result.Entries = append(result.Entries, e)
	}
	return result, nil
}

// problem draws the data of a seed.
func (c ContestConfig) problem(ctx context.Context, seed uint64) (*Classes, error) {
	rng := random.Stream(seed, "contest")
	switch c.Task {
	case "digits":
		return Digits(ctx, c.Digits, rng)
	case "vision":
		return Vision(ctx, c.Vision, rng)
	case "sentences":
		all, err := c.sentences(rng)
		if err != nil {
			return nil, err
		}
		cut := len(all) - int(testShare*float64(len(all)))
		return Text(all[:cut], all[cut:], c.Text, rng)
	}
	return nil, fmt.Errorf("%w: unknown task %q: want digits, vision or sentences", ErrRun, c.Task)
}

// sentences draws the corpus, or reads the file and shuffles it.
func (c ContestConfig) sentences(rng *rand.Rand) ([]Sentence, error) {
	if c.File == "" {
		return Corpus(c.Corpus, rng)
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, fmt.Errorf("attention: sentences: %w", err)
	}
	defer f.Close()
	all, _, err := ReadTSV(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.File, err)
	}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all, nil
}

// Best returns the step size of the optimizer with the least mean training loss at
// the end, or nil if the optimizer is not in the contest. A run that diverged to NaN
// counts as infinitely bad.
func (c *Contest) Best(optimizer string) *Contestant {
	var best *Contestant
	least := math.Inf(1)
	for i := range c.Entries {
		e := &c.Entries[i]
		if e.Optimizer != optimizer {
			continue
		}
		last := e.Column(TrainLoss, len(e.Curves[0].TrainLoss)-1)
		if mean := stat.Mean(last, nil); best == nil || mean < least {
			best = e
			if !math.IsNaN(mean) {
				least = mean
			}
		}
	}
	return best
}

// Column is a column of a Curve.
type Column func(Curve) []float64

// The columns of a Curve.
var (
	TrainLoss    Column = func(c Curve) []float64 { return c.TrainLoss }
	TestAccuracy Column = func(c Curve) []float64 { return c.TestAccuracy }
	Peak         Column = func(c Curve) []float64 { return c.Peak }
	Norm         Column = func(c Curve) []float64 { return c.Norm }
)

// Column returns the values of a column after the given epoch, one a seed.
func (e *Contestant) Column(column Column, epoch int) []float64 {
	var out []float64
	for _, c := range e.Curves {
		out = append(out, column(c)[epoch])
	}
	return out
}

// Mean returns the column's mean over the seeds, an epoch each.
func (e *Contestant) Mean(column Column) []float64 {
	out := make([]float64, len(column(e.Curves[0])))
	for epoch := range out {
		out[epoch] = stat.Mean(e.Column(column, epoch), nil)
	}
	return out
}
