// Command qp measures the max-margin programs of next-token prediction: pkg/maxmargin
// against Clarabel and OSQP through cvxpy, and scikit-learn where it has the program, in
// one run, in turns.
//
//	scripts/bench qp [-- -rounds 15 -sizes main,medium,labels,large,huge,cancer,wine,iris,digits -limit 5m]
//	scripts/bench qp -- -growth
//
// The program is the least 1/2 ‖W‖² with (e_z - e_v)ᵀ W h_j ≥ 1 for tokens z in
// and v off the support of context j, and = 0 for two tokens of the support; H
// is Gaussian and supports are random. Five sizes: the main instance of the
// notebook, one of 4,000 inequalities, labels, where every support is one token, one of
// 24,000 and one of 198,000, whose sparse rows alone fill 5.7 GB. For the last two each
// of the peers gets -limit, after which it is stopped, and three quarters of the memory
// of the machine. -all lifts the limit.
//
// The hard margins of breast_cancer as measured, wine and digits, the data sets of scikit-learn, are
// Clarabel's and ours. With more contexts than dimensions W does not determine the multipliers; an answer's
// residual is its violation, or what it exceeds the value of the dual by that our multipliers prove. The
// kinds of iris are not separable: the answer is the proof, and its residual the largest entry of the combination
// of rows that is to be zero.
//
// scikit-learn applies to labels alone: there the program is the hard-margin SVM of
// Crammer and Singer without intercept, which LinearSVC solves for a large C. A larger
// support asks two tokens for equal logits. An SVM has one label for each example and no
// equalities, so none of its classes can say so; SVC, moreover, makes one SVM of each
// pair of classes, which is another program even for labels.
//
// Ours is the whole call from embeddings and supports to W, and so is theirs,
// from ready-made sparse rows; the time inside the solver is given as well. The peers
// are asked for a residual like ours; liblinear stops short of it, near 1e-9. How optimal each W is is measured here, alike for
// all: the largest violation of a constraint, the KKT residual, and the distance to our W.
//
// With -growth, ours is timed at four sizes, each twice the last, and the slope of the
// time on log-log axes printed beside those of operations and bytes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/maxmargin"
)

// callsARound is the number of our calls to one of theirs.
const callsARound = 3

// calls returns the number of our calls in a round.
func (s size) calls() int {
	if s.m >= 1000 {
		return 1 // seconds
	}
	return callsARound
}

// solvers are the peers, by the names that cvxpy knows them by, and LinearSVC.
func (s size) solvers() []string {
	switch {
	case s.data != "":
		return []string{"CLARABEL"}
	case s.support == 1:
		return []string{"LINEARSVC"}
	}
	return []string{"CLARABEL", "OSQP"}
}

// library says whose a solver is.
func library(solver string) string {
	if solver == "LINEARSVC" {
		return "scikit-learn, LinearSVC"
	}
	return "cvxpy, " + solver
}

