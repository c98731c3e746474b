package main

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/pkg/capacity"
)

var (
	gridTexts  = []int{50, 100}
	gridWidths = []int{4, 8, 16, 32}
)

// gridRepeats is how often the grid is measured.
const gridRepeats = 3

// wholeGrid compares the grid on all cores with one worker, and with the other side.
func wholeGrid(ctx context.Context, spec string, theirs *peer, steps int) error {
	var corpora []*capacity.Corpus
	for _, n := range gridTexts {
		c, err := corpus(n)
		if err != nil {
			return err
		}
		corpora = append(corpora, c)
	}
	var runs []capacity.Training
	for _, only := range []bool{false, true} {
		for _, m := range gridWidths {
			runs = append(runs, capacity.Training{Hidden: m, Only: only, Steps: steps, Rate: 2e-3, Seed: 1})
		}
	}
	cores := runtime.GOMAXPROCS(0)
	var all, one, others []float64
	for range gridRepeats {
		seconds, fits, err := ours(ctx, spec, corpora, runs)
		if err != nil {
			return err
		}
		all = append(all, seconds)
		if theirs != nil {
			seconds, err := theirs.grid(corpora, runs, fits)
			if err != nil {
				return err
			}
			others = append(others, seconds)
		}
		runtime.GOMAXPROCS(1)
		seconds, _, err = ours(ctx, spec, corpora, runs)
		runtime.GOMAXPROCS(cores)
		if err != nil {
			return err
		}
		one = append(one, seconds)
	}
	fmt.Printf("grid of N = %v, m = %v, both kinds, %d steps, with compilation: %d workers %.1f s, one worker %.1f s, %.2f times as fast\n",
		gridTexts, gridWidths, steps, cores, slices.Min(all), slices.Min(one), slices.Min(one)/slices.Min(all))
	what := process.Result{Bench: "capacity", Ours: fmt.Sprintf("%.1f s", slices.Min(all)),
		What: fmt.Sprintf("the capacity experiment: %d runs of %d steps, with compilation", len(corpora)*len(runs), steps)}
	alone := what.Ratios(all, one)
	alone.Against = "one worker of ours"
	if err := process.Record(alone); err != nil || theirs == nil {
		return err
	}
	r := what.Ratios(all, others)
	r.Against = "JAX, widths by vmap"
	fmt.Printf("the same with vmap over the widths in JAX: %.1f s, ratio of the least %.2f; of the rounds, median %.2f [%.2f, %.2f]\n",
		slices.Min(others), slices.Min(others)/slices.Min(all), r.Ratio, r.Low, r.High)
	return process.Record(r)
}

func ours(ctx context.Context, spec string, corpora []*capacity.Corpus, runs []capacity.Training) (seconds float64, fits [][]capacity.Fit, err error) {
	begin := time.Now()
	fits, err = capacity.Train(ctx, spec, corpora, runs)
	return time.Since(begin).Seconds(), fits, err
}

// learned is below which gap over the entropy a run counts as learned, for the comparison of
// the two sides after many steps in float32, which part on the way.
const learned = 0.5

// grid runs the same on the other side. It compares the losses at the end, of which those of
// the runs that are far from the bound have to agree roughly.
func (p *peer) grid(corpora []*capacity.Corpus, runs []capacity.Training, fits [][]capacity.Fit) (seconds float64, err error) {
	for i, c := range corpora {
		half := len(runs) / 2
		for k, group := range [][]capacity.Training{runs[:half], runs[half:]} {
			compile, err := p.load(newInstance(c, group))
			if err != nil {
				return 0, err
			}
			run, err := p.run(group[0].Steps)
			if err != nil {
				return 0, err
			}
			seconds += compile + run
			losses, err := p.losses()
			if err != nil {
				return 0, err
			}
			for w, loss := range losses {
				f := fits[i][k*half+w]
				if mine := f.Gap + f.Entropy; !(math.Abs(mine-loss) <= learned*mine) {
					return 0, fmt.Errorf("%d openings, width %d: the two sides end with losses %g and %g", gridTexts[i], f.Training.Hidden, mine, loss)
				}
			}
		}
	}
	return seconds, nil
}
