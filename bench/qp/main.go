// Command qp measures the max-margin programs of next-token prediction:
// pkg/convex against Clarabel and OSQP through cvxpy, in one run, in turns.
//
//	scripts/bench qp [-- -rounds 15 -sizes main,medium,large,huge -limit 5m]
//	scripts/bench qp -- -growth
//
// The program is the least 1/2 ‖W‖² with (e_z - e_v)ᵀ W h_j ≥ 1 for tokens z in
// and v off the support of context j, and = 0 for two tokens of the support; H
// is Gaussian and supports are random. Four sizes: the main instance of the
// notebook, one of 4,000 inequalities, one of 24,000, for which each of the peers
// gets -limit, after which it is stopped, and huge, one of 198,000, whose rows would
// fill 8 GB for anyone who stores them and which only our side solves. -all lifts
// the limit. (scikit-learn has no program of this kind: its SVMs take each example
// with one label and one margin, ours compares pairs of tokens under equalities.)
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
	python := flag.String("peer", "", "Python of the environment with cvxpy; without it only ours is measured")
	script := flag.String("script", "bench/qp/peer.py", "the program of the other side")
	rounds := flag.Int("rounds", 15, "rounds of the main instance")
	names := flag.String("sizes", "main,medium,large,huge", "which instances")
	limit := flag.Duration("limit", 5*time.Minute, "what each peer gets for the large instance")
	growing := flag.Bool("growth", false, "measure how time grows with size instead")
	all := flag.Bool("all", false, "let the peers solve the large instance to the end")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *all {
		*limit = 0
	}
	run := func() error { return compare(ctx, *python, *script, *rounds, strings.Split(*names, ","), *limit) }
	if *growing {
		run = func() error { return growth(ctx) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench qp:", err)
		os.Exit(1)
	}
}

func compare(ctx context.Context, python, script string, rounds int, names []string, limit time.Duration) (err error) {
	if rounds < 1 {
		return fmt.Errorf("%d rounds", rounds)
	}
	var theirs *process.Solvers
	if python != "" {
		if theirs, err = process.StartSolvers(ctx, python, script); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, theirs.Close()) }()
		fmt.Printf("theirs: %s\n", theirs.Version)
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
		if s.oursOnly {
			with = nil
		}
		if s.limited {
			s.limit = limit
		}
		if err := duel(ctx, name, s, with); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// duel solves an instance on both sides in turns.
func duel(ctx context.Context, name string, s size, theirs *process.Solvers) error {
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
		if err := theirs.Load(in.handed()); err != nil {
			return err
		}
	}
	var best *convex.MaxMargin
	call := func() (took time.Duration, err error) {
		best, took, err = solve(ctx, in)
		return took, err
	}
	ours, others, err := process.Contest(s.rounds, s.calls(), s.limit, call, theirs, solvers)
	if err != nil {
		return err
	}
	ours.Answer, ours.Status = best.W.RawMatrix().Data, best.Status.String()
	fmt.Println(process.Head + "   violation   distance   status")
	report(in, "ours", ours, ours.Answer)
	fmt.Printf("           %v, peak memory %d MiB\n", best.Certificate, peakMemory())
	if theirs == nil {
		return nil
	}
	what := fmt.Sprintf("max-margin program, %d inequalities", ineq)
	for i, solver := range solvers {
		report(in, solver, others[i], ours.Answer)
		if err := process.RecordSolver(process.Result{Bench: "qp", What: what}, solver, ours, others[i]); err != nil {
			return err
		}
	}
	return nil
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
func report(in instance, solver string, o process.Outcome, ours []float64) {
	worth := "   failed           "
	if len(o.Answer) == len(ours) {
		worth = fmt.Sprintf("%9.1e   %8.1e", in.violation(o.Answer), relativeDistance(o.Answer, ours))
	}
	process.Report(os.Stdout, solver, o, worth)
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
