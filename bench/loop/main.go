// Command loop measures gradient descent on softmax regression, in float64:
// xla.Loop against lax.fori_loop of JAX, in one run, in turns.
//
//	scripts/bench loop [-- -steps 5000 -rounds 40]
//	scripts/bench growth
//
// The instance is the main one of the notebook on next-token prediction: m = 50
// contexts in d = 60 dimensions, V = 10 tokens, six of them in each support.
// Both sides run the same program on the same numbers, from the same W, and
// have to arrive at the same W; theirs has the softmax of its library, ours the
// one of pkg/loss, which divides once a context. Three programs differ in how the
// gradient comes about:
//
//	derived   the loss, differentiated; logits are H·Wᵀ, [m, V]
//	closed    the gradient written down; logits are H·Wᵀ, [m, V]
//	columns   the same with logits W·Hᵀ, [V, m], and both H and Hᵀ at hand
//
// Last, 64 runs of the columns program from 64 seeds: a worker for each core against one
// worker and against vmap. Compilation is timed apart. A round is one call of each side;
// the ratio of a round is their time over ours, so that more than 1 means we are ahead.
// With -growth, ours is timed at four sizes instead.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/compute/dtypes"

	"github.com/marginalia-ml/marginalia/bench/machine"
	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/xla"
)

// tolerance of the difference of the two W, entries of size 1 to 10: rounding
// that the iteration, a contraction on the data subspace, does not amplify.
const tolerance = 1e-10

// manyRuns is the number of runs side by side.
const manyRuns = 64

func main() {
	steps := flag.Int("steps", 5000, "steps of one call")
	rounds := flag.Int("rounds", 40, "rounds")
	backend := process.Backend()
	process.Main("loop", "JAX", func(ctx context.Context, python, script string) error {
		return compare(ctx, *backend, python, script, *steps, *rounds)
	}, func(ctx context.Context) error { return growth(ctx, *backend) })
}

func compare(ctx context.Context, spec, python, script string, steps, rounds int) (err error) {
	if steps < 1 || rounds < 1 {
		return fmt.Errorf("%d rounds of %d steps", rounds, steps)
	}
	in := newInstance(1, 1)
	b, err := xla.Open(spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	ours, err := newOurs(b, in)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ours.close()) }()
	fmt.Printf("ours: %s on %s\n", b.Kind, b.Device)

	var theirs *peer
	if python != "" {
		if theirs, err = startPeer(ctx, python, script, in); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, theirs.Close()) }()
		fmt.Printf("theirs: %s\n", theirs.ready.Version)
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		fmt.Printf("load of the machine before: %s\n", strings.Join(strings.Fields(string(load))[:3], " "))
	}
	peak, err := machine.Measure(ctx, b, dtypes.Float64)
	if err != nil {
		return err
	}
	fmt.Printf("the machine, float64: %v\n", peak)
	fmt.Printf("%d rounds of %d steps; m = %d, d = %d, V = %d, float64\n\n", rounds, steps, in.M, in.D, in.V)
	least := peak.Least(operations(in), 0) // the data stay in cache
	fmt.Println("program   side     µs/step: least median  most   steps/s   compile   ratio: of the least; median [least, most]")
	for _, name := range programs {
		a, err := benchmark(ctx, ours, theirs, name, steps, rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		a.print(name, steps)
		if theirs != nil {
			if err := process.Record(a.result(name, steps, least)); err != nil {
				return err
			}
		}
	}
	fmt.Printf("the least that the machine allows: %.2f µs a step\n", 1e6*least)
	if err := ours.overhead(ctx); err != nil {
		return err
	}
	return many(ctx, spec, theirs, manyRuns, 4*steps)
}

// outcome is what the rounds of a program gave.
type outcome struct {
	ours, theirs               []time.Duration
	oursCompile, theirsCompile time.Duration
}

// benchmark runs a program on both sides in turns and compares where they arrive.
func benchmark(ctx context.Context, ours *ours, theirs *peer, name string, steps, rounds int) (o outcome, err error) {
	o.oursCompile = ours.compile[name]
	if theirs != nil {
		o.theirsCompile = seconds(theirs.ready.Compile[name])
	}
	for round := range rounds + 1 {
		d, err := ours.run(ctx, name, steps)
		if err != nil {
			return o, err
		}
		var e time.Duration
		if theirs != nil {
			if e, err = theirs.run(name, steps); err != nil {
				return o, err
			}
		}
		if round == 0 {
			continue // to warm up
		}
		o.ours, o.theirs = append(o.ours, d), append(o.theirs, e)
	}
	if theirs == nil {
		return o, nil
	}
	w, err := ours.state(name)
	if err != nil {
		return o, err
	}
	v, err := theirs.state(name)
	if err != nil {
		return o, err
	}
	if diff := distance(w, v); !(diff <= tolerance) {
		return o, fmt.Errorf("the two sides arrive at different W: they differ by %g, more than %g", diff, tolerance)
	}
	return o, nil
}

// result is the line of the table, for steps that take least seconds at the machine's best.
func (o outcome) result(name string, steps int, least float64) process.Result {
	perStep := slices.Min(o.ours).Seconds() / float64(steps)
	r := process.Result{Bench: "loop", What: "softmax regression, " + programWords[name], Against: "JAX",
		Ours: fmt.Sprintf("%.1f µs a step", 1e6*perStep), Limit: perStep / least}
	return r.Ratios(inSeconds(o.ours), inSeconds(o.theirs))
}

// programWords say how a program comes by its gradient.
var programWords = map[string]string{"derived": "gradient by autodiff", "closed": "gradient written down", "columns": "gradient written down, logits by columns"}

func inSeconds(times []time.Duration) []float64 {
	x := make([]float64, len(times))
	for i, t := range times {
		x[i] = t.Seconds()
	}
	return x
}

func (o outcome) print(name string, steps int) {
	line := func(side string, times []time.Duration, compile time.Duration, ratio string) {
		sorted := slices.Sorted(slices.Values(times))
		least, median, most := sorted[0], sorted[len(sorted)/2], sorted[len(sorted)-1]
		perStep := func(d time.Duration) float64 { return d.Seconds() * 1e6 / float64(steps) }
		fmt.Printf("%-9s %-8s %14.2f %6.2f %6.2f %9.0f %6.0f ms   %s\n", name, side,
			perStep(least), perStep(median), perStep(most), float64(steps)/least.Seconds(),
			compile.Seconds()*1e3, ratio)
	}
	if o.theirs[0] == 0 {
		line("ours", o.ours, o.oursCompile, "")
		return
	}
	ratios := make([]float64, len(o.ours))
	for i := range ratios {
		ratios[i] = o.theirs[i].Seconds() / o.ours[i].Seconds()
	}
	slices.Sort(ratios)
	line("ours", o.ours, o.oursCompile, fmt.Sprintf("%.2f; %.2f [%.2f, %.2f]",
		slices.Min(o.theirs).Seconds()/slices.Min(o.ours).Seconds(), ratios[len(ratios)/2], ratios[0], ratios[len(ratios)-1]))
	line("JAX", o.theirs, o.theirsCompile, "")
}
