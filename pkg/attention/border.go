package attention

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/parallel"
	"github.com/marginalia-ml/marginalia/pkg/progress"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// GaussianTokens draws N sequences of T tokens N(0, I) in R^d whose last coordinate is
// replaced by y_i times the score, 1 at a uniform position and 0 elsewhere: (A1) holds
// exactly, Γ = 1, and nothing else is arranged.
func GaussianTokens(n, tokens, d int, rng *rand.Rand) (*Problem, error) {
	if n < 1 || tokens < 2 || d < 2 {
		return nil, malformed("%d sequences of %d tokens in R^%d: want N ≥ 1, T ≥ 2, d ≥ 2", n, tokens, d)
	}
	data := &Data{N: n, T: tokens, D: d, X: gaussian(n*tokens*d, 1, rng), Y: make([]float64, n)}
	for i := range n {
		data.Y[i] = 1 - 2*float64(rng.IntN(2))
		opt := rng.IntN(tokens)
		for t := range tokens {
			token := data.Token(i, t)
			if token[d-1] = 0; t == opt {
				token[d-1] = data.Y[i]
			}
		}
	}
	u := make([]float64, d)
	u[d-1] = 1
	return New(data, u)
}

// BorderConfig is a sweep of the dimension on random tokens.
type BorderConfig struct {
	N, T      int
	D         []int
	Instances int     // separable data sets a dimension
	Starts    int     // random starts each, beside W_0 = 0
	Size      float64 // norm of a random start, in ‖W_mm‖
	Eta       float64 // step of normalized descent, in ‖W_mm‖
	Steps     int     // at most, of a run
	Traps     bool    // enumerate all traps
	Seed      uint64  // with the dimension and the number of an instance, of its stream
}

// BorderPoint is one data set.
type BorderPoint struct {
	D              int
	Q0, Q, Row     float64   // conditions of the flow: (G0), (G) and the row test
	AllActive      bool      // all constraints of W_mm are active
	Zero           Outcome   // of the run from W_0 = 0
	Random         []Outcome // from the random starts
	Traps          int       // how many traps there are, -1 if not enumerated
	Omega, Longest float64   // ‖W_mm‖, and the longest step that (G0) covers
}

// Stuck tells whether any of the runs got stuck.
func (b BorderPoint) Stuck() bool {
	for _, o := range b.Random {
		if o.End == Stuck {
			return true
		}
	}
	return b.Zero.End == Stuck
}

// Border is what came out.
type Border struct {
	Points    []BorderPoint // by dimension, then instance
	Discarded int           // data sets that no W separates
}

// RunBorder makes the sweep: for every dimension, instances on each of which normalized
// descent runs from zero and from random starts until its end is decided.
func RunBorder(c BorderConfig) (*Border, error) {
	if c.Instances < 1 || c.Starts < 0 || !(c.Eta > 0) || !(c.Size >= 0) || c.Steps < 1 || len(c.D) == 0 {
		return nil, malformed("sweep %+v: want dimensions, instances, steps and a positive step size", c)
	}
	ctx := context.Background()
	total := len(c.D) * c.Instances
	b := &Border{Points: make([]BorderPoint, total)}
	discarded := make([]int, total)
	part := progress.Split(ctx, total)
	err := parallel.Try(total, func(at int) (err error) {
		b.Points[at], discarded[at], err = c.point(ctx, c.D[at/c.Instances], at%c.Instances)
		progress.Report(part(at), 1)
		return err
	})
	for _, n := range discarded {
		b.Discarded += n
	}
	return b, err
}

// mostDraws bounds how often a data set is drawn anew because it is not separable.
const mostDraws = 1000

// point draws a data set that can be separated and makes its runs.
func (c BorderConfig) point(ctx context.Context, d, instance int) (point BorderPoint, discarded int, err error) {
	rng := random.Stream(c.Seed, fmt.Sprintf("border/%d/%d", d, instance))
	for ; discarded < mostDraws; discarded++ {
		p, err := GaussianTokens(c.N, c.T, d, rng)
		if err != nil {
			return point, discarded, err
		}
		point, err = c.runs(ctx, p, rng)
		if !errors.Is(err, ErrInfeasible) {
			return point, discarded, err
		}
	}
	return point, discarded, fmt.Errorf("%w: none of %d data sets of %d sequences of %d tokens in R^%d", ErrInfeasible, mostDraws, c.N, c.T, d)
}

func (c BorderConfig) runs(ctx context.Context, p *Problem, rng *rand.Rand) (BorderPoint, error) {
	point := BorderPoint{D: p.D, Traps: -1}
	k, err := p.Kernel()
	if err != nil {
		return point, err
	}
	all, err := k.All(ctx)
	if err != nil {
		return point, err
	}
	coupling, err := k.Coupling(ctx)
	if err != nil {
		return point, err
	}
	global := coupling.FromAnywhere(0, all.Norm)
	point.Q0, point.Q, point.Row = coupling.FromZero(0, all.Norm, 0), finite(global.Q), finite(global.Row)
	point.Q0 = finite(point.Q0)
	point.Omega, point.Longest = all.Norm, coupling.LongestFromZero(all.Norm, all.Norm)
	point.AllActive = all.Active() == k.Rows()
	run := KernelRun{Method: NGD, Eta: c.Eta * all.Norm, Steps: c.Steps}
	if point.Zero, err = k.Settle(ctx, run, all); err != nil {
		return point, err
	}
	for range c.Starts {
		W := mat.NewDense(p.D, p.D, gaussian(p.D*p.D, 1, rng))
		W.Scale(c.Size*all.Norm/mat.Norm(W, 2), W)
		run.Start, run.Norm = p.At(W).Margins(), c.Size*all.Norm
		o, err := k.Settle(ctx, run, all)
		if err != nil {
			return point, err
		}
		point.Random = append(point.Random, o)
	}
	if c.Traps {
		traps, err := k.Traps(ctx)
		if err != nil {
			return point, err
		}
		point.Traps = len(traps)
	}
	return point, nil
}

// finite makes +Inf a number that JSON can hold.
func finite(x float64) float64 { return math.Min(x, math.MaxFloat64) }
