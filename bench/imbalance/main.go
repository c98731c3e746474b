// Command imbalance measures the hard-margin SVM with an intercept, pkg/imbalance against SVC and LinearSVC of scikit-learn,
// and the bilevel search of a strategy against JAX, in one run, in turns.
//
//	scripts/bench imbalance [-- -sizes main,large,bilevel]
//
// The instance is a Gaussian mixture of more dimensions than examples, as in the notebook's limit. Ours is the whole call
// from examples to w, b and certificate, theirs the whole call of fit. SVC solves the same dual with C = 10⁹, which no
// multiplier comes near; LinearSVC has the squared hinge and an intercept in the norm, a penalty that a large
// intercept_scaling makes small: nearly the program. How good each answer is is measured here, alike for all: the KKT
// residual (the largest violated margin, and how far the norm is from that of ours): SVC and LinearSVC do not get below
// 10⁻⁸ whatever their tolerance, so that no row is at equal accuracy.
//
// The bilevel search is the notebook's, from the same start and examples on both sides, which have to find the same
// coefficients.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/gonum/floats"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/pkg/imbalance"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

const (
	// callsARound is the number of our calls to one of theirs.
	callsARound = 3
	// limit is the time that one of their calls has.
	limit = 2 * time.Minute
)

var solvers = []string{"SVC", "LINEARSVC"}

// size is an instance.
type size struct{ n, d int }

var sizes = map[string]size{"small": {100, 150}, "main": {400, 600}, "large": {1000, 1500}}

// handed is what the other side is given.
type handed struct {
	N int       `json:"n"`
	D int       `json:"d"`
	X []float64 `json:"x"` // [n, d]
	Y []float64 `json:"y"`
}

func main() {
	rounds := flag.Int("rounds", 5, "rounds of each instance")
	names := flag.String("sizes", "small,main,large,bilevel", "which instances; bilevel is the search")
	search := flag.String("search", "bench/imbalance/bilevel.py", "the program of the other side of the search")
	backend := process.Backend() // of the search
	process.Main("imbalance", "scikit-learn and JAX", func(ctx context.Context, python, script string) error {
		sizes := strings.Split(*names, ",")
		at := slices.Index(sizes, "bilevel")
		if at >= 0 {
			sizes = slices.Delete(sizes, at, at+1)
		}
		if err := compare(ctx, python, script, *rounds, sizes); err != nil || at < 0 {
			return err
		}
		return bilevel(ctx, *backend, python, *search, *rounds)
	}, nil)
}

func compare(ctx context.Context, python, script string, rounds int, names []string) (err error) {
	if rounds < 1 {
		return fmt.Errorf("%d rounds: at least one is expected", rounds)
	}
	var theirs *process.Solvers
	if python != "" && len(names) > 0 {
		if theirs, err = process.StartSolvers(ctx, python, script); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, theirs.Close()) }()
		fmt.Printf("theirs: %s\n", theirs.Version)
	}
	fmt.Printf("ours: pkg/imbalance on %d cores\n", runtime.GOMAXPROCS(0))
	for _, name := range names {
		s, ok := sizes[name]
		if !ok {
			return fmt.Errorf("unknown instance %q: known are small, main, large and bilevel", name)
		}
		if err := benchmark(ctx, name, s, rounds, theirs); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func instance(s size) (*imbalance.Sample, error) {
	return imbalance.Mixture{Pi: 0.2, Plus: 1.5, Minus: 0.7, S: 2}.Draw(s.n, s.d, random.Stream(1, "bench/imbalance"))
}

// benchmark solves an instance on both sides in turns.
func benchmark(ctx context.Context, name string, s size, rounds int, theirs *process.Solvers) error {
	in, err := instance(s)
	if err != nil {
		return err
	}
	fmt.Printf("\n%s: %d examples of %d features\n", name, s.n, s.d)
	if theirs != nil {
		if err := theirs.Load(handed{s.n, s.d, in.X.RawMatrix().Data, in.Y}); err != nil {
			return err
		}
	}
	var v *imbalance.SVM
	call := func() (took time.Duration, err error) {
		begin := time.Now()
		v, err = in.SVM(ctx, 1, nil)
		return time.Since(begin), err
	}
	ours, others, err := process.Contest(rounds, callsARound, limit, call, theirs, solvers)
	if err != nil {
		return err
	}
	ours.Answer, ours.Status = append(append([]float64{}, v.W...), v.B), v.Certificate.String()
	fmt.Println(process.Head + "   residual   status")
	own := residual(in, v, ours.Answer)
	process.Report(os.Stdout, "ours", ours, fmt.Sprintf("%10.1e", own))
	if theirs == nil {
		return nil
	}
	for i, solver := range solvers {
		row := process.Result{Bench: "imbalance", What: fmt.Sprintf("hard-margin SVM with intercept, %d examples of %d features", s.n, s.d), Against: "scikit-learn, " + solver}
		quality := "    failed"
		if len(others[i].Answer) == s.d+1 {
			other := residual(in, v, others[i].Answer)
			quality = fmt.Sprintf("%10.1e", other)
			row.Comment = fmt.Sprintf("residual %.0e, ours %.0e", other, own)
		}
		process.Report(os.Stdout, solver, others[i], quality)
		if err := process.RecordSolver(row, ours, others[i]); err != nil {
			return err
		}
	}
	return nil
}

// residual is how far (w, b), one after the other, are from solving the program: the larger of the largest violated margin
// and of |‖w‖ / ‖w*‖ − 1|, w* being that of v, whose dual value proves it.
func residual(s *imbalance.Sample, v *imbalance.SVM, answer []float64) float64 {
	d := len(answer) - 1
	w, b := answer[:d], answer[d]
	worst := math.Abs(floats.Norm(w, 2)/math.Sqrt(2*v.Dual) - 1)
	for i, y := range s.Y {
		worst = math.Max(worst, 1-y*(floats.Dot(w, s.X.RawRowView(i))+b))
	}
	return worst
}
