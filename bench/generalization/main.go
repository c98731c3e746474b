// Command generalization measures gradient descent on many small networks side by side, in
// float64: pkg/generalization against vmap of JAX, in one run, in turns.
//
//	scripts/bench generalization [-- -rounds 60]
//
// The networks are those of the notebook at quick scale: the n + 1 of leave-one-out (C5), which
// share start and sample, and those of E2 (C6), which share nothing. Ours is the step that the
// notebook runs. Theirs is written twice:
//
//	derived   the loss of one network, differentiated, as one writes it
//	written   its gradient written down, with the formulas of ours
//
// A round is one call of each side; the ratio of a round is their time over ours, so that
// more than 1 means we are ahead. Both sides start from the same weights and have to come to
// the same losses.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"time"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/xla"
)

// agreeSteps is after how many steps the losses are compared, and tolerance how far they may be
// apart: float64 errs by 1e-16 an operation, sums of some hundred terms by 1e-14 a step.
const (
	agreeSteps = 32
	tolerance  = 1e-11
)

func main() {
	steps := flag.Int("steps", 0, "steps of one call, 0 for the default of each training")
	rounds := flag.Int("rounds", 60, "rounds")
	backend := process.Backend()
	process.Main("generalization", "JAX", func(ctx context.Context, python, script string) error {
		return compare(ctx, *backend, python, script, *steps, *rounds)
	}, nil)
}

func compare(ctx context.Context, spec, python, script string, steps, rounds int) (err error) {
	if steps < 0 || rounds < 1 {
		return fmt.Errorf("%d rounds of %d steps", rounds, steps)
	}
	b, err := xla.Open(spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	fmt.Printf("ours: %s on %s\n", b.Kind, b.Device)
	var theirs *peer
	if python != "" {
		if theirs, err = startPeer(ctx, python, script); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, theirs.Close()) }()
		fmt.Printf("theirs: %s\n", theirs.version)
	}
	for _, k := range kinds {
		if steps > 0 {
			k.steps = steps
		}
		if err := benchmark(ctx, b, theirs, k, rounds); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
	}
	return nil
}

// benchmark trains the networks on both sides in turns.
func benchmark(ctx context.Context, b *xla.Backend, theirs *peer, k kind, rounds int) (err error) {
	r, err := k.runs(1)
	if err != nil {
		return err
	}
	begin := time.Now()
	loop, err := r.Loop(b)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, loop.Close()) }()
	compile := time.Since(begin).Seconds()
	fmt.Printf("\n%s: %s, float64, %d rounds of %d steps\n", k.name, k.what, rounds, k.steps)
	if theirs == nil {
		seen, err := process.Interleaved(rounds, k.steps, func(steps int) error { return loop.Run(ctx, steps) }, nil)
		if err == nil {
			seen.Print(os.Stdout, k.name)
		}
		return err
	}
	theirCompile, err := theirs.load(newInstance(r))
	if err != nil {
		return err
	}
	fmt.Printf("until the first step ours %.2f s, JAX (both programs) %.2f s\n", compile, theirCompile)
	start, err := loop.State()
	if err != nil {
		return err
	}
	for _, name := range []string{"derived", "written"} {
		if err := loop.Restart(start); err != nil {
			return err
		}
		if err := agree(ctx, loop, theirs, name, r.Networks()); err != nil {
			return err
		}
		seen, err := process.Interleaved(rounds, k.steps, func(steps int) error { return loop.Run(ctx, steps) },
			func(steps int) (float64, error) { return theirs.run(name, steps) })
		if err != nil {
			return err
		}
		seen.Print(os.Stdout, k.name+" "+name)
		result := process.Result{Bench: "generalization", What: k.what, Against: "JAX, vmap of the gradient " + name,
			Ours: fmt.Sprintf("%.0f µs a step", seen.Least())}
		if err := process.Record(result.Ratios(seen.Ours, seen.Theirs)); err != nil {
			return err
		}
	}
	return nil
}

// agree makes a few steps on both sides and compares the losses of all networks.
func agree(ctx context.Context, loop *xla.Loop, theirs *peer, name string, networks int) error {
	before, err := loop.Measure()
	if err != nil {
		return err
	}
	if err := loop.Run(ctx, agreeSteps); err != nil {
		return err
	}
	after, err := loop.Measure()
	if err != nil {
		return err
	}
	if _, err := theirs.run(name, agreeSteps); err != nil {
		return err
	}
	losses, err := theirs.losses(name)
	if err != nil {
		return err
	}
	if len(losses) != networks {
		return fmt.Errorf("%d losses on the other side, want %d", len(losses), networks)
	}
	for i, z := range losses { // the first of a measure are the losses
		if !(math.Abs(after[i]-z) <= tolerance*z) || !(after[i] < before[i]) {
			return fmt.Errorf("network %d: %d steps from loss %g end at %g, on the other side (%s) at %g", i, agreeSteps, before[i], after[i], name, z)
		}
	}
	return nil
}

// peer is the other side, JAX.
type peer struct {
	*process.Process
	version string
}

func startPeer(ctx context.Context, python, script string) (p *peer, err error) {
	p = &peer{}
	p.Process, err = process.Start(ctx, python, script, nil, &p.version)
	return p, err
}

// load hands over an instance; it returns the seconds that reading and compiling took.
func (p *peer) load(in instance) (seconds float64, err error) {
	file, err := p.Write(in)
	if err != nil {
		return 0, err
	}
	err = p.Ask(&seconds, "load %s", file)
	return seconds, err
}

// run has it make steps and returns the seconds that they took by its own clock.
func (p *peer) run(name string, steps int) (seconds float64, err error) {
	err = p.Ask(&seconds, "run %s %d", name, steps)
	return seconds, err
}

func (p *peer) losses(name string) (all []float64, err error) {
	err = p.Ask(&all, "losses %s", name)
	return all, err
}
