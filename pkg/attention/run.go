package attention

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/xla"
)

// Method is an algorithm for W with fixed decoder.
type Method string

const (
	GD     Method = "GD"        // W - η ∇L
	NGD    Method = "NGD"       // W - η ∇L/‖∇L‖
	Polyak Method = "Polyak"    // W - c (L - L*)/‖∇L‖² ∇L; the paper's c is 1/2
	Naive  Method = "naive NGD" // NGD with the textbook gradient
)

// steps are the methods' steps, each with the length of its state.
var steps = map[Method]xla.Step{GD: gdStep, NGD: ngdStep, Polyak: polyakStep, Naive: naiveStep}

// ErrRun is what every error about a malformed run wraps.
var ErrRun = errors.New("attention: malformed run")

// Run is one training run.
type Run struct {
	Problem *Problem
	Method  Method
	Eta     float64    // step size η; of the Polyak step its factor c
	Start   *mat.Dense // W_0, zero if nil
	Steps   []int      // increasing step counts at which the run is observed
}

func (r Run) check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrRun, fmt.Sprintf(format, args...))
	}
	if r.Problem == nil {
		return bad("no problem")
	}
	if _, known := steps[r.Method]; !known {
		return bad("unknown method %q: want %q, %q, %q or %q", r.Method, GD, NGD, Polyak, Naive)
	}
	if !(r.Eta > 0) || math.IsInf(r.Eta, 1) {
		return bad("step size %v, want a positive number", r.Eta)
	}
	if r.Start != nil {
		if rows, cols := r.Start.Dims(); rows != r.Problem.D || cols != r.Problem.D {
			return bad("W_0 is %d×%d, want D×D = %d×%d", rows, cols, r.Problem.D, r.Problem.D)
		}
	}
	if len(r.Steps) == 0 {
		return bad("no steps to observe")
	}
	for i, k := range r.Steps {
		if k < 0 || i > 0 && k <= r.Steps[i-1] {
			return bad("step counts %v do not increase from 0 or more", r.Steps)
		}
	}
	return nil
}

// Stopped reports a Polyak run that ended because the excess loss underflowed.
type Stopped struct{ Step int }

func (s *Stopped) Error() string {
	return fmt.Sprintf("the Polyak step stopped at step %d: L - L* is below %.3g, the least float64 of full precision, and the length of a step cannot be computed from it; observe fewer steps", s.Step, smallest)
}

// Observe makes the runs, each from its start to its last step count, and calls see
// with W at every step count that was asked for. On the CPU each core works on a
// run of its own with its own backend, and see is called from several goroutines at
// once, for one run in order. On a GPU the runs of one method and shape share a
// leading axis of one loop.
//
// A Polyak run that cannot go on gives a [Stopped] in place of its later
// observations, the first return value, one element a run.
func Observe(ctx context.Context, spec string, runs []Run, see func(run, k int, W *mat.Dense)) ([]*Stopped, error) {
	for i, r := range runs {
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("run %d: %w", i, err)
		}
	}
	groups, err := grouped(spec, runs)
	if err != nil {
		return nil, err
	}
	stopped := make([]*Stopped, len(runs))
	err = xla.Each(ctx, spec, len(groups), func(ctx context.Context, b *xla.Backend, i int) error {
		return observe(ctx, b, runs, groups[i], stopped, see)
	})
	return stopped, err
}

// grouped divides the runs into those that share a loop.
func grouped(spec string, runs []Run) ([][]int, error) {
	b, err := xla.Open(spec)
	if err != nil {
		return nil, err
	}
	together := b.Kind == xla.KindCUDA
	if err := b.Close(); err != nil {
		return nil, err
	}
	return groupRuns(runs, together), nil
}

// groupRuns puts each run into a group of its own or, if together, with those of its
// method, shape and step counts.
func groupRuns(runs []Run, together bool) [][]int {
	var groups [][]int
	index := map[string]int{}
	for i, r := range runs {
		key := fmt.Sprint(i)
		if together {
			key = fmt.Sprint(r.Method, r.Problem.N, r.Problem.T, r.Problem.D, r.Steps)
		}
		at, known := index[key]
		if !known {
			at = len(groups)
			index[key], groups = at, append(groups, nil)
		}
		groups[at] = append(groups[at], i)
	}
	return groups
}

