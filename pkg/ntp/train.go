package ntp

import (
	"context"
	"fmt"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

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

// optimizer returns the optimizer of t. The infimum of the loss is Polyak's target.
func (t Training) optimizer(infimum float64) (optim.Optimizer, error) {
	if !(t.Rate > 0) || t.Steps < 1 || t.PerDecade < 1 {
		return nil, fmt.Errorf("ntp: training %+v: want a positive rate, at least one step and one traced step a decade", t)
	}
	var lr optim.Schedule
	switch t.Decay {
	case "":
		lr = optim.Constant(t.Rate)
	case "sqrt":
		lr = optim.InverseSqrt(t.Rate)
	case "cosine":
		lr = optim.Cosine(t.Rate, t.Steps)
	default:
		return nil, fmt.Errorf("ntp: unknown decay %q: known are the empty one, sqrt and cosine", t.Decay)
	}
	switch t.Optimizer {
	case "gd":
		return optim.GD(lr), nil
	case "ngd":
		return optim.NormalizedGD(lr), nil
	case "momentum":
		return optim.Momentum(lr, momentumBeta), nil
	case "adam":
		return optim.Adam(lr, adamBeta1, adamBeta2, adamEps), nil
	case "polyak":
		if t.Decay != "" {
			return nil, fmt.Errorf("ntp: polyak sets its own step: decay %q has no meaning", t.Decay)
		}
		return optim.Polyak(infimum, t.Rate), nil
	}
	return nil, fmt.Errorf("ntp: unknown optimizer %q: known are gd, ngd, momentum, adam and polyak", t.Optimizer)
}

// Train runs the experiment on the backend that MARGINALIA_BACKEND names.
func Train(e Experiment) (*Trace, error) {
	b, err := xla.Open("")
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return e.on(context.Background(), b)
}

func (e Experiment) on(ctx context.Context, b *xla.Backend) (*Trace, error) {
	in, err := e.Data.Instance()
	if err != nil {
		return nil, err
	}
	W0, err := e.Data.Start(in, e.Start)
	if err != nil {
		return nil, err
	}
	return in.Train(ctx, b, W0, e.Training)
}

// TrainMany runs experiments side by side, a worker with a backend of its own a core.
// Results do not depend on the number of workers.
func TrainMany(experiments []Experiment) ([]*Trace, error) {
	traces := make([]*Trace, len(experiments))
	err := xla.Each(context.Background(), "", len(experiments), func(ctx context.Context, b *xla.Backend, i int) (err error) {
		traces[i], err = experiments[i].on(ctx, b)
		return err
	})
	if err != nil {
		return nil, err
	}
	return traces, nil
}

// Train trains from W0 and returns W at log-spaced steps. If ctx ends, the trace up to
// there is returned with its error.
func (in *Instance) Train(ctx context.Context, b *xla.Backend, W0 *mat.Dense, t Training) (*Trace, error) {
	in.checkDecoder(W0)
	opt, err := t.optimizer(in.Entropy())
	if err != nil {
		return nil, err
	}
	loop, err := xla.NewLoop(b, optim.Step(decoderObjective, opt, 1), decoder)
	if err != nil {
		return nil, err
	}
	defer loop.Close()
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
