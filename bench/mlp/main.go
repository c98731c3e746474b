// Command mlp measures gradient descent on a fully connected network 784-256-10 with a
// batch of 128, in float32: xla.Loop against lax.fori_loop of JAX, in one run, in turns.
//
//	scripts/bench mlp [-- -steps 200 -rounds 20]
//
// Both sides run the same formulas on the same numbers, from the same weights, and have to
// arrive at the same loss. Two programs differ in how the gradient comes about:
//
//	derived   the loss, differentiated, as one writes it
//	written   the gradient written down
//
// A round is one call of each side; the ratio of a round is their time over ours, so that
// more than 1 means we are ahead. The limit is the time that the products of a step would
// take at the speed of a large product of matrices, measured before. A second set of rounds
// has JAX's own program, compiled and run by our plugin, as the other side.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/gomlx/compute/dtypes"

	"github.com/marginalia-ml/marginalia/bench/machine"
	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/xla"
)

// agreeSteps is after how many steps the losses are compared, and tolerance how far they may
// be apart: float32 rounds by 6e-8, sums of 784 terms by some 1e-6, a hundred steps by more.
const (
	agreeSteps = 100
	tolerance  = 1e-4
)

func main() {
	steps := flag.Int("steps", 200, "steps of one call")
	rounds := flag.Int("rounds", 20, "rounds")
	backend := process.Backend()
	process.Main("mlp", "JAX", func(ctx context.Context, python, script string) error {
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
	in := newInstance(1)
	var theirs *peer
	if python != "" {
		if theirs, err = startPeer(ctx, python, script, in); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, theirs.Close()) }()
		fmt.Printf("theirs: %s\n", theirs.version)
	}
	peak, err := machine.Measure(ctx, b, dtypes.Float32)
	if err != nil {
		return err
	}
	fmt.Printf("the machine, float32: %v\n", peak)
	fmt.Printf("%d rounds of %d steps; 784-256-10, batch %d, float32\n\n", rounds, steps, batch)
	least := peak.Least(flops, 0) // the weights stay in cache
	for _, name := range []string{"derived", "written"} {
		if err := benchmark(ctx, b, theirs, in, name, steps, rounds, least); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	fmt.Printf("the least that the machine allows: %.1f µs a step\n", 1e6*least)
	return nil
}

// benchmark runs a program on both sides in turns.
func benchmark(ctx context.Context, b *xla.Backend, theirs *peer, in instance, name string, steps, rounds int, least float64) (err error) {
	loop, err := xla.NewLoop(b, programs[name], measure)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, loop.Close()) }()
	begin := time.Now()
	if err := loop.Start(in.tensors()); err != nil {
		return err
	}
	compile := time.Since(begin).Seconds()
	if theirs != nil {
		if err := agree(ctx, loop, theirs, name); err != nil {
			return err
		}
	}
	var others func(steps int) (float64, error)
	if theirs != nil {
		others = func(steps int) (float64, error) { return theirs.run(name, steps) }
	}
	seen, err := process.Interleaved(rounds, steps, func(steps int) error { return loop.Run(ctx, steps) }, others)
	if err != nil {
		return err
	}
	fmt.Printf("%-8s compiled in %.2f s\n", name, compile)
	seen.Print(os.Stdout, name)
	if theirs == nil {
		return nil
	}
	if err := record(name, "JAX", seen, least); err != nil {
		return err
	}
	return benchmarkInPlugin(ctx, b, loop, theirs, in, name, steps, rounds, least)
}

func record(name, against string, seen process.Rounds, least float64) error {
	r := process.Result{Bench: "mlp", What: "MLP 784-256-10, batch 128, gradient " + name, Against: against,
		Ours: fmt.Sprintf("%.0f µs a step", seen.Least()), Limit: seen.Least() / (1e6 * least)}
	return process.Record(r.Ratios(seen.Ours, seen.Theirs))
}

// benchmarkInPlugin runs our loop and JAX's own program in our plugin in turns. Both begin anew.
func benchmarkInPlugin(ctx context.Context, b *xla.Backend, loop *xla.Loop, theirs *peer, in instance, name string, steps, rounds int, least float64) (err error) {
	program, err := theirs.program(name)
	if err != nil {
		return err
	}
	f, err := newForeign(b, program, in)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	if err := loop.Start(in.tensors()); err != nil {
		return err
	}
	if err := loop.Run(ctx, agreeSteps); err != nil {
		return err
	}
	if _, err := f.run(agreeSteps); err != nil {
		return err
	}
	if err := f.agree(loop); err != nil {
		return err
	}
	seen, err := process.Interleaved(rounds, steps, func(steps int) error { return loop.Run(ctx, steps) }, f.run)
	if err != nil {
		return err
	}
	seen.Print(os.Stdout, name+", JAX's program in our plugin")
	return record(name, "JAX's own program, in our plugin", seen, least)
}

// agree makes steps on both sides and compares the losses.
func agree(ctx context.Context, loop *xla.Loop, theirs *peer, name string) error {
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
	z, err := theirs.loss(name)
	if err != nil {
		return err
	}
	if !(math.Abs(after[0]-z) <= tolerance*z) || !(after[0] < before[0]/2) {
		return fmt.Errorf("%d steps from loss %g end at %g, on the other side at %g", agreeSteps, before[0], after[0], z)
	}
	return nil
}

// peer is the other side, JAX.
type peer struct {
	*process.Process
	version string
}

func startPeer(ctx context.Context, python, script string, in instance) (p *peer, err error) {
	p = &peer{}
	p.Process, err = process.Start(ctx, python, script, in, &p.version)
	return p, err
}

// run has it make steps and returns the seconds that they took by its own clock.
func (p *peer) run(name string, steps int) (seconds float64, err error) {
	err = p.Ask(&seconds, "run %s %d", name, steps)
	return seconds, err
}

// program returns the program in StableHLO, as text.
func (p *peer) program(name string) (text []byte, err error) {
	var s string
	err = p.Ask(&s, "program %s", name)
	return []byte(s), err
}

func (p *peer) loss(name string) (value float64, err error) {
	err = p.Ask(&value, "loss %s", name)
	return value, err
}