// observe makes the runs of one group in one loop.
func observe(ctx context.Context, b *xla.Backend, runs []Run, group []int, stopped []*Stopped, see func(run, k int, W *mat.Dense)) (err error) {
	first := runs[group[0]]
	loop, err := xla.NewLoop(b, steps[first.Method], nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, loop.Close()) }()
	state, args := stack(runs, group)
	if err := loop.Start(state, args); err != nil {
		return err
	}
	for _, k := range first.Steps {
		if err := loop.Run(ctx, k-loop.Steps()); err != nil {
			return err
		}
		state, err := loop.State()
		if err != nil {
			return err
		}
		if err := eachMatrix(state, first.Problem.D, func(r int, W *mat.Dense, ended float64) {
			i := group[r]
			if ended >= 0 {
				if stopped[i] == nil {
					stopped[i] = &Stopped{Step: int(ended)}
				}
				return
			}
			see(i, k, W)
		}); err != nil {
			return err
		}
	}
	return nil
}

// eachMatrix takes a state apart: W of every run, and of a Polyak run where it ended.
func eachMatrix(state []*tensors.Tensor, d int, f func(r int, W *mat.Dense, ended float64)) error {
	W, err := tensors.CopyFlatData[float64](state[0])
	if err != nil {
		return err
	}
	var ended []float64
	if len(state) > 1 {
		if ended, err = tensors.CopyFlatData[float64](state[1]); err != nil {
			return err
		}
	}
	for r := range len(W) / (d * d) {
		end := -1.0
		if ended != nil {
			end = ended[r]
		}
		f(r, mat.NewDense(d, d, W[r*d*d:(r+1)*d*d]), end)
	}
	return nil
}

// stack uploads the runs of a group: see step.go for what is what.
func stack(runs []Run, group []int) (state, args []*tensors.Tensor) {
	p := runs[group[0]].Problem
	R, N, T, D := len(group), p.N, p.T, p.D
	var W, X, Q, gap, other, best, eta, ended []float64
	for _, i := range group {
		r := runs[i]
		start := make([]float64, D*D)
		if r.Start != nil {
			mat.NewDense(D, D, start).Copy(r.Start)
		}
		W, X, eta, ended = append(W, start...), append(X, r.Problem.X...), append(eta, r.Eta), append(ended, -1)
		Q = append(Q, r.Problem.queries()...)
		other = append(other, others(N, T, r.Problem.Opt)...)
		for j := range N {
			g := r.Problem.scores(j)
			best = append(best, g[r.Problem.Opt[j]])
			for t := range T {
				for s := range T {
					gap = append(gap, g[t]-g[s])
				}
			}
		}
	}
	state = []*tensors.Tensor{tensors.FromFlatDataAndDimensions(W, R, D, D)}
	if runs[group[0]].Method == Polyak {
		state = append(state, tensors.FromFlatDataAndDimensions(ended, R))
	}
	return state, []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(X, R, N, T, D),
		tensors.FromFlatDataAndDimensions(Q, R, N, D),
		tensors.FromFlatDataAndDimensions(gap, R, N, T, T),
		tensors.FromFlatDataAndDimensions(other, R, N, T),
		tensors.FromFlatDataAndDimensions(best, R, N),
		tensors.FromFlatDataAndDimensions(eta, R, 1, 1),
	}
}

// queries returns the first tokens, [N, D].
func (a *Data) queries() []float64 {
	var q []float64
	for i := range a.N {
		q = append(q, a.Query(i)...)
	}
	return q
}

// others is 1 for the tokens that are not chosen, [N, T].
func others(n, tokens int, chosen []int) []float64 {
	other := make([]float64, n*tokens)
	for at := range other {
		if at%tokens != chosen[at/tokens] {
			other[at] = 1
		}
	}
	return other
}
