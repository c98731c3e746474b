package encoder

import (
	"context"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/loss"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

// Tuned is an encoder that was fine-tuned on a task.
type Tuned struct {
	*Encoder
	Task   *Task
	Start  model.Params // θ_P, and the head that was drawn
	Params model.Params // θ_F, and the head that was trained
	Run    *train.Run
}

// Adam returns the configuration of a fine-tuning with Adam: batches of 32, a rate that rises
// for 50 steps and falls to zero at the end.
func Adam(steps int, rate float64, seed uint64) train.Config {
	return train.Config{
		Optimizer: optim.Spec{Method: "adam", Rate: rate, Schedule: optim.ScheduleSpec{Kind: "linear", Warmup: 50}},
		Batch:     32, Steps: steps, Seed: seed, Stream: "encoder/tuning",
	}
}

// AdamR is [Adam] with the decay λ towards θ_P, by the distance or, with l1, its sign
// (optim.AdamR). The head does not decay.
func AdamR(steps int, rate, lambda float64, l1 bool, seed uint64) train.Config {
	c := Adam(steps, rate, seed)
	c.Optimizer.Method, c.Optimizer.Decay, c.Optimizer.L1 = "adamr", lambda, l1
	c.Optimizer.NoDecay = []string{"classifier.*"}
	return c
}

// Layout lists the parameters of the encoder with a head for a task.
func (e *Encoder) Layout(t *Task) model.Layout {
	return append(e.Net.Params(), e.Net.HeadParams(t.Outputs())...)
}

// Start returns θ_P and a head that is drawn from the seed.
func (e *Encoder) Start(t *Task, seed uint64) model.Params {
	head := model.Draw(e.Net.HeadParams(t.Outputs()), seed, "encoder/head "+t.Name)
	return model.Params{Layout: append(e.Net.Params(), head.Layout...), Values: append(append([][]float64(nil), e.Params.Values...), head.Values...)}
}

// Tuning is a fine-tuning to be made: of all parameters or, with LoRA, of factors of low rank,
// and of a new head. With LoRA the parameters of the result are merged; its run's last ones have
// the factors, as "x.lora_A.weight" and "x.lora_B.weight".
type Tuning struct {
	Task   *Task
	Config train.Config
	LoRA   *LoRA // nil for all parameters
	Kept   train.Checkpoint
}

// Tune fine-tunes all parameters and a new head on the examples for training. The loss is the
// cross-entropy, or the mean square of a regression.
func (e *Encoder) Tune(ctx context.Context, b *xla.Backend, t *Task, c train.Config, kept train.Checkpoint) (*Tuned, error) {
	return e.tune(ctx, b, Tuning{Task: t, Config: c, Kept: kept})
}

func (e *Encoder) tune(ctx context.Context, b *xla.Backend, u Tuning) (*Tuned, error) {
	job, err := e.job(u)
	if err != nil {
		return nil, err
	}
	run, err := job.Fit(ctx, b)
	if err != nil {
		return nil, err
	}
	return e.tuned(u, run)
}

// TuneAll makes fine-tunings at once, on as many backends of spec (see xla.Open) as there are
// cores. On a GPU those of one task, method and number of steps share a leading axis.
func (e *Encoder) TuneAll(ctx context.Context, spec string, all []Tuning) ([]*Tuned, error) {
	jobs := make([]train.Job, len(all))
	for i, u := range all {
		var err error
		if jobs[i], err = e.job(u); err != nil {
			return nil, fmt.Errorf("fine-tuning %d: %w", i, err)
		}
	}
	runs, err := train.FitAll(ctx, spec, jobs)
	if err != nil {
		return nil, err
	}
	tuned := make([]*Tuned, len(all))
	for i, u := range all {
		if tuned[i], err = e.tuned(u, runs[i]); err != nil {
			return nil, err
		}
	}
	return tuned, nil
}

// job is the training run of a fine-tuning.
func (e *Encoder) job(u Tuning) (train.Job, error) {
	t, c := u.Task, u.Config
	from, kind := e.Start(t, c.Seed), ""
	var moved []string
	if u.LoRA != nil {
		var err error
		if moved, err = u.LoRA.weights(e.Net); err != nil {
			return train.Job{}, err
		}
		kind = fmt.Sprintf(", LoRA %+v", *u.LoRA)
		factors := model.Draw(u.LoRA.layout(e.Net, moved), c.Seed, "encoder/factors "+t.Name)
		from = model.Params{Layout: append(from.Layout, factors.Layout...), Values: append(from.Values, factors.Values...)}
		c.Optimizer.Frozen = append(slices.Clone(c.Optimizer.Frozen), e.Net.Params().Names()...)
	}
	T, err := e.Longest(t.Texts(Train))
	if err != nil {
		return train.Job{}, err
	}
	fit, err := e.examples(t, Train, T)
	if err != nil {
		return train.Job{}, err
	}
	classes := e.classes(T)
	if t.Classes > 0 {
		classes[textColumns] = t.Classes
	}
	// losses are those of the examples, [n] or, of R runs one after the other, [R·n].
	losses := func(p map[string]*Node, batch []*Node) *Node {
		if u.LoRA != nil {
			u.LoRA.apply(p, moved)
		}
		out := e.outputs(p, batch)
		if t.Classes > 0 {
			return loss.CrossEntropies(out, batch[textColumns])
		}
		return Square(Sub(Reshape(out, -1), batch[textColumns]))
	}
	return train.Job{
		Task: train.Task{
			Name: fmt.Sprintf("%s of %s%s", t.Name, e.Name, kind), Layout: from.Layout, Classes: classes,
			Loss: func(params, batch []*Node) *Node {
				return ReduceAllMean(losses(model.Named("encoder", from.Layout, params), batch))
			},
			Together: func(params, batch []*Node) *Node {
				runs, flat := params[0].Shape().Dim(0), make([]*Node, len(batch))
				for i, x := range batch { // [R, n, ...]
					d := x.Shape().Dimensions
					flat[i] = Reshape(x, append([]int{d[0] * d[1]}, d[2:]...)...)
				}
				return ReduceMean(Reshape(losses(model.NamedTogether("encoder", from.Layout, params), flat), runs, -1), 1)
			},
		},
		Sets: map[string]train.Set{train.Train: fit}, From: from, Config: c, Checkpoint: u.Kept,
	}, nil
}

// tuned is what came out of a fine-tuning.
func (e *Encoder) tuned(u Tuning, run *train.Run) (*Tuned, error) {
	out := &Tuned{Encoder: e, Task: u.Task, Start: e.Start(u.Task, u.Config.Seed), Params: run.Last, Run: run}
	var err error
	if u.LoRA != nil {
		out.Params, err = u.LoRA.Merge(run.Last, out.Start.Layout)
	}
	return out, err
}

// examples are the columns of texts, and one of classes or targets.
func (e *Encoder) examples(t *Task, part string, T int) (train.Set, error) {
	set, err := e.Set(t.Texts(part), T)
	if err != nil {
		return nil, fmt.Errorf("%w (the %s of the task %s)", err, part, t.Name)
	}
	classes, targets := []int32{}, []float32{}
	for _, x := range t.Parts[part] {
		classes, targets = append(classes, int32(x.Class)), append(targets, float32(x.Target))
	}
	if t.Classes > 0 {
		return append(set, tensors.FromFlatDataAndDimensions(classes, len(classes))), nil
	}
	return append(set, tensors.FromFlatDataAndDimensions(targets, len(targets))), nil
}

// Delta returns Δ = θ_F − θ_P of all parameters but the head's.
func (t *Tuned) Delta() model.Params {
	p, err := part(t.Params, t.Net.Params())
	if err != nil {
		panic(err) // Params begin with them
	}
	return p.Sub(t.Encoder.Params)
}

// With returns θ_P + Δ with the head that was trained, whose values it shares.
func (t *Tuned) With(delta model.Params) (model.Params, error) {
	if err := t.Net.Params().CheckSame(delta.Layout); err != nil {
		return model.Params{}, fmt.Errorf("encoder: a delta of another layout: %w", err)
	}
	moved := t.Encoder.Params.Add(1, delta).Values
	return model.Params{Layout: t.Params.Layout, Values: append(moved, t.Params.Values[len(moved):]...)}, nil
}
