// Command nuclear measures the nuclear-norm max-margin programs of next-token
// prediction: pkg/maxmargin against SCS and Clarabel through cvxpy, in one run, in turns.
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
// rows; the time inside the solver is given as well. How good each L is is measured
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
	"runtime"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/gonum/mat"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/pkg/maxmargin"
)

// callsARound is the number of our calls to one of theirs.
const callsARound = 10

func main() {
	rounds := flag.Int("rounds", 5, "rounds of the small instance")
	names := flag.String("sizes", "lessons,stories", "which instances")
	process.Main("nuclear", "cvxpy", func(ctx context.Context, python, script string) error {
		return compare(ctx, python, script, *rounds, strings.Split(*names, ","))
	}, growth)
}

func compare(ctx context.Context, python, script string, rounds int, names []string) (err error) {
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
			return fmt.Errorf("unknown size %q: known are lessons and stories", name)
		}
		if s.rounds == 0 {
			s.rounds = rounds
		}
		if err := benchmark(ctx, name, s, theirs); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// benchmark solves an instance on both sides in turns.
func benchmark(ctx context.Context, name string, s size, theirs *process.Solvers) error {
	supports := newSupports(1, s)
	given, counts := supports, slices.Repeat([]int{1}, len(supports))
	if s.merged {
		given, counts = distinct(supports)
	}
	fmt.Printf("\n%s: V = %d, m = %d, %d different supports; theirs has %d columns\n",
		name, s.tokens, len(supports), s.count(supports), len(given))
	if theirs != nil {
		if err := theirs.Load(handed{s.tokens, given, counts}); err != nil {
			return err
		}
	}
	var best *maxmargin.NuclearSolution
	call := func() (took time.Duration, err error) {
		best, took, err = solve(ctx, s.tokens, supports)
		return took, err
	}
	ours, others, err := process.Contest(s.rounds, callsARound, 0, call, theirs, s.peers)
	if err != nil {
		return err
	}
	full, err := maxmargin.NewNuclear(s.tokens, supports)
	if err != nil {
		return err
	}
	ours.Answer, ours.Status = best.L.RawMatrix().Data, best.String()
	fmt.Println(process.Head + "   violation    excess   status")
	report(full, supports, supports, best.Dual, "ours", ours)
	if theirs == nil {
		return nil
	}
	what := fmt.Sprintf("nuclear-norm max-margin program, %d by %d", s.tokens, len(supports))
	for i, solver := range s.peers {
		report(full, supports, given, best.Dual, solver, others[i])
		ours.Answer = make([]float64, s.tokens*len(given)) // as long as theirs
		if err := process.RecordSolver(process.Result{Bench: "nuclear", What: what, Against: "cvxpy, " + solver}, ours, others[i]); err != nil {
			return err
		}
	}
	return nil
}

// handed is what the other side is given: supports, each with the number of contexts that
// have it.
type handed struct {
	Tokens   int     `json:"tokens"`
	Supports [][]int `json:"supports"`
	Counts   []int   `json:"counts"`
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
func solve(ctx context.Context, tokens int, supports [][]int) (*maxmargin.NuclearSolution, time.Duration, error) {
	begin := time.Now()
	p, err := maxmargin.NewNuclear(tokens, supports)
	if err != nil {
		return nil, 0, err
	}
	sol, err := p.Solve(ctx, nil, nil)
	return sol, time.Since(begin), err
}

// report prints the line of a solver, whose L has a column for each of given.
func report(p *maxmargin.Nuclear, supports, given [][]int, bound float64, solver string, o process.Outcome) {
	columns := "   failed          "
	if tokens, _ := p.Dims(); len(o.Answer) == tokens*len(given) {
		v, e := quality(p, bound, spread(mat.NewDense(tokens, len(given), o.Answer), given, supports))
		columns = fmt.Sprintf("%9.1e   %7.1e", v, e)
	}
	process.Report(os.Stdout, solver, o, columns)
}

// spread returns the matrix with a column for each of supports, from one with a column for
// each different one.
func spread(small *mat.Dense, given, supports [][]int) *mat.Dense {
	tokens, _ := small.Dims()
	l := mat.NewDense(tokens, len(supports), nil)
	for j, s := range supports {
		k := j
		if len(given) < len(supports) {
			k = slices.IndexFunc(given, func(other []int) bool { return slices.Equal(s, other) })
		}
		l.SetCol(j, mat.Col(nil, k, small))
	}
	return l
}
