// Command encoder measures MiniLM with its published weights, in float32: the vectors of a batch
// of sentences, and a step of fine-tuning with Adam, against JAX, in one run, in turns.
//
//	scripts/bench encoder [-- -steps 2 -rounds 8]
//
// PyTorch, in which such networks are published, is not among the pinned peers; JAX compiles
// the same formulas by XLA. Both sides read the same file, have to arrive at the same vectors, and
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

// tolerance is how far losses and entries of vectors of order one may be apart: six layers of
// float32 sums over 1536 terms, and Adam, whose first steps have the size of the rate whatever
// the gradient, so that a sign that rounding turns moves an entry by twice the rate.
const (
	vectorTolerance = 1e-5
	lossTolerance   = 1e-3
	agreeSteps      = 3
)

func main() {
	steps := flag.Int("steps", 2, "steps of one call")
	rounds := flag.Int("rounds", 8, "rounds")
	backend := process.Backend()
	process.Main("encoder", "JAX", func(ctx context.Context, python, script string) error {
		return compare(ctx, *backend, python, script, *steps, *rounds)
	}, nil)
}

func compare(ctx context.Context, spec, python, script string, steps, rounds int) (err error) {
	if steps < 1 || rounds < 1 {
		return fmt.Errorf("%d rounds of %d steps", rounds, steps)
	}
	b, err := xla.Open(spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	fmt.Printf("ours: %s on %s\n", b.Kind, b.Device)
	in, err := newInstance(ctx)
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
	fmt.Printf("%d rounds of %d steps; %d sentences of %d tokens\n\n", rounds, steps, in.N, in.T)
	for _, p := range []struct {
		name, what string
		run        func(steps int) error
		flops      float64
	}{
		{"forward", "MiniLM, vectors of 32 sentences", own.forward, in.flops()},
		{"tune", "MiniLM, a step of fine-tuning on 32 sentences", own.tune, 3 * in.flops()},
	} {
		var others func(steps int) (float64, error)
		if theirs != nil {
			others = func(steps int) (seconds float64, err error) {
				return seconds, theirs.Ask(&seconds, "run %s %d", p.name, steps)
			}
		}
		seen, err := process.Interleaved(rounds, steps, p.run, others)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		seen.Print(os.Stdout, p.name)
		if theirs == nil {
			continue
		}
		r := process.Result{Bench: "encoder", What: p.what, Against: "JAX",
			Ours: fmt.Sprintf("%.0f ms", seen.Least()/1e3), Limit: seen.Least() / (1e6 * peak.Least(p.flops, 0))}
		if err := process.Record(r.Ratios(seen.Ours, seen.Theirs)); err != nil {
			return err
		}
	}
	return nil
}

// agree compares the vectors, and the losses after a few steps of both sides.
func agree(own *side, theirs *process.Process) error {
	ours, err := own.vectors()
	if err != nil {
		return err
	}
	var others []float64
	if err := theirs.Ask(&others, "vectors"); err != nil {
		return err
	}
	if len(others) != len(ours) {
		return fmt.Errorf("%d numbers, on the other side %d", len(ours), len(others))
	}
	for i, x := range ours {
		if !(math.Abs(x-others[i]) <= vectorTolerance) {
			return fmt.Errorf("entry %d of the vectors is %g, on the other side %g", i, x, others[i])
		}
	}
	before, err := own.loss()
	if err != nil {
		return err
	}
	if err := own.tune(agreeSteps); err != nil {
		return err
	}
	after, err := own.loss()
	if err != nil {
		return err
	}
	var seconds, loss float64
	if err := theirs.Ask(&seconds, "run tune %d", agreeSteps); err != nil {
		return err
	}
	if err := theirs.Ask(&loss, "loss"); err != nil {
		return err
	}
	if !(math.Abs(after-loss) <= lossTolerance*before) || !(after < before) {
		return fmt.Errorf("%d steps from loss %g end at %g, on the other side at %g", agreeSteps, before, after, loss)
	}
	return nil
}