func main() {
	rounds := flag.Int("rounds", 15, "rounds of the main instance")
	names := flag.String("sizes", "main,medium,labels,large,huge,cancer,wine,iris,digits", "which instances")
	limit := flag.Duration("limit", 5*time.Minute, "what each peer gets for the large and the huge instance")
	all := flag.Bool("all", false, "let the peers take as long as they want")
	process.Main("qp", "cvxpy", func(ctx context.Context, python, script string) error {
		if *all {
			*limit = 0
		}
		return compare(ctx, python, script, *rounds, strings.Split(*names, ","), *limit)
	}, growth)
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
	fmt.Printf("ours: pkg/maxmargin on %d cores\n", runtime.GOMAXPROCS(0))
	for _, name := range names {
		s, ok := sizes[name]
		if !ok {
			return fmt.Errorf("unknown size %q: known are main, medium, labels, large, huge, cancer, wine, iris and digits", name)
		}
		if s.rounds == 0 {
			s.rounds = rounds
		}
		if s.limited {
			s.limit = limit
		}
		if err := benchmark(ctx, name, s, theirs); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// benchmark solves an instance on both sides in turns.
func benchmark(ctx context.Context, name string, s size, theirs *process.Solvers) error {
	var in instance
	var err error
	if s.data == "" {
		in = newInstance(1, s)
	} else if in, err = measured(theirs, s); err != nil {
		return err
	}
	s = in.size
	m, err := maxmargin.NewNextToken(in.h, in.v, in.supports)
	if err != nil {
		return err
	}
	ineq, _ := m.Inequalities().Dims()
	eq := 0
	if a := m.Equalities(); a != nil {
		eq, _ = a.Dims()
	}
	fmt.Printf("\n%s: V = %d, m = %d, d = %d; %d unknowns, %d inequalities, %d equalities\n",
		name, s.v, s.m, s.d, s.v*s.d, ineq, eq)
	best, _, err := solve(ctx, in) // to warm up, and alone in the memory
	if err != nil {
		return err
	}
	memory := peakMemory()
	if theirs != nil {
		if err := theirs.Load(in.handed()); err != nil {
			return err
		}
	}
	ours, others, err := process.Contest(s.rounds, s.calls(), s.limit, func() (time.Duration, error) {
		_, took, err := solve(ctx, in)
		return took, err
	}, theirs, s.solvers())
	if err != nil {
		return err
	}
	ours.Status = best.Status.String()
	if s.without {
		ours.Answer = in.proof(best)
	} else {
		ours.Answer = best.W.RawMatrix().Data
	}
	fmt.Println(process.Head + "   violation   residual   distance   status")
	own, err := report(in, "ours", ours, best)
	if err != nil {
		return err
	}
	fmt.Printf("           %v, peak memory %d MiB\n", best.Certificate, memory)
	if theirs == nil {
		return nil
	}
	what := fmt.Sprintf("max-margin program, %d inequalities", ineq)
	switch {
	case s.without:
		what = fmt.Sprintf("no hard margin of %s, %d inequalities", s.data, ineq)
	case s.data != "":
		what = fmt.Sprintf("hard margin of %s, %d inequalities", s.data, ineq)
	case eq == 0:
		what += ", supports of one token"
	}
	for i, solver := range s.solvers() {
		found, err := report(in, solver, others[i], best)
		if err != nil {
			return err
		}
		r := process.Result{Bench: "qp", Against: library(solver), What: what}
		if len(others[i].Answer) > 0 {
			r.Comment = fmt.Sprintf("KKT residual %.0e, ours %.0e", found.residual, own.residual)
		} else {
			r.Comment = fmt.Sprintf("ours in %d MiB, KKT residual %.0e", memory, own.residual)
		}
		if err := process.RecordSolver(r, ours, others[i]); err != nil {
			return err
		}
	}
	return nil
}

// solve is one call of ours.
func solve(ctx context.Context, in instance) (*maxmargin.NextTokenSolution, time.Duration, error) {
	begin := time.Now()
	m, err := maxmargin.NewNextToken(in.h, in.v, in.supports)
	if err != nil {
		return nil, 0, err
	}
	mm, err := m.Solve(ctx, nil)
	took := time.Since(begin)
	if in.without && errors.Is(err, convex.ErrInfeasible) {
		err = nil
	}
	return mm, took, err
}

// report prints the line of a solver and returns how optimal its answer is.
func report(in instance, solver string, o process.Outcome, best *maxmargin.NextTokenSolution) (w optimality, err error) {
	words, unknowns := "        -          -          -", in.v*in.d
	if in.without {
		unknowns = len(in.proof(best))
	}
	switch {
	case len(o.Answer) != unknowns:
	case in.without:
		w = in.proves(o.Answer)
		words = fmt.Sprintf("%9.1e  %9.1e          -", w.violation, w.residual)
	default:
		if in.m > in.d {
			w = in.excessOf(o.Answer, best)
		} else if w, err = in.optimalityOf(o.Answer); err != nil {
			return w, err
		}
		words = fmt.Sprintf("%9.1e  %9.1e  %9.1e", w.violation, w.residual, relativeDistance(o.Answer, best.W.RawMatrix().Data))
	}
	process.Report(os.Stdout, solver, o, words)
	return w, nil
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
