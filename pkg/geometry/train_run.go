package geometry

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
	"github.com/marginalia-ml/marginalia/xla"
)

// run is a training that can begin.
type run struct {
	Embedding
	labels *softlabel.Labels

	spec      optim.Spec
	optimizer optim.Optimizer
	layout    model.Layout
	program   string // equal ones have equal graph functions

	objective optim.Objective // of this run
	together  optim.Objective // of runs on a leading axis
	measure   xla.Step        // what decode takes apart

	begin, args []*tensors.Tensor
	params      int // trained numbers
	decode      func(x []float64) (W, H *mat.Dense)
}

func (e Embedding) run() (*run, error) {
	r := &run{Embedding: e}
	var err error
	if r.spec, err = e.spec(); err != nil {
		return nil, err
	}
	if r.labels, err = e.Data.Labels(); err != nil {
		return nil, err
	}
	r.program = fmt.Sprintf("embedding layers=%d d=%d %s", e.Layers, e.D, r.spec.Program())
	if e.Layers > 0 {
		return r, r.network()
	}
	return r, r.unconstrained()
}

// key is that of runs that can share a leading axis.
func (r *run) key() string {
	shapes := ""
	for _, x := range append(append([]*tensors.Tensor{}, r.begin...), r.args...) {
		shapes += x.Shape().String()
	}
	return fmt.Sprint(r.program, shapes, r.steps())
}

// steps are those at which the run is looked at.
func (r *run) steps() []int {
	steps := xla.LogSteps(r.Steps, r.PerDecade)
	for _, k := range r.Snapshots {
		if k >= 0 && k <= r.Steps {
			steps = append(steps, k)
		}
	}
	slices.Sort(steps)
	return slices.Compact(steps)
}

// stepOf and measureOf are what a loop makes of runs: of one, or of several of one key on a
// leading axis.
func stepOf(runs []*run) xla.Step {
	objective := runs[0].objective
	if len(runs) > 1 {
		objective = runs[0].together
	}
	return optim.Step(objective, runs[0].optimizer, len(runs[0].layout))
}

func measureOf(runs []*run) xla.Step {
	if len(runs) == 1 {
		return runs[0].measure
	}
	return optim.MeasureRuns(runs[0].measure)
}

// stateOf returns the state and the args of such a loop.
func stateOf(runs []*run) (state, args []*tensors.Tensor, err error) {
	if r := runs[0]; len(runs) == 1 {
		return optim.State(r.optimizer, r.begin...), r.args, nil
	}
	var opts []optim.Optimizer
	var begins, all [][]*tensors.Tensor
	for _, r := range runs {
		opts, begins, all = append(opts, r.optimizer), append(begins, r.begin), append(all, r.args)
	}
	if state, err = optim.StateRuns(opts, begins); err != nil {
		return nil, nil, err
	}
	args, err = xla.StackRuns(all)
	return state, args, err
}

// train makes the runs on their loop and looks at the embeddings. Each takes as long as all.
func train(ctx context.Context, loop *xla.Loop, runs []*run) ([]*Embedded, error) {
	observers := make([]*Observer, len(runs))
	for i, r := range runs {
		mm, err := Lmm(r.labels.Pattern, nil)
		if err != nil {
			return nil, err
		}
		if observers[i], err = NewObserver(r.labels, mm.L); err != nil {
			return nil, err
		}
	}
	state, args, err := stateOf(runs)
	if err != nil {
		return nil, err
	}
	if err := loop.Start(state, args); err != nil {
		return nil, err
	}
	began := time.Now()
	points, err := loop.Trace(ctx, runs[0].steps())
	if err != nil {
		return nil, err
	}
	seconds := time.Since(began).Seconds()
	found := make([]*Embedded, len(runs))
	for i, r := range runs {
		found[i] = &Embedded{Params: r.params, Seconds: seconds}
		for _, p := range points {
			each := len(p.Values) / len(runs)
			W, H := r.decode(p.Values[i*each : (i+1)*each])
			found[i].Metrics = append(found[i].Metrics, observers[i].Measure(p.Step, W, H))
			if p.Step == r.Steps || slices.Contains(r.Snapshots, p.Step) {
				found[i].Snapshots = append(found[i].Snapshots, Snapshot{p.Step, W, H})
			}
		}
	}
	return found, nil
}
