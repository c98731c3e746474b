package ntp

import (
	"context"
	"errors"
	"fmt"

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

// Train runs the experiment on the backend that MARGINALIA_BACKEND names.
func Train(e Experiment) (*Trace, error) {
	traces, err := TrainMany([]Experiment{e})
	if err != nil {
		return nil, err
	}
	return traces[0], nil
}

// TrainMany runs experiments side by side. On the CPU each core has a worker with a backend of
// its own, and those whose shapes are equal and whose optimizers differ in numbers alone share a
// program; on a GPU they share a leading axis of one loop, if their traced steps are the same.
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
	return trainMany(pool, experiments, pool.Together())
}

func trainMany(pool *xla.Pool, experiments []Experiment, together bool) ([]*Trace, error) {
	runs := make([]run, len(experiments))
	for i, e := range experiments {
		var err error
		if runs[i], err = e.run(); err != nil {
			return nil, fmt.Errorf("experiment %d: %w", i, err)
		}
	}
	traces := make([]*Trace, len(runs))
	var jobs []xla.Job
	for _, group := range xla.Groups(len(runs), together, func(i int) string { return runs[i].key() }) {
		step, program := runs[group[0]].step(), "decoder "+runs[group[0]].program
		if len(group) > 1 {
			step, program = optim.Step(decoders, runs[group[0]].optimizer, 1), fmt.Sprintf("%d decoders %s", len(group), runs[group[0]].program)
		}
		jobs = append(jobs, xla.Job{Program: program, Run: func(ctx context.Context, w *xla.Worker) error {
			loop, err := w.Loop(program, step, decoder)
			if err != nil {
				return err
			}
			var found []*Trace
			if len(group) == 1 {
				found = make([]*Trace, 1)
				found[0], err = runs[group[0]].on(ctx, w.Backend, loop)
			} else {
				found, err = beside(ctx, w.Backend, loop, runs, group)
			}
			for at, i := range group {
				if err == nil {
					traces[i] = found[at]
				}
			}
			return err
		}})
	}
	return traces, pool.Run(context.Background(), jobs)
}

// Train trains from W0 and returns W at log-spaced steps. If ctx ends, the trace up to
// there is returned with its error.
func (in *Instance) Train(ctx context.Context, b *xla.Backend, W0 *mat.Dense, t Training) (*Trace, error) {
	r, err := in.run(W0, t)
	if err != nil {
		return nil, err
	}
	loop, err := xla.NewLoop(b, r.step(), decoder)
	if err != nil {
		return nil, err
	}
	defer loop.Close()
	return r.on(ctx, b, loop)
}
