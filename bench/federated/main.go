// Command federated measures a round of SGPT, four clients with two stages each, in float32:
// the simulation of pkg/federated against the same formulas in JAX, in one run, in turns.
//
//	scripts/bench federated [-- -rounds 8]
//
// PyTorch, in which the paper's program is written, is not among the pinned peers. Both sides have
// the same backbone, pictures, queries, orders and start, and have to arrive at the same parameters
// and counts. Ours are the calls that a simulation makes, uploads included, a client on each core;
// theirs are one compiled loop a stage, with the data on the device and XLA's threads on all cores,
// client after client. A round's ratio is their time over ours, so that more than 1 means we are
// ahead.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/xla"
)

// tolerance is how far parameters may be apart after a round, relative to how far they have
// moved: 32 steps of a network in float32, with momentum.
const tolerance = 1e-3

func main() {
	rounds := flag.Int("rounds", 8, "rounds")
	backend := process.Backend()
	process.Main("federated", "JAX", func(ctx context.Context, python, script string) error {
		return compare(ctx, *backend, python, script, *rounds)
	}, nil)
}

func compare(ctx context.Context, spec, python, script string, rounds int) (err error) {
	if rounds < 1 {
		return fmt.Errorf("%d rounds", rounds)
	}
	pool, err := xla.NewPool(spec, runtime.NumCPU())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	own, err := newSide(ctx, pool, 20)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, own.close()) }()
	var theirs *process.Process
	if python != "" {
		var version string
		if theirs, err = process.Start(ctx, python, script, own.in, &version); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, theirs.Close()) }()
		fmt.Printf("theirs: %s\n", version)
		if err := own.agree(theirs); err != nil {
			return err
		}
	}
	fmt.Printf("%d rounds of %d clients\n\n", rounds, len(own.in.Clients))
	var others func(steps int) (float64, error)
	if theirs != nil {
		others = func(steps int) (seconds float64, err error) { return seconds, theirs.Ask(&seconds, "run %d", steps) }
	}
	seen, err := process.Interleaved(rounds, 1, own.run, others)
	if err != nil {
		return err
	}
	seen.Print(os.Stdout, "round")
	if theirs == nil {
		return nil
	}
	r := process.Result{Bench: "federated", What: "a round of SGPT: four clients, 32 steps each, a small vision transformer", Against: "JAX",
		Ours: fmt.Sprintf("%.2f s", seen.Least()/1e6)}
	return process.Record(r.Ratios(seen.Ours, seen.Theirs))
}

// agree compares what both sides have made of a round.
func (s *side) agree(theirs *process.Process) error {
	ours, err := s.train()
	if err != nil {
		return err
	}
	for i, u := range ours {
		var answer struct {
			Params [][]float64 `json:"params"` // in the order of the layout
			Counts []int       `json:"counts"`
		}
		if err := theirs.Ask(&answer, "client %d", i); err != nil {
			return err
		}
		if len(answer.Params) != len(u.Params.Values) || len(answer.Counts) != len(u.Counts) {
			return fmt.Errorf("client %d: %d parameters and %d counts, on the other side %d and %d", i, len(u.Params.Values), len(u.Counts), len(answer.Params), len(answer.Counts))
		}
		for g, n := range u.Counts {
			if n != answer.Counts[g] {
				return fmt.Errorf("client %d: counts %v, on the other side %v", i, u.Counts, answer.Counts)
			}
		}
		for j, p := range u.Params.Layout {
			far, moved := 0.0, 0.0
			for k, v := range u.Params.Values[j] {
				far = max(far, math.Abs(v-answer.Params[j][k]))
				moved = max(moved, math.Abs(v-s.start.Values[j][k]))
			}
			if !(far <= tolerance*moved) {
				return fmt.Errorf("client %d: %s is %g from the other side's, having moved by %g", i, p.Name, far, moved)
			}
		}
	}
	return nil
}
