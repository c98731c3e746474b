package attention

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/progress"
	"github.com/marginalia-ml/marginalia/xla"
)

// Method is an algorithm for W with fixed decoder.
type Method string

const (
	GD     Method = "GD"        // W - η ∇L
	NGD    Method = "NGD"       // W - η ∇L/‖∇L‖
	Polyak Method = "Polyak"    // W - c (L - L*)/‖∇L‖² ∇L; the paper's c is 1/2
	Naive  Method = "naive NGD" // NGD with the textbook gradient

	// Clipped is Polyak with steps no longer than Run.Longest (derived here).
	Clipped Method = "clipped Polyak"
)

// steps are the methods' steps, each with the length of its state.
var steps = map[Method]xla.Step{GD: gdStep, NGD: ngdStep, Polyak: polyakStep, Naive: naiveStep, Clipped: clippedStep}

// Step returns the method's step for a loop of one's own, or nil for an unknown
// method. What state and args it takes is said in step.go; [Tensors] makes them.
func (m Method) Step() xla.Step { return steps[m] }

// Tensors returns the state and the args of the runs, which must have one method and
// problems of one shape and then share a leading axis.
func Tensors(runs ...Run) (state, args []*tensors.Tensor, err error) {
	for i, r := range runs {
		if err := r.check(); err != nil {
			return nil, nil, fmt.Errorf("run %d: %w", i, err)
		}
	}
	groups := xla.Groups(len(runs), true, kinds(runs))
	if len(groups) != 1 {
		return nil, nil, fmt.Errorf("%w: %d runs that differ in method, shape or steps cannot share an axis", ErrRun, len(runs))
	}
	state, args = stack(runs, groups[0])
	return state, args, nil
}

// ErrRun is what every error about a malformed run wraps.
var ErrRun = errors.New("attention: malformed run")

// Run is one training run.
type Run struct {
	Problem *Problem
	Method  Method
	Eta     float64    // step size η; of the Polyak steps their factor c
	Longest float64    // of Clipped: no step is longer
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
		return bad("unknown method %q: want %q, %q, %q, %q or %q", r.Method, GD, NGD, Polyak, Clipped, Naive)
	}
	if r.Method == Clipped && (!(r.Longest > 0) || math.IsInf(r.Longest, 1)) {
		return bad("longest step %v of the clipped Polyak step, want a positive number", r.Longest)
	}
	if !(r.Eta > 0) || math.IsInf(r.Eta, 1) {
		return bad("step size %v, want a positive number", r.Eta)
	}
	if r.Start != nil {
		if rows, cols := r.Start.Dims(); rows != r.Problem.D || cols != r.Problem.D {
			return bad("W_0 is %d×%d, want D×D = %d×%d", rows, cols, r.Problem.D, r.Problem.D)
		}
	}
	return checkSteps(r.Steps)
}

func checkSteps(counts []int) error {
	if len(counts) == 0 {
		return fmt.Errorf("%w: no steps to observe", ErrRun)
	}
	for i, k := range counts {
		if k < 0 || i > 0 && k <= counts[i-1] {
			return fmt.Errorf("%w: step counts %v do not increase from 0 or more", ErrRun, counts)
		}
	}
	return nil
}

// Observe makes the runs, each from its start to its last step count, and calls see
// with W at every step count that was asked for. On the CPU each core works on a
// run of its own with its own backend, and see is called from several goroutines at
// once, for one run in order. On a GPU the runs of one method and shape share a
// leading axis of one loop.
//
// A run that cannot go on gives a [Stopped] in place of its later observations, the
// first return value, one element a run.
func Observe(ctx context.Context, spec string, runs []Run, see func(run, k int, W *mat.Dense)) ([]*Stopped, error) {
	for i, r := range runs {
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("run %d: %w", i, err)
		}
	}
	stopped := make([]*Stopped, len(runs))
	return stopped, pooled(spec, len(runs), func(pool *xla.Pool) error {
		var jobs []xla.Job
		for _, group := range pool.Groups(len(runs), kinds(runs)) {
			method := runs[group[0]].Method
			jobs = append(jobs, xla.Job{Program: string(method), Run: func(ctx context.Context, w *xla.Worker) error {
				loop, err := w.Loop(string(method), steps[method], nil)
				if err != nil {
					return err
				}
				return observe(ctx, loop, runs, group, stopped, see)
			}})
		}
		return pool.Run(ctx, jobs)
	})
}

