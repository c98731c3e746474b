// Command contrastive measures the supervised contrastive loss on free embeddings:
// pkg/contrastive against SCS through cvxpy, in one run, in turns.
//
//	scripts/bench contrastive [-- -sizes full,reduced]
//
// Two programs. The full model: embeddings of n = 300 samples on the sphere of R^k, from a random
// start; the other side solves the convex relaxation in their inner products, which has the
// same minimum. The reduced program: a Gram matrix of k = 100 class means, the same for both.
//
// Ours is the whole call from sizes to embeddings and certificate, and so is theirs from sizes to
// the matrix; the time inside the solver is given as well. How good each answer is is measured
// here, alike for all: the loss at the feasible matrix near it, over the lower bound that
// our certificate proves, less one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/pkg/contrastive"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

const (
	// callsARound is the number of our calls to one of theirs.
	callsARound = 5
	// limit is the time that one of their calls has.
	limit = 2 * time.Minute
)

func main() {
	rounds := flag.Int("rounds", 1, "rounds of each instance")
	names := flag.String("sizes", "full,full-sharp,warm,reduced,cold", "which instances")
	process.Main("contrastive", "cvxpy", func(ctx context.Context, python, script string) error {
		return compare(ctx, python, script, *rounds, strings.Split(*names, ","))
	}, nil)
}

func compare(ctx context.Context, python, script string, rounds int, names []string) (err error) {
	if rounds < 1 {
		return fmt.Errorf("%d rounds: at least one is expected", rounds)
	}
	var theirs *process.Solvers
	if python != "" {
		if theirs, err = process.StartSolvers(ctx, python, script); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, theirs.Close()) }()
		fmt.Printf("theirs: %s\n", theirs.Version)
	}
	fmt.Printf("ours: pkg/contrastive on %d cores\n", runtime.GOMAXPROCS(0))
	for _, name := range names {
		s, ok := known[name]
		if !ok {
			return fmt.Errorf("unknown instance %q: known are full, full-sharp, warm, reduced and cold", name)
		}
		if err := benchmark(ctx, name, s, rounds, theirs); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// benchmark solves an instance on both sides in turns.
func benchmark(ctx context.Context, name string, s size, rounds int, theirs *process.Solvers) error {
	fmt.Printf("\n%s: %s\n", name, s.what())
	if theirs != nil {
		if err := theirs.Load(handed{s.sizes, s.r, s.reduced}); err != nil {
			return err
		}
	}
	var best answer
	call := func() (took time.Duration, err error) {
		begin := time.Now()
		best, err = solve(ctx, s)
		return time.Since(begin), err
	}
	ours, others, err := process.Contest(rounds, callsARound, limit, call, theirs, s.peers)
	if err != nil {
		return err
	}
	ours.Answer, ours.Status = best.gram, best.status
	fmt.Println(process.Head + "   loss over the bound − 1   status")
	own, err := best.over(s, ours.Answer)
	if err != nil {
		return err
	}
	process.Report(os.Stdout, "ours", ours, fmt.Sprintf("%10.1e", own))
	if theirs == nil {
		return nil
	}
	for i, solver := range s.peers {
		row := process.Result{Bench: "contrastive", What: s.what(), Against: "cvxpy, " + solver}
		quality := "    failed"
		if len(others[i].Answer) > 0 {
			other, err := best.over(s, others[i].Answer)
			if err != nil {
				return err
			}
			quality = fmt.Sprintf("%10.1e", other)
			row.Comment = fmt.Sprintf("loss over the proved bound − 1: %.0e, ours %.0e", other, own)
		}
		process.Report(os.Stdout, solver, others[i], quality)
		if err := process.RecordSolver(row, ours, others[i]); err != nil {
			return err
		}
	}
	return nil
}

// answer is one of ours: a Gram matrix, and the bound that its certificate proves.
type answer struct {
	gram   []float64
	lower  float64
	status string
}

// solve is one call of ours: the problem, its solution, and the certificate.
func solve(ctx context.Context, s size) (answer, error) {
	p, err := contrastive.New(s.r, s.sizes...)
	if err != nil {
		return answer{}, err
	}
	rng := random.Stream(1, "bench/contrastive/start")
	if s.reduced {
		best, err := p.Reduced(ctx, rng)
		if err != nil {
			return answer{}, err
		}
		return answer{best.M.RawMatrix().Data, best.Lower, best.String()}, nil
	}
	H, err := contrastive.Settled(p.Sphere(ctx, contrastive.RandomSphere(p.K(), p.N(), rng)))
	if err != nil {
		return answer{}, err
	}
	c, err := p.Certify(H)
	if err != nil {
		return answer{}, err
	}
	return answer{contrastive.Gram(H).RawMatrix().Data, c.Lower, c.String()}, nil
}

// over returns the loss at the feasible matrix near X over the bound, less one.
func (a answer) over(s size, X []float64) (float64, error) {
	excess, err := s.excess(X)
	if err != nil {
		return 0, err
	}
	p, err := contrastive.New(s.r, s.sizes...)
	if err != nil {
		return 0, err
	}
	return (p.Floor()+excess)/a.lower - 1, nil
}
