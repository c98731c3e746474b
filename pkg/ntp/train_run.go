package ntp

import (
	"context"
	"fmt"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/xla"
)

func (e Experiment) run() (run, error) {
	in, err := e.Data.Instance()
	if err != nil {
		return run{}, err
	}
	W0, err := e.Data.Start(in, e.Start)
	if err != nil {
		return run{}, err
	}
	return in.run(W0, e.Training)
}

// run is a training that can begin.
type run struct {
	in        *Instance
	start     *mat.Dense
	training  Training
	optimizer optim.Optimizer
	program   string // of the optimizer
}

func (in *Instance) run(W0 *mat.Dense, t Training) (run, error) {
	in.checkDecoder(W0)
	s, err := t.spec(in.Entropy())
	if err != nil {
		return run{}, err
	}
	opt, err := s.New(model.Layout{{Name: "W"}})
	return run{in, W0, t, opt, s.Program()}, err
}

func (r run) step() xla.Step { return optim.Step(decoderObjective, r.optimizer, 1) }

// key is that of runs that can share a leading axis.
func (r run) key() string {
	V, d, m := r.in.Dims()
	return fmt.Sprint(V, d, m, r.program, r.training.Steps, r.training.PerDecade)
}

// on makes the run on a loop of its step.
func (r run) on(ctx context.Context, b *xla.Backend, loop *xla.Loop) (*Trace, error) {
	if err := loop.Start(optim.State(r.optimizer, tensor(r.start)), r.in.tensors()); err != nil {
		return nil, err
	}
	traces, err := trace(ctx, b, loop, []run{r})
	return traces[0], err
}

// beside makes the runs of a group on a loop with a leading axis.
func beside(ctx context.Context, b *xla.Backend, loop *xla.Loop, runs []run, group []int) ([]*Trace, error) {
	var chosen []run
	var opts []optim.Optimizer
	var starts, args [][]*tensors.Tensor
	for _, i := range group {
		r := runs[i]
		chosen, opts = append(chosen, r), append(opts, r.optimizer)
		starts, args = append(starts, []*tensors.Tensor{tensor(r.start)}), append(args, r.in.tensors())
	}
	state, err := optim.StateRuns(opts, starts)
	if err != nil {
		return nil, err
	}
	stacked, err := xla.StackRuns(args)
	if err != nil {
		return nil, err
	}
	if err := loop.Start(state, stacked); err != nil {
		return nil, err
	}
	return trace(ctx, b, loop, chosen)
}

// trace goes on to the last step of runs of one loop, each of which takes as long as all.
func trace(ctx context.Context, b *xla.Backend, loop *xla.Loop, runs []run) ([]*Trace, error) {
	t := runs[0].training
	begin := time.Now()
	points, err := loop.Trace(ctx, xla.LogSteps(t.Steps, t.PerDecade))
	traces := make([]*Trace, len(runs))
	V, d, _ := runs[0].in.Dims()
	for i := range traces {
		traces[i] = &Trace{Seconds: time.Since(begin).Seconds(), Backend: b.Kind, Device: b.Device}
		for _, p := range points {
			traces[i].K = append(traces[i].K, p.Step)
			traces[i].W = append(traces[i].W, mat.NewDense(V, d, p.Values[i*V*d:(i+1)*V*d]))
		}
	}
	return traces, err
}

// tensors returns what the graph reads, see decoderObjective.
func (in *Instance) tensors() []*tensors.Tensor {
	return []*tensors.Tensor{
		tensor(in.H),
		tensor(mat.DenseCopyOf(in.H.T())),
		tensor(in.P),
		tensors.FromFlatDataAndDimensions(in.Pi, len(in.Pi)),
	}
}

func tensor(A *mat.Dense) *tensors.Tensor {
	A = mat.DenseCopyOf(A) // without gaps between its rows
	r, c := A.Dims()
	return tensors.FromFlatDataAndDimensions(A.RawMatrix().Data, r, c)
}
