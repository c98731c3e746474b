package study

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/attention"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/rate"
)

// Optimizers are those of the contests.
var Optimizers = []string{"SGD", "SNGD", "Adam"}

// SeedsOf are the seeds of a contest: each draws data, start and order of examples.
func SeedsOf(seed uint64, count int) (seeds []uint64) {
	for i := range uint64(count) {
		seeds = append(seeds, 100*seed+i)
	}
	return seeds
}

// DigitsContest trains on so few images that all of them can be classified: what happens
// then is what the theory is about.
func DigitsContest(seeds []uint64, images, epochs int) attention.ContestConfig {
	return attention.ContestConfig{
		Task: "digits", Batch: 50, Epochs: epochs, Seeds: seeds,
		Digits: attention.DigitsConfig{Train: images, Test: 200, D: 32},
		Grid: []attention.Grid{
			{Optimizer: "SGD", Rates: []float64{0.1, 0.3, 0.9}},
			{Optimizer: "SNGD", Rates: []float64{0.07, 0.15, 0.3}},
			{Optimizer: "Adam", Rates: []float64{0.004, 0.016}},
		}}
}

// SentencesContest trains on sentences of which one word tells the class. It ends before
// losses leave float32.
func SentencesContest(seeds []uint64) attention.ContestConfig {
	return attention.ContestConfig{
		Task: "sentences", Batch: 30, Epochs: 8, Seeds: seeds,
		Corpus: attention.CorpusConfig{Neutral: 490, PerClass: 5, Length: 20, Sentences: 900},
		Text:   attention.TextConfig{Vocabulary: 250, Length: 20, D: 32},
		Grid: []attention.Grid{
			{Optimizer: "SGD", Rates: []float64{1, 1.8, 3, 5.5, 10}},
			{Optimizer: "SNGD", Rates: []float64{0.1, 0.3, 1, 3, 10}},
			{Optimizer: "Adam", Rates: []float64{0.003, 0.01, 0.03}},
		}}
}

// VisionContest trains a small vision transformer on so few images that it can tell all of
// them apart.
func VisionContest(seeds []uint64) attention.ContestConfig {
	return attention.ContestConfig{
		Task: "vision", Batch: 20, Epochs: 120, Seeds: seeds,
		Vision: attention.VisionConfig{Train: 120, Test: 200, Layers: 2, D: 32, Heads: 4, Hidden: 64},
		Grid: []attention.Grid{
			{Optimizer: "SGD", Rates: []float64{0.1, 0.3}},
			{Optimizer: "SNGD", Rates: []float64{0.1, 0.3}},
			{Optimizer: "Adam", Rates: []float64{0.001}},
		}}
}

// Score is what a contestant is judged by, a number a seed: less is better.
type Score func(e *attention.Contestant) []float64

// LogLoss scores by the logarithm of the training loss after an epoch. A run that left
// float32 scores the largest float64.
func LogLoss(epoch int) Score {
	return func(e *attention.Contestant) []float64 {
		x := Each(e.Column(attention.TrainLoss, epoch), math.Log)
		for i := range x {
			if math.IsNaN(x[i]) || x[i] > math.MaxFloat64 {
				x[i] = math.MaxFloat64 / 1e10 // sums of seeds stay finite
			}
		}
		return x
	}
}

// EpochsTo scores by the first epoch after which the training loss is at most a limit,
// one more than all epochs if it never is.
func EpochsTo(limit float64) Score {
	return func(e *attention.Contestant) (x []float64) {
		for _, c := range e.Curves {
			first := slices.IndexFunc(c.TrainLoss, func(v float64) bool { return v <= limit })
			if first < 0 {
				first = len(c.TrainLoss)
			}
			x = append(x, float64(first))
		}
		return x
	}
}

// Best is the contestant of an optimizer with the least mean score, and whether its step
// size is the least or the greatest that was tried. Of equal ones an inner one is taken.
func Best(c *attention.Contest, optimizer string, score Score) (best *attention.Contestant, edge bool) {
	all := of(c, optimizer)
	least := math.Inf(1)
	for i, e := range all {
		outer := i == 0 || i == len(all)-1
		if mean := stat.Mean(score(e), nil); mean < least || mean == least && edge && !outer {
			best, edge, least = e, outer, mean
		}
	}
	return best, edge
}

// Gap is the mean of SGD's score minus SNGD's over the seeds, each at its best step size,
// and the standard error of this paired difference.
func Gap(c *attention.Contest, score Score) (gap, err float64) {
	slow, _ := Best(c, "SGD", score)
	quick, _ := Best(c, "SNGD", score)
	return PairedT(score(slow), score(quick))
}

