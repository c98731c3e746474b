// Command embedding measures content-conditional debiasing of an encoder of the Brown corpus
// (two layers of 128 dimensions, in float32) against JAX, in one run, in turns: steps of Adam on
// batches of 32 triples of texts.
//
//	scripts/bench embedding [-- -steps 5 -rounds 8]
//
// PyTorch, in which the method is published, is not among the pinned peers; JAX compiles the
// same formulas by XLA. Both sides begin with the same parameters and triples and have to arrive
// at the same loss after a few steps. A round is one call of each side; the ratio of a round is
// their time over ours, so that more than 1 means we are ahead. The limit is the time that the
// products of matrices would take at the speed of a large one, measured before.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"

	"github.com/gomlx/compute/dtypes"

	"github.com/marginalia-ml/marginalia/bench/machine"
	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/xla"
)

// lossTolerance is how far the losses may be apart, relative to the first: sums of float32 over
// two layers, and Adam, whose first steps have the size of the rate whatever the gradient.
const (
	lossTolerance = 1e-3
	agreeSteps    = 5
)

func main() {
	steps := flag.Int("steps", 5, "steps of one call; an epoch of 4800 triples has 150")
	rounds := flag.Int("rounds", 8, "rounds")
	backend := process.Backend()
	process.Main("embedding", "JAX", func(ctx context.Context, python, script string) error {
		return compare(ctx, *backend, python, script, *steps, *rounds)
	}, nil)
}

func compare(ctx context.Context, spec, python, script string, steps, rounds int) (err error) {
	if steps < 1 || rounds < 1 {
		return fmt.Errorf("%d rounds of %d steps, want one of each at least", rounds, steps)
	}
	b, err := xla.Open(spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	fmt.Printf("ours: %s on %s\n", b.Kind, b.Device)
	dir, err := os.MkdirTemp("", "embedding")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	in, err := newInstance(ctx, b, dir)
	if err != nil {
		return err
	}
	own, err := newSide(b, in)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, own.close()) }()
	var theirs *process.Process
	if python != "" {
		var version string
		if theirs, err = process.Start(ctx, python, script, in, &version); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, theirs.Close()) }()
		fmt.Printf("theirs: %s\n", version)
		if err := agree(own, theirs); err != nil {
			return err
		}
	}
	peak, err := machine.Measure(ctx, b, dtypes.Float32)
	if err != nil {
		return err
	}
	fmt.Printf("the machine, float32: %v\n", peak)
	fmt.Printf("%d rounds of %d steps; batches of %d triples, texts of %d tokens\n\n", rounds, steps, in.B, in.T)
	var others func(steps int) (float64, error)
	if theirs != nil {
		others = func(steps int) (seconds float64, err error) {
			return seconds, theirs.Ask(&seconds, "run %d", steps)
		}
	}
	seen, err := process.Interleaved(rounds, steps, own.tune, others)
	if err != nil {
		return err
	}
	seen.Print(os.Stdout, "debias")
	if theirs == nil {
		return nil
	}
	r := process.Result{Bench: "embedding", What: "a step of debiasing the Brown model on 32 triples", Against: "JAX",
		Ours: fmt.Sprintf("%.0f ms", seen.Least()/1e3), Limit: seen.Least() / (1e6 * peak.Least(in.flops(), 0))}
	return process.Record(r.Ratios(seen.Ours, seen.Theirs))
}

// agree compares the losses after a few steps of both sides.
func agree(own *side, theirs *process.Process) error {
	var losses [2][2]float64
	for i := range losses {
		if i > 0 {
			var seconds float64
			if err := own.tune(agreeSteps); err != nil {
				return err
			}
			if err := theirs.Ask(&seconds, "run %d", agreeSteps); err != nil {
				return err
			}
		}
		ours, err := own.loss()
		if err != nil {
			return err
		}
		losses[i][0] = ours
		if err := theirs.Ask(&losses[i][1], "loss"); err != nil {
			return err
		}
		if !(math.Abs(ours-losses[i][1]) <= lossTolerance*losses[0][0]) {
			return fmt.Errorf("after %d steps the loss is %g, on the other side %g", i*agreeSteps, ours, losses[i][1])
		}
	}
	if !(losses[1][0] < losses[0][0]) {
		return fmt.Errorf("%d steps take the loss from %g to %g", agreeSteps, losses[0][0], losses[1][0])
	}
	return nil
}