// pooled has f use a pool for n runs.
func pooled(spec string, n int, f func(*xla.Pool) error) (err error) {
	if n == 0 {
		return nil
	}
	pool, err := xla.NewPool(spec, n)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	return f(pool)
}

// kinds tells which runs can share a leading axis: those of one method, shape and step
// counts.
func kinds(runs []Run) func(i int) string {
	return func(i int) string {
		r := runs[i]
		return fmt.Sprint(r.Method, r.Problem.N, r.Problem.T, r.Problem.D, r.Steps)
	}
}

// advance runs the loop on to step k of a run that ends at the last one.
func advance(ctx context.Context, loop *xla.Loop, k, last int) error {
	fraction := func(k int) float64 { return float64(k) / float64(max(last, 1)) }
	err := loop.Run(progress.Range(ctx, fraction(loop.Steps()), fraction(k)), k-loop.Steps())
	if err == nil {
		progress.Report(ctx, fraction(k))
	}
	return err
}

// observe makes the runs of one group in one loop.
func observe(ctx context.Context, loop *xla.Loop, runs []Run, group []int, stopped []*Stopped, see func(run, k int, W *mat.Dense)) error {
	first := runs[group[0]]
	state, args := stack(runs, group)
	if err := loop.Start(state, args); err != nil {
		return err
	}
	watch := make([]watch, len(group))
	for _, k := range first.Steps {
		if err := advance(ctx, loop, k, first.Steps[len(first.Steps)-1]); err != nil {
			return err
		}
		state, err := loop.State()
		if err != nil {
			return err
		}
		if err := eachMatrix(state, first.Problem.D, func(r int, W *mat.Dense, ended float64) {
			i := group[r]
			if stopped[i] == nil {
				stopped[i] = watch[r].next(k, W, ended)
			}
			if stopped[i] == nil {
				see(i, k, W)
			}
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
	var W, X, Q, gap, lag, other, best, eta, ended, longest []float64
	for _, i := range group {
		r := runs[i]
		start := make([]float64, D*D)
		if r.Start != nil {
			mat.NewDense(D, D, start).Copy(r.Start)
		}
		W, X, eta, ended = append(W, start...), append(X, r.Problem.X...), append(eta, r.Eta), append(ended, -1)
		longest = append(longest, r.Longest)
		Q = append(Q, r.Problem.queries()...)
		other = append(other, others(N, T, r.Problem.Opt)...)
		for j := range N {
			g := r.Problem.scores(j)
			best = append(best, g[r.Problem.Opt[j]])
			for t := range T {
				lag = append(lag, r.Problem.Gap(j, t))
				for s := range T {
					gap = append(gap, g[t]-g[s])
				}
			}
		}
	}
	state = []*tensors.Tensor{tensors.FromFlatDataAndDimensions(W, R, D, D)}
	if m := runs[group[0]].Method; m == Polyak || m == Clipped {
		state = append(state, tensors.FromFlatDataAndDimensions(ended, R))
	}
	return state, []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(X, R, N, T, D),
		tensors.FromFlatDataAndDimensions(Q, R, N, D),
		tensors.FromFlatDataAndDimensions(gap, R, N, T, T),
		tensors.FromFlatDataAndDimensions(lag, R, N, T),
		tensors.FromFlatDataAndDimensions(other, R, N, T),
		tensors.FromFlatDataAndDimensions(best, R, N),
		tensors.FromFlatDataAndDimensions(eta, R, 1, 1),
		tensors.FromFlatDataAndDimensions(longest, R),
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
