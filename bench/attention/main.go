// Command attention measures normalized gradient descent on one attention layer, in
// float64: the step of pkg/attention on xla.Loop against the same formulas with
// lax.fori_loop of JAX, in one run, in turns.
//
//	scripts/bench attention [-- -steps 1000 -rounds 20]
//
// The instance is the paper's data model with n = 100 sequences of T = 10 tokens in
// d = 50 dimensions. Two programs:
//
//	stable    NGD with the gradient in pairs and logarithms, as the notebook has it
//	naive     NGD with the textbook gradient: the plain attention layer
//
// Both sides start from W = 0 and have to arrive at the same W; the naive program is
// stopped before it meets its rounding noise. A round is one call of each side; the
// ratio is their time over ours, so that more than 1 means we are ahead. Last, 32 runs
// of the stable program from 32 seeds: one worker against one for each core.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/bench/machine"
	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/pkg/attention"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/xla"
)

// agreeSteps is after how many steps the two W are compared, before rounding can
// grow, and tolerance how far they may be apart, ‖W‖ being about 4.
const (
	agreeSteps = 20
	tolerance  = 1e-9
)

// eta is the step of both sides.
const eta = 0.2

var methods = map[string]attention.Method{"stable": attention.NGD, "naive": attention.Naive}

func main() {
	steps := flag.Int("steps", 1000, "steps of one call")
	rounds := flag.Int("rounds", 20, "rounds")
	backend := process.Backend()
	process.Main("attention", "JAX", func(ctx context.Context, python, script string) error {
		return compare(ctx, *backend, python, script, *steps, *rounds)
	}, func(ctx context.Context) error { return growth(ctx, *backend) })
}

// problem draws the instance of a seed.
func problem(seed uint64) (*attention.Problem, error) { return sized(seed, 100, 50) }

// sized draws an instance of n sequences in d dimensions.
func sized(seed uint64, n, d int) (*attention.Problem, error) {
	c := attention.Config{N: n, T: 10, D: d, Signal: 3, Noise: 0.3}
	s, err := attention.Generate(c, random.Stream(seed, "bench/attention"))
	if err != nil {
		return nil, err
	}
	return s.Problem()
}

func compare(ctx context.Context, spec, python, script string, steps, rounds int) (err error) {
	if steps < 1 || rounds < 1 {
		return fmt.Errorf("%d rounds of %d steps", rounds, steps)
	}
	p, err := problem(1)
	if err != nil {
		return err
	}
	b, err := xla.Open(spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	fmt.Printf("ours: %s on %s\n", b.Kind, b.Device)
	var theirs *peer
	if python != "" {
		if theirs, err = startPeer(ctx, python, script, p); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, theirs.Close()) }()
		fmt.Printf("theirs: %s\n", theirs.version)
	}
	peak, err := machine.Measure(ctx, b, dtypes.Float64)
	if err != nil {
		return err
	}
	fmt.Printf("the machine, float64: %v\n", peak)
	fmt.Printf("%d rounds of %d steps; n = %d, T = %d, d = %d, float64\n\n", rounds, steps, p.N, p.T, p.D)
	least := peak.Least(operations(p), 0) // the data stay in cache
	for _, name := range []string{"stable", "naive"} {
		if err := benchmark(ctx, b, theirs, p, name, steps, rounds, least); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	fmt.Printf("the least that the machine allows: %.1f µs a step\n", 1e6*least)
	return many(ctx, spec, 32, 10*steps)
}

// benchmark runs a program on both sides in turns.
func benchmark(ctx context.Context, b *xla.Backend, theirs *peer, p *attention.Problem, name string, steps, rounds int, least float64) (err error) {
	loop, err := xla.NewLoop(b, methods[name].Step(), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, loop.Close()) }()
	if err := start(loop, methods[name], p); err != nil {
		return err
	}
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
	seen.Print(os.Stdout, name)
	if theirs == nil {
		return nil
	}
	r := process.Result{Bench: "attention", What: "normalized descent on attention, " + name + " gradient", Against: "JAX",
		Ours: fmt.Sprintf("%.1f µs a step", seen.Least()), Limit: seen.Least() / (1e6 * least)}
	return process.Record(r.Ratios(seen.Ours, seen.Theirs))
}

// start begins a run from W = 0.
func start(loop *xla.Loop, method attention.Method, p *attention.Problem) error {
	state, args, err := attention.Tensors(attention.Run{Problem: p, Method: method, Eta: eta, Steps: []int{1}})
	if err != nil {
		return err
	}
	return loop.Start(state, args)
}

// agree makes a few steps on both sides and compares W.
func agree(ctx context.Context, loop *xla.Loop, theirs *peer, name string) error {
	if err := loop.Run(ctx, agreeSteps); err != nil {
		return err
	}
	if _, err := theirs.run(name, agreeSteps); err != nil {
		return err
	}
	state, err := loop.State()
	if err != nil {
		return err
	}
	w, err := tensors.CopyFlatData[float64](state[0])
	if err != nil {
		return err
	}
	v, err := theirs.state(name)
	if err != nil {
		return err
	}
	if len(v) != len(w) {
		return fmt.Errorf("their W has %d numbers, ours %d", len(v), len(w))
	}
	for i := range w {
		if !(math.Abs(w[i]-v[i]) <= tolerance) {
			return fmt.Errorf("after %d steps the two sides have %g and %g at place %d of W", agreeSteps, w[i], v[i], i)
		}
	}
	return nil
}
