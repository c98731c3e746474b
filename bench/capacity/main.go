// Command capacity measures the training of the experiment on next-token capacity, in
// float32: pkg/capacity against the same network, loss and optimizer with vmap and
// lax.fori_loop of JAX, in one run, in turns.
//
//	scripts/bench capacity [-- -steps 300 -rounds 8 -grid 4000]
//
// First one width, m = 32 on N = 100 generated openings, all parameters trained and the FNN
// alone: a round is one call of each side, compilation apart. Then the grid of two corpora,
// four widths and both kinds of training, from nothing to the last gap, compilation
// included: ours a run a core, theirs the widths of a corpus side by side; and ours once
// more with one worker. Ratios are their time over ours, so that more than 1 means we are
// ahead. Both sides start from the same parameters and have to come to the same loss.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/pkg/capacity"
	"github.com/marginalia-ml/marginalia/xla"
)

// agreeSteps is after how many steps the losses are compared, and tolerance how far they
// may be apart: float32 errs by 1e-7 an operation and Adam, whose first steps have the
// size of the step size whatever the gradient, amplifies it.
const (
	agreeSteps = 20
	tolerance  = 1e-3
)

func main() {
	steps := flag.Int("steps", 300, "steps of one call")
	rounds := flag.Int("rounds", 8, "rounds")
	grid := flag.Int("grid", 4000, "steps of each run of the grid, 0 to leave it out")
	backend := process.Backend()
	process.Main("capacity", "JAX", func(ctx context.Context, python, script string) error {
		return compare(ctx, *backend, python, script, *steps, *rounds, *grid)
	}, nil)
}

func compare(ctx context.Context, spec, python, script string, steps, rounds, grid int) (err error) {
	if steps < 1 || rounds < 1 || grid < 0 {
		return fmt.Errorf("%d rounds of %d steps, a grid of %d", rounds, steps, grid)
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
	c, err := corpus(100)
	if err != nil {
		return err
	}
	fmt.Printf("%d rounds of %d steps; n = %d, ζ = %d, m = 32, float32\n\n", rounds, steps, len(c.Contexts), c.Zeta)
	for _, only := range []bool{false, true} {
		if err := benchmark(ctx, b, theirs, c, only, steps, rounds); err != nil {
			return err
		}
	}
	if grid == 0 {
		return nil
	}
	return wholeGrid(ctx, spec, theirs, grid)
}

func corpus(n int) (*capacity.Corpus, error) {
	return capacity.Text{Kind: "grammar", N: n, Seed: 1}.Corpus()
}

func what(only bool) string {
	if only {
		return "FNN alone"
	}
	return "all parameters"
}

// benchmark makes rounds of steps on both sides in turns.
func benchmark(ctx context.Context, b *xla.Backend, theirs *peer, c *capacity.Corpus, only bool, steps, rounds int) (err error) {
	r := capacity.Training{Hidden: 32, Only: only, Steps: 5000, Rate: 2e-3, Seed: 1}
	begin := time.Now()
	loop, err := r.Loop(b, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, loop.Close()) }()
	compile := time.Since(begin).Seconds()
	if theirs != nil {
		theirCompile, err := theirs.load(newInstance(c, []capacity.Training{r}))
		if err != nil {
			return err
		}
		fmt.Printf("%s: until the first step ours %.2f s, JAX %.2f s\n", what(only), compile, theirCompile)
		if err := agree(ctx, loop, theirs, r, c); err != nil {
			return err
		}
	}
	var others func(steps int) (float64, error)
	if theirs != nil {
		others = theirs.run
	}
	seen, err := process.Interleaved(rounds, steps, func(steps int) error { return loop.Run(ctx, steps) }, others)
	if err != nil {
		return err
	}
	seen.Print(os.Stdout, what(only))
	if theirs == nil {
		return nil
	}
	result := process.Result{Bench: "capacity", What: "transformer of the capacity experiment, width 32, " + what(only), Against: "JAX",
		Ours: fmt.Sprintf("%.0f µs a step", seen.Least())}
	return process.Record(result.Ratios(seen.Ours, seen.Theirs))
}

// agree makes a few steps on both sides and compares the losses.
func agree(ctx context.Context, loop *xla.Loop, theirs *peer, r capacity.Training, c *capacity.Corpus) error {
	if err := loop.Run(ctx, agreeSteps); err != nil {
		return err
	}
	gap, err := r.Gap(c, loop)
	if err != nil {
		return err
	}
	if _, err := theirs.run(agreeSteps); err != nil {
		return err
	}
	losses, err := theirs.losses()
	if err != nil {
		return err
	}
	if a, z := gap+c.Entropy(), losses[0]; len(losses) != 1 || !(math.Abs(a-z) <= tolerance*z) {
		return fmt.Errorf("after %d steps the two sides have losses %g and %g", agreeSteps, a, losses)
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
	p.Process, err = process.Start(ctx, python, filepath.Clean(script), nil, &p.version)
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
func (p *peer) run(steps int) (seconds float64, err error) {
	err = p.Ask(&seconds, "run %d", steps)
	return seconds, err
}

func (p *peer) losses() (all []float64, err error) {
	err = p.Ask(&all, "loss")
	return all, err
}
