// Command nuclear measures the nuclear-norm max-margin programs of next-token
// prediction: pkg/convex against SCS and Clarabel through cvxpy, in one run, in turns.
//
//	scripts/bench nuclear [-- -rounds 10 -sizes lessons,stories]
//	scripts/bench nuclear -- -growth
//
// The program is the least ‖L‖_* over logits of V tokens in m contexts, equal on the
// support of a context and larger there by one or more than off it. Two sizes: the 16
// contexts over 31 tokens of the paper's synthetic data, and 403 contexts with 34
// different supports over 104 tokens. Of the second the peers get the program with one
// column for each support, weighted by the root of its count, which is as much as a
// user would do by hand; with a column for every context SCS takes hours.
//
// Ours is the whole call from supports to L, and so is theirs, from ready-made sparse
// rows; the time inside the solver is given as well. What each L is worth is measured
// here, alike for all: the largest violation of a constraint, and the excess of the
// norm of the nearest feasible matrix over the lower bound that our dual matrix proves.
//
// With -growth, ours is timed at four sizes, each twice the last, and the slope of the
// time on log-log axes printed beside that of the operation count.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/gonum/mat"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/pkg/convex"
)

// callsARound is the number of our calls to one of theirs.
const callsARound = 10

func main() {
	python := flag.String("peer", "", "Python of the environment with cvxpy; without it only ours is measured")
	script := flag.String("script", "bench/nuclear/peer.py", "the program of the other side")
	rounds := flag.Int("rounds", 5, "rounds of the small instance")
	names := flag.String("sizes", "lessons,stories", "which instances")
	growing := flag.Bool("growth", false, "measure how time grows with size instead")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := func() error { return compare(ctx, *python, *script, *rounds, strings.Split(*names, ",")) }
	if *growing {
		run = func() error { return growth(ctx) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench nuclear:", err)
		os.Exit(1)
	}
}

func compare(ctx context.Context, python, script string, rounds int, names []string) (err error) {
	if rounds < 1 {
		return fmt.Errorf("%d rounds", rounds)
	}
	var theirs *peer
	if python != "" {
		if theirs, err = startPeer(ctx, python, script); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, theirs.Close()) }()
		fmt.Printf("theirs: %s\n", theirs.version)
	}
	fmt.Printf("ours: pkg/convex on %d cores\n", runtime.GOMAXPROCS(0))
	for _, name := range names {
		s, ok := sizes[name]
		if !ok {
			return fmt.Errorf("unknown size %q: known are lessons and stories", name)
		}
		if s.rounds == 0 {
			s.rounds = rounds
		}
		if err := duel(ctx, name, s, theirs); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// outcome is what the rounds of one solver gave.
type outcome struct {
	call, inside []time.Duration
	l            []float64
	status       string
}

// duel solves an instance on both sides in turns.
func duel(ctx context.Context, name string, s size, theirs *peer) error {
	supports := newSupports(1, s)
	given, counts := supports, slices.Repeat([]int{1}, len(supports))
	if s.merged {
		given, counts = distinct(supports)
	}
	fmt.Printf("\n%s: V = %d, m = %d, %d different supports; theirs has %d columns\n",
		name, s.tokens, len(supports), s.count(supports), len(given))
	if theirs != nil {
		if err := theirs.load(s.tokens, given, counts); err != nil {
			return err
		}
	}
	var ours outcome
	var best *convex.NuclearMargin
	peers := make([]outcome, len(s.peers))
	for range s.rounds {
		for range callsARound {
			sol, took, err := solve(ctx, s.tokens, supports)
			if err != nil {
				return err
			}
			best = sol
			ours.call = append(ours.call, took)
		}
		if theirs == nil {
			continue
		}
		for i, solver := range s.peers {
			if err := theirs.solve(solver, &peers[i]); err != nil {
				return err
			}
		}
	}
	full, err := convex.NewNuclearMargins(s.tokens, supports)
	if err != nil {
		return err
	}
	ours.l, ours.status = best.L.RawMatrix().Data, best.String()
	fmt.Println("solver          calls   least of a call   median      inside   violation    excess   over ours   status")
	report(full, supports, supports, best.Dual, "ours", ours, ours)
	for i, solver := range s.peers {
		if theirs != nil {
			report(full, supports, given, best.Dual, strings.ToLower(solver), peers[i], ours)
			if err := record(s.tokens, len(supports), solver, ours, peers[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// record keeps the ratio of a peer's calls to the median of ours. A peer that found no
// answer has none.
func record(tokens, contexts int, solver string, ours, theirs outcome) error {
	if len(theirs.l) == 0 {
		return nil
	}
	median := slices.Sorted(slices.Values(ours.call))[len(ours.call)/2]
	r := process.Result{Bench: "nuclear", What: fmt.Sprintf("nuclear-norm max-margin program, %d by %d", tokens, contexts),
		Against: "cvxpy, " + solver, Ours: fmt.Sprintf("%.3g ms", 1e3*median.Seconds())}
	var own, other []float64
	for _, call := range theirs.call {
		own, other = append(own, median.Seconds()), append(other, call.Seconds())
	}
	return process.Record(r.Ratios(own, other))
}

// count returns the number of different supports.
func (s size) count(supports [][]int) int {
	given, _ := distinct(supports)
	return len(given)
}

// distinct returns the different supports and how often each occurs.
func distinct(supports [][]int) (different [][]int, counts []int) {
	for _, s := range supports {
		k := slices.IndexFunc(different, func(other []int) bool { return slices.Equal(s, other) })
		if k < 0 {
			k = len(different)
			different, counts = append(different, s), append(counts, 0)
		}
		counts[k]++
	}
	return different, counts
}

// solve is one call of ours.
func solve(ctx context.Context, tokens int, supports [][]int) (*convex.NuclearMargin, time.Duration, error) {
	begin := time.Now()
	p, err := convex.NewNuclearMargins(tokens, supports)
	if err != nil {
		return nil, 0, err
	}
	sol, err := p.Solve(ctx, nil, nil)
	return sol, time.Since(begin), err
}

// report prints the line of a solver, whose L has a column for each of given.
func report(p *convex.NuclearMargins, supports, given [][]int, bound float64, solver string, o, ours outcome) {
	call := slices.Sorted(slices.Values(o.call))
	inside := "         -"
	if len(o.inside) > 0 {
		inside = fmt.Sprintf("%7.1f ms", 1e3*slices.Min(o.inside).Seconds())
	}
	violation, excess := "failed", ""
	if tokens, _ := p.Dims(); len(o.l) == tokens*len(given) {
		small := mat.NewDense(tokens, len(given), o.l)
		l := mat.NewDense(tokens, len(supports), nil)
		for j, s := range supports {
			k := j
			if len(given) < len(supports) {
				k = slices.IndexFunc(given, func(other []int) bool { return slices.Equal(s, other) })
			}
			l.SetCol(j, mat.Col(nil, k, small))
		}
		v, e := quality(p, bound, l)
		violation, excess = fmt.Sprintf("%.1e", v), fmt.Sprintf("%.1e", e)
	}
	fmt.Printf("%-14s %6d %14.2f ms %8.2f ms %s   %9s   %7s   %9.1f   %s\n", solver, len(call),
		1e3*call[0].Seconds(), 1e3*call[len(call)/2].Seconds(), inside, violation, excess,
		call[0].Seconds()/slices.Min(ours.call).Seconds(), o.status)
}