// Edges says of SGD and SNGD whose best step size lies on the edge of what was tried: there
// a longer or shorter one might have been better.
func Edges(c *attention.Contest, score Score) string {
	var names []string
	for _, name := range []string{"SGD", "SNGD"} {
		if e, edge := Best(c, name, score); edge {
			names = append(names, fmt.Sprintf("%s at %g", name, e.Rate))
		}
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, ", ")
}

// Least is the least training loss of all runs that is not NaN.
func Least(c *attention.Contest) float64 {
	least := math.Inf(1)
	for _, e := range c.Entries {
		for _, curve := range e.Curves {
			for _, v := range curve.TrainLoss {
				if v < least {
					least = v
				}
			}
		}
	}
	return least
}

// ContestFigure draws the training loss of each optimizer at its best step size, and the
// largest attention weight.
func ContestFigure(id, title, caption string, c *attention.Contest, score Score, floor float64) figure.Figure {
	epoch := figure.Axis{Name: "epoch"}
	loss := figure.Panel{X: epoch, Y: figure.Axis{Name: "training loss", Log: true}}
	peak := figure.Panel{X: epoch, Y: figure.Axis{Name: "mean largest attention"}}
	for _, name := range Optimizers {
		e, _ := Best(c, name, score)
		var epochs []float64
		geometric := make([]float64, len(e.Curves[0].TrainLoss)) // mean over the seeds
		for k := range geometric {
			epochs = append(epochs, float64(k))
			logs := Each(e.Column(attention.TrainLoss, k), func(v float64) float64 { return math.Log(math.Max(v, floor)) })
			geometric[k] = math.Exp(stat.Mean(logs, nil))
		}
		loss.Series = append(loss.Series, figure.Line(name, epochs, geometric))
		peak.Series = append(peak.Series, figure.Line(name, epochs, e.Mean(attention.Peak)))
	}
	return figure.Figure{ID: id, Title: title, Panels: []figure.Panel{loss, peak}, Caption: caption,
		Alt: "Two panels against the epoch: training loss of three optimizers on a logarithmic axis, and the " +
			"mean largest attention weight."}
}

// ContestTable lists each optimizer at its best step size.
func ContestTable(c *attention.Contest, score Score, early int) (head []string, rows [][]string) {
	for _, name := range Optimizers {
		e, _ := Best(c, name, score)
		end := len(e.Curves[0].TrainLoss) - 1
		mean := func(column attention.Column, k int) float64 { return stat.Mean(e.Column(column, k), nil) }
		rows = append(rows, []string{
			e.Optimizer, fmt.Sprint(e.Rate), fmt.Sprintf("%.3g", mean(attention.TrainLoss, early)),
			fmt.Sprintf("%.3g", mean(attention.TrainLoss, end)), fmt.Sprintf("%.3f", mean(attention.TestAccuracy, end)),
			fmt.Sprintf("%.2f", mean(attention.Peak, end)), fmt.Sprintf("%.2f", mean(attention.Norm, end))})
	}
	return []string{"optimizer", "best step", fmt.Sprintf("loss after %d epochs", early), "final training loss",
		"test accuracy", "mean largest attention", "‖W‖"}, rows
}

// of returns the contestants of an optimizer by their step sizes.
func of(c *attention.Contest, optimizer string) (all []*attention.Contestant) {
	for i := range c.Entries {
		if c.Entries[i].Optimizer == optimizer {
			all = append(all, &c.Entries[i])
		}
	}
	slices.SortFunc(all, func(a, b *attention.Contestant) int { return cmp.Compare(a.Rate, b.Rate) })
	return all
}

// Separated is the first epoch after which all of a contestant's runs have had every
// training example right, one more than all epochs if one of them never has.
func Separated(e *attention.Contestant) (last int) {
	for _, c := range e.Curves {
		first := slices.IndexFunc(c.TrainAccuracy, func(v float64) bool { return v == 1 })
		if first < 0 {
			first = len(c.TrainAccuracy)
		}
		last = max(last, first)
	}
	return last
}

// LateSlopes are the slopes of the mean log training loss against the logarithm of the
// epoch, of each step size of an optimizer: from an epoch on, or from the first that begins
// with all examples of all runs told apart, where that is later. NaN where fewer than
// three epochs are left.
func LateSlopes(c *attention.Contest, optimizer string, from, to int) (slopes []float64) {
	for _, e := range of(c, optimizer) {
		var x, y []float64
		for k := max(from, Separated(e)+1); k <= to; k++ {
			x, y = append(x, float64(k)), append(y, stat.Mean(LogLoss(k)(e), nil))
		}
		slopes = append(slopes, rate.SemiLog(x, y).Slope)
	}
	return slopes
}

