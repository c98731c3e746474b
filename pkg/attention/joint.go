package attention

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/xla"
)

// Joint is one run that trains W and u together from W_0 = 0, u_0 = 0:
//
//	W_{t+1} = W_t - EtaW (t+1)^{-PowerW} ∇_W L/‖∇_W L‖
//	u_{t+1} = u_t - EtaU (t+1)^{-PowerU} ∇_u L/‖∇_u L‖
//
// The paper's powers are 1 and 2/3. At u_0 = 0 the gradient of W is zero, so that W
// rests in the first step.
type Joint struct {
	Data         *Data
	Opt          []int // the tokens whose attention is followed, one a sequence
	EtaW, PowerW float64
	EtaU, PowerU float64
	Steps        []int // increasing step counts at which the run is observed
}

// JointPoint is what is seen of a joint run at one step.
type JointPoint struct {
	K       int
	W       *mat.Dense
	U       []float64
	LogLoss float64 // log L, exact also where L is below 1e-16
	LogOff  float64 // log of the mean of 1 - φ_{i,opt}
	MostOff float64 // the largest 1 - φ_{i,opt}
}

func (r Joint) check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrRun, fmt.Sprintf(format, args...))
	}
	if r.Data == nil {
		return bad("no data")
	}
	if err := r.Data.check(); err != nil {
		return err
	}
	if len(r.Opt) != r.Data.N {
		return bad("%d tokens to follow for %d sequences", len(r.Opt), r.Data.N)
	}
	for i, t := range r.Opt {
		if t < 0 || t >= r.Data.T {
			return bad("token %d of sequence %d, want 0..%d", t, i, r.Data.T-1)
		}
	}
	for _, v := range []float64{r.EtaW, r.PowerW, r.EtaU, r.PowerU} {
		if !(v > 0) || math.IsInf(v, 1) {
			return bad("step sizes %v, %v and powers %v, %v: want positive numbers", r.EtaW, r.EtaU, r.PowerW, r.PowerU)
		}
	}
	return checkSteps(r.Steps)
}

// TrainJointly makes the runs, several at once, and returns what was seen of each.
func TrainJointly(ctx context.Context, spec string, runs []Joint) ([][]JointPoint, error) {
	for i, r := range runs {
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("run %d: %w", i, err)
		}
	}
	seen := make([][]JointPoint, len(runs))
	return seen, pooled(spec, len(runs), func(pool *xla.Pool) error {
		jobs := make([]xla.Job, len(runs))
		for i, r := range runs {
			jobs[i] = xla.Job{Program: "joint", Run: func(ctx context.Context, w *xla.Worker) error {
				loop, err := w.Loop("joint", jointStep, nil)
				if err == nil {
					seen[i], err = r.observe(ctx, loop)
				}
				return err
			}}
		}
		return pool.Run(ctx, jobs)
	})
}

// observe makes the run on a loop of jointStep.
func (r Joint) observe(ctx context.Context, loop *xla.Loop) ([]JointPoint, error) {
	a := r.Data
	state := []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(make([]float64, a.D*a.D), 1, a.D, a.D),
		tensors.FromFlatDataAndDimensions(make([]float64, a.D), 1, a.D),
	}
	number := func(v float64) *tensors.Tensor { return tensors.FromFlatDataAndDimensions([]float64{v}, 1) }
	args := []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(a.X, 1, a.N, a.T, a.D),
		tensors.FromFlatDataAndDimensions(a.queries(), 1, a.N, a.D),
		tensors.FromFlatDataAndDimensions(a.Y, 1, a.N),
		tensors.FromFlatDataAndDimensions(others(a.N, a.T, r.Opt), 1, a.N, a.T),
		number(r.EtaW), number(r.PowerW), number(r.EtaU), number(r.PowerU),
	}
	if err := loop.Start(state, args); err != nil {
		return nil, err
	}
	var seen []JointPoint
	for _, k := range r.Steps {
		if err := advance(ctx, loop, k, r.Steps[len(r.Steps)-1]); err != nil {
			return nil, err
		}
		state, err := loop.State()
		if err != nil {
			return nil, err
		}
		W, err := tensors.CopyFlatData[float64](state[0])
		if err != nil {
			return nil, err
		}
		u, err := tensors.CopyFlatData[float64](state[1])
		if err != nil {
			return nil, err
		}
		seen = append(seen, r.point(k, mat.NewDense(a.D, a.D, W), u))
	}
	return seen, nil
}

// point evaluates the loss and the attention at (W, u). The problem need not have
// u's optimal tokens: at u = 0 there are none.
func (r Joint) point(k int, W *mat.Dense, u []float64) JointPoint {
	a := r.Data
	p := &Problem{Data: a, U: u, Opt: r.Opt, Score: make([]float64, a.N*a.T)}
	for at := range p.Score {
		p.Score[at] = a.Y[at/a.T] * floats.Dot(u, a.X[at*a.D:(at+1)*a.D])
	}
	pt := p.At(W)
	losses, off := make([]float64, a.N), make([]float64, a.N)
	for i := range a.N {
		losses[i] = logSoftplus(-pt.Margin(i))
		off[i] = pt.LogOdds[i] - softplus(pt.LogOdds[i])
	}
	n := math.Log(float64(a.N))
	return JointPoint{K: k, W: W, U: u, LogLoss: floats.LogSumExp(losses) - n, LogOff: floats.LogSumExp(off) - n, MostOff: math.Exp(floats.Max(off))}
}

// logSoftplus is log log(1 + e^x), which tends to x as x → -∞.
func logSoftplus(x float64) float64 {
	if x < -40 { // log(1 + y) = y to the last digit
		return x
	}
	return math.Log(softplus(x))
}
