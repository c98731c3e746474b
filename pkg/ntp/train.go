package ntp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/xla"
)

// Training says how a decoder is trained: full batch, float64, deterministic.
type Training struct {
	Optimizer string  // gd, ngd (normalized gradient), momentum, adam or polyak
	Rate      float64 // η; for polyak the factor of its step
	Decay     string  // "" for constant η, sqrt for η/√(k+1), cosine for a half cosine to 0
	Steps     int
	PerDecade int // traced steps in each factor of ten, besides 0 and the last
}

// The constants of the paper's experiments, and heavy-ball momentum's usual one.
const (
	adamBeta1, adamBeta2, adamEps = 0.9, 0.99, 1e-8
	momentumBeta                  = 0.9
)

// spec returns the optimizer of t. The infimum of the loss is Polyak's target.
func (t Training) spec(infimum float64) (optim.Spec, error) {
	if !(t.Rate > 0) || t.Steps < 1 || t.PerDecade < 1 {
		return optim.Spec{}, fmt.Errorf("ntp: training %+v: want a positive rate, at least one step and one traced step a decade", t)
	}
	s := optim.Spec{Method: t.Optimizer, Rate: t.Rate}
	switch t.Decay {
	case "":
	case "sqrt":
		s.Schedule.Kind = "inverse-sqrt"
	case "cosine":
		s.Schedule = optim.ScheduleSpec{Kind: "cosine", Total: t.Steps}
	default:
		return s, fmt.Errorf("ntp: unknown decay %q: known are the empty one, sqrt and cosine", t.Decay)
	}
	switch t.Optimizer {
	case "gd", "ngd":
	case "momentum":
		s.Momentum = momentumBeta
	case "adam":
		s.Beta1, s.Beta2, s.Eps = adamBeta1, adamBeta2, adamEps
	case "polyak":
		s.Infimum = infimum
	default:
		return s, fmt.Errorf("ntp: unknown optimizer %q: known are gd, ngd, momentum, adam and polyak", t.Optimizer)
	}
	return s, nil
}

// optimizer returns the optimizer of t for the decoder.
func (t Training) optimizer(infimum float64) (optim.Optimizer, error) {
	s, err := t.spec(infimum)
	if err != nil {
		return nil, err
	}
	return s.New(model.Layout{{Name: "W"}})
}

// Train runs the experiment on the backend that MARGINALIA_BACKEND names.
func Train(e Experiment) (*Trace, error) {
	traces, err := TrainMany([]Experiment{e})
	if err != nil {
		return nil, err
	}
	return traces[0], nil
}

// TrainMany runs experiments side by side, a worker with a backend of its own a core. Those
// whose shapes are equal and whose optimizers differ in numbers alone share a program.
// Results do not depend on the number of workers.
func TrainMany(experiments []Experiment) (traces []*Trace, err error) {
	if len(experiments) == 0 {
		return nil, nil
	}
	pool, err := xla.NewPool("", len(experiments))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	traces = make([]*Trace, len(experiments))
	jobs := make([]xla.Job, len(experiments))
	for i, e := range experiments {
		s, _ := e.Training.spec(0) // the infimum is a number; the job finds what is wrong
		program := "decoder " + s.Program()
		jobs[i] = xla.Job{Program: program, Run: func(ctx context.Context, w *xla.Worker) (err error) {
			traces[i], err = e.on(ctx, w.Backend, func(step xla.Step) (*xla.Loop, error) {
				return w.Loop(program, step, decoder)
			})
			return err
		}}
	}
	return traces, pool.Run(context.Background(), jobs)
}

func (e Experiment) on(ctx context.Context, b *xla.Backend, loop func(xla.Step) (*xla.Loop, error)) (*Trace, error) {
	in, err := e.Data.Instance()
	if err != nil {
		return nil, err
	}
	W0, err := e.Data.Start(in, e.Start)
	if err != nil {
		return nil, err
	}
	return in.trainOn(ctx, b, loop, W0, e.Training)
}

// Train trains from W0 and returns W at log-spaced steps. If ctx ends, the trace up to
// there is returned with its error.
func (in *Instance) Train(ctx context.Context, b *xla.Backend, W0 *mat.Dense, t Training) (*Trace, error) {
	var loop *xla.Loop
	defer func() {
		if loop != nil {
			loop.Close()
		}
	}()
	return in.trainOn(ctx, b, func(step xla.Step) (_ *xla.Loop, err error) {
		loop, err = xla.NewLoop(b, step, decoder)
		return loop, err
	}, W0, t)
}

// trainOn trains on the loop that is made, or kept, for a step.
func (in *Instance) trainOn(ctx context.Context, b *xla.Backend, made func(xla.Step) (*xla.Loop, error), W0 *mat.Dense, t Training) (*Trace, error) {
	in.checkDecoder(W0)
	opt, err := t.optimizer(in.Entropy())
	if err != nil {
		return nil, err
	}
	loop, err := made(optim.Step(decoderObjective, opt, 1))
	if err != nil {
		return nil, err
	}
	if err := loop.Start(optim.State(opt, tensor(W0)), in.tensors()); err != nil {
		return nil, err
	}

	begin := time.Now()
	points, err := loop.Trace(ctx, xla.LogSteps(t.Steps, t.PerDecade))
	trace := &Trace{Seconds: time.Since(begin).Seconds(), Backend: b.Kind, Device: b.Device}
	V, d, _ := in.Dims()
	for _, p := range points {
		trace.K = append(trace.K, p.Step)
		trace.W = append(trace.W, mat.NewDense(V, d, p.Values))
	}
	return trace, err
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
