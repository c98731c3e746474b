// Command qp measures the max-margin programs of next-token prediction:
// pkg/convex against Clarabel and OSQP through cvxpy, in one run, in turns.
//
//	scripts/bench qp [-- -rounds 15 -sizes main,medium,large]
//	scripts/bench qp -- -growth
//
// The program is the least 1/2 ‖W‖² with (e_z - e_v)ᵀ W h_j ≥ 1 for tokens z in
// and v off the support of context j, and = 0 for two tokens of the support; H
// is Gaussian and supports are random. Four sizes: the main instance of the
// notebook, one of 4,000 inequalities, one of 24,000, which only our side solves
// unless -all is given, and, if -sizes names it, huge, one of 198,000, whose rows
// would fill 8 GB for anyone who stores them.
//
// Ours is the whole call from embeddings and supports to W, and so is theirs,
// from ready-made sparse rows; the time inside the solver is given as well. What
// each W is worth is measured here, alike for all: the largest violation of a
// constraint, the distance to our W, and, for ours, the KKT residual.
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
	"syscall"
	"time"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/pkg/convex"
)

// callsARound is the number of our calls to one of theirs.
const callsARound = 3

// calls returns the number of our calls in a round.
func (s size) calls() int {
	if s.m >= 1000 {
		return 1 // minutes
	}
	return callsARound
}

// solvers are the peers, by the names that cvxpy knows them by.
var solvers = []string{"CLARABEL", "OSQP"}

func main() {
	peer := flag.String("peer", "", "Python of the environment with cvxpy; without it only ours is measured")
	script := flag.String("script", "bench/qp/peer.py", "the program of the other side")
	rounds := flag.Int("rounds", 15, "rounds of the main instance")
	names := flag.String("sizes", "main,medium,large", "which instances")
	growing := flag.Bool("growth", false, "measure how time grows with size instead")
	all := flag.Bool("all", false, "have the peers solve the large instance too")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := func() error { return compare(ctx, *peer, *script, *rounds, strings.Split(*names, ","), *all) }
	if *growing {
		run = func() error { return growth(ctx) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench qp:", err)
		os.Exit(1)
	}
}

func compare(ctx context.Context, python, script string, rounds int, names []string, all bool) (err error) {
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
			return fmt.Errorf("unknown size %q: known are main, medium, large and huge", name)
		}
		if s.rounds == 0 {
			s.rounds = rounds
		}
		with := theirs
		if s.oursOnly && !all {
			with = nil
		}
		if err := duel(ctx, name, s, with); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// outcome is what the rounds of one solver gave.
type outcome struct {
	call, inside []time.Duration
	w            []float64
	status       string
}

// duel solves an instance on both sides in turns.
func duel(ctx context.Context, name string, s size, theirs *peer) error {
	in := newInstance(1, s)
	m, err := convex.NewMargins(in.h, in.v, in.supports)
	if err != nil {
		return err
	}
	ineq, _ := m.Inequalities().Dims()
	eq, _ := m.Equalities().Dims()
	fmt.Printf("\n%s: V = %d, m = %d, d = %d; %d unknowns, %d inequalities, %d equalities\n",
		name, s.v, s.m, s.d, s.v*s.d, ineq, eq)
	if theirs != nil {
		if err := theirs.load(in); err != nil {
			return err
		}
	}
	var ours outcome
	var best *convex.MaxMargin
	peers := make([]outcome, len(solvers))
	for range s.rounds {
		for range s.calls() {
			mm, took, err := solve(ctx, in)
			if err != nil {
				return err
			}
			best = mm
			ours.call = append(ours.call, took)
		}
		if theirs == nil {
			continue
		}
		for i, solver := range solvers {
			if err := theirs.solve(solver, &peers[i]); err != nil {
				return err
			}
		}
	}
	ours.w, ours.status = best.W.RawMatrix().Data, best.Status.String()
	fmt.Println("solver     calls   least of a call   median   inside   violation   distance   status")
	report(in, "ours", ours, ours.w)
	fmt.Printf("           %v, peak memory %d MiB\n", best.Certificate, peakMemory())
	for i, solver := range solvers {
		if theirs != nil {
			report(in, strings.ToLower(solver), peers[i], ours.w)
			if err := record(ineq, solver, ours, peers[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// record keeps the ratio of a peer's calls to the median of ours. A peer that found no
// answer has none.
func record(inequalities int, solver string, ours, theirs outcome) error {
	if len(theirs.w) != len(ours.w) {
		return nil
	}
	median := slices.Sorted(slices.Values(ours.call))[len(ours.call)/2]
	r := process.Result{Bench: "qp", What: fmt.Sprintf("max-margin program, %d inequalities", inequalities),
		Against: "cvxpy, " + solver, Ours: fmt.Sprintf("%.3g ms", 1e3*median.Seconds()),
		Comment: fmt.Sprintf("inside their solver alone %.3g times", slices.Min(theirs.inside).Seconds()/median.Seconds())}
	var own, other []float64
	for _, call := range theirs.call {
		own, other = append(own, median.Seconds()), append(other, call.Seconds())
	}
	return process.Record(r.Ratios(own, other))
}

// solve is one call of ours.
func solve(ctx context.Context, in instance) (*convex.MaxMargin, time.Duration, error) {
	begin := time.Now()
	m, err := convex.NewMargins(in.h, in.v, in.supports)
	if err != nil {
		return nil, 0, err
	}
	mm, err := m.Solve(ctx, nil)
	return mm, time.Since(begin), err
}

// report prints the line of a solver.
func report(in instance, solver string, o outcome, ours []float64) {
	call := slices.Sorted(slices.Values(o.call))
	inside := "      -"
	if len(o.inside) > 0 {
		inside = fmt.Sprintf("%6.1f ms", 1e3*slices.Min(o.inside).Seconds())
	}
	violation, distance := "failed", ""
	if len(o.w) == len(ours) {
		violation = fmt.Sprintf("%.1e", in.violation(o.w))
		distance = fmt.Sprintf("%.1e", relativeDistance(o.w, ours))
	}
	fmt.Printf("%-10s %5d %14.2f ms %8.2f ms %9s   %9s   %8s   %s\n", solver, len(call),
		1e3*call[0].Seconds(), 1e3*call[len(call)/2].Seconds(), inside, violation, distance, o.status)
}

// peakMemory returns the largest resident size of this process so far, in MiB.
func peakMemory() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return -1
	}
	if runtime.GOOS == "darwin" {
		return u.Maxrss >> 20 // bytes
	}
	return u.Maxrss >> 10 // KiB
}