// window is the number of epochs over which Steady averages: the loss after one epoch
// depends on its last minibatches.
const window = 5

// Steady is how much the mean log training loss falls from the second epoch to the third,
// over its fall from the first to the second: 1 for an exponential over equal times,
// log(d/b)/log(b/a) for a power of t. Each is a mean over the five epochs that end there.
func Steady(c *attention.Contest, optimizer string, a, b, d int) (ratio []float64) {
	return falls(c, optimizer, a, b, d, func(logLoss float64) float64 { return logLoss })
}

// Steadiness is the fall from the second epoch to the third, summed over the step sizes of
// an optimizer, over that from the first to the second: [Steady], averaged with the falls
// as weights. One step size alone is off by up to a third of its value, as a few hard
// examples decide when a loss leaps.
func Steadiness(c *attention.Contest, optimizer string, a, b, d int) float64 {
	before, after := 0.0, 0.0
	for _, e := range of(c, optimizer) {
		before += level(e, b) - level(e, a)
		after += level(e, d) - level(e, b)
	}
	return after / before
}

// Inverse is the same as Steady of 1/loss, of the geometric mean over seeds and epochs: 1 for a loss
// that falls like 1/(t - t_0), whatever t_0.
func Inverse(c *attention.Contest, optimizer string, a, b, d int) []float64 {
	return falls(c, optimizer, a, b, d, func(logLoss float64) float64 { return math.Exp(-logLoss) })
}

func falls(c *attention.Contest, optimizer string, a, b, d int, measure func(logLoss float64) float64) (ratio []float64) {
	for _, e := range of(c, optimizer) {
		at := func(last int) float64 { return measure(level(e, last)) }
		ratio = append(ratio, (at(d)-at(b))/(at(b)-at(a)))
	}
	return ratio
}

// level is the mean log training loss over seeds and over the epochs that end with last.
func level(e *attention.Contestant, last int) (sum float64) {
	for k := last - window + 1; k <= last; k++ {
		sum += stat.Mean(LogLoss(k)(e), nil) / window
	}
	return sum
}

// Diverged names the runs whose training loss left float32.
func Diverged(contests ...*attention.Contest) string {
	var names []string
	for _, c := range contests {
		for _, e := range c.Entries {
			count := 0
			for _, curve := range e.Curves {
				if slices.ContainsFunc(curve.TrainLoss, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
					count++
				}
			}
			if count > 0 {
				names = append(names, fmt.Sprintf("%s at %g on %d of %d seeds", e.Optimizer, e.Rate, count, len(e.Curves)))
			}
		}
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, ", ")
}

// DigitsFigure draws the contest on digits.
func DigitsFigure(c *attention.Contest, score Score) figure.Figure {
	end := len(c.Entries[0].Curves[0].TrainLoss) - 1
	loss := func(name string) float64 {
		e, _ := Best(c, name, score)
		return math.Exp(stat.Mean(LogLoss(end)(e), nil))
	}
	return ContestFigure("digits", "Training on digits", fmt.Sprintf("Geometric means of %d seeds, each optimizer "+
		"at the step size of the table that is best at the end. At first, ten epochs and more, digits are still being "+
		"told apart; then the loss of SGD falls like 1/t and that of SNGD exponentially, here to %.2g "+
		"against %.2g. Right: the largest attention weight of each query, averaged.",
		len(c.Entries[0].Curves), loss("SNGD"), loss("SGD")), c, score, 1e-30)
}

// SentencesFigure draws the contest on sentences.
func SentencesFigure(c *attention.Contest, score Score) figure.Figure {
	first := func(name string) float64 {
		e, _ := Best(c, name, score)
		return stat.Mean(score(e), nil)
	}
	return ContestFigure("sentences", "Training on sentences", fmt.Sprintf("Geometric means of %d seeds on "+
		"sentences of which one word tells the class, each optimizer at the step size with which it is first "+
		"at a loss of 0.1: after %.1f epochs SNGD, %.1f Adam, %.1f SGD. Losses are drawn down to 10⁻³⁰; float32 "+
		"ends at 10⁻³⁸.", len(c.Entries[0].Curves), first("SNGD"), first("Adam"), first("SGD")), c, score, 1e-30)
}
