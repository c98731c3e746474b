package embedding

import (
	"context"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/train"
)

// Debiasing says how an embedder is fine-tuned; zero fields have the values behind them. There
// is no dropout: with it a text has other vectors under f and under f₀.
type Debiasing struct {
	Loss     Loss    // a ρ of zero is Scale times the mean distance of the training triples under f₀
	Scale    float64 `json:",omitempty"` // 1
	Steps    int
	Batch    int     // 32
	Rate     float64 // 3e-4
	Warmup   int     // 20 steps
	Constant bool    `json:",omitempty"` // the rate does not fall to zero
	Looks    int     // at the validation loss, besides the last: 5
	Seed     uint64  // of the order of the triples
}

func (c Debiasing) filled() Debiasing {
	for n, otherwise := range map[*int]int{&c.Batch: 32, &c.Warmup: 20, &c.Looks: 5} {
		if *n == 0 {
			*n = otherwise
		}
	}
	for x, otherwise := range map[*float64]float64{&c.Scale: 1, &c.Rate: 3e-4} {
		if *x == 0 {
			*x = otherwise
		}
	}
	return c
}

// Debiased is an embedder that was fine-tuned.
type Debiased struct {
	Params model.Params // of the least validation loss; f₀ is one of the candidates
	Step   int          // after which that was: 0 for f₀ itself
	Loss   Loss         // with the ρ that was used
	Looks  []int        // steps
	Seen   []Terms      // of the whole validation set, after each of Looks
}

// At returns the losses on the validation set of what Debiased.Params are.
func (d *Debiased) At() Terms {
	for i, k := range d.Looks {
		if k == d.Step {
			return d.Seen[i]
		}
	}
	return Terms{}
}

// DebiasAll fine-tunes all parameters on examples with Adam at a rate that rises for Warmup steps
// and falls to zero, for each of all: at once, on as many backends of spec (see xla.Open) as there
// are cores, or on a GPU those of one loss on a leading axis (see train.FitAll).
func (e *Embedder) DebiasAll(ctx context.Context, spec string, x *Examples, all []Debiasing) (out []*Debiased, err error) {
	fits, jobs := make([]fit, len(all)), make([]train.Job, len(all))
	for i, c := range all {
		if fits[i], err = e.fit(c.filled(), x); err != nil {
			return nil, err
		}
		jobs[i] = fits[i].job
	}
	runs, err := train.FitAll(ctx, spec, jobs)
	if err != nil {
		return nil, err
	}
	for i, f := range fits {
		out = append(out, f.result(runs[i]))
	}
	return out, nil
}

// fit is a run to be made.
type fit struct {
	loss Loss
	job  train.Job
}

func (f fit) result(run *train.Run) *Debiased {
	d := &Debiased{Params: run.Best, Step: run.BestStep, Loss: f.loss, Looks: run.Steps}
	for i := range run.Steps {
		d.Seen = append(d.Seen, Terms{Total: run.Column("loss")[i], Bias: run.Column("bias")[i], Rep: run.Column("rep")[i]})
	}
	return d
}

// fit is the run of one fine-tuning.
func (e *Embedder) fit(c Debiasing, x *Examples) (f fit, err error) {
	f.loss = c.Loss
	if f.loss.Rho == 0 {
		f.loss.Rho = c.Scale * x.Mean
	}
	if err := f.loss.Check(); err != nil {
		return f, err
	}
	layout := e.Net.Params()
	terms, together := e.Terms(f.loss), e.termsTogether(f.loss)
	schedule := optim.ScheduleSpec{Kind: "linear", Warmup: c.Warmup}
	if c.Constant {
		schedule = optim.ScheduleSpec{}
	}
	f.job = train.Job{
		Task: train.Task{
			Name:     fmt.Sprintf("debias %s by %+v", e.name(), f.loss),
			Layout:   layout,
			Loss:     func(params, batch []*Node) *Node { return terms(params, batch)[0] },
			Together: func(params, batch []*Node) *Node { return together(params, batch)[0] },
			Looks:    []train.Look{{Names: []string{"loss", "bias", "rep"}, Set: encoder.Validation, At: terms, Together: together}},
			Classes:  map[int]int{tokensColumn: e.Net.Words, lengthsColumn: x.tokens + 1},
		},
		Sets: x.sets,
		From: e.Params,
		Config: train.Config{
			Optimizer: optim.Spec{Method: "adam", Rate: c.Rate, Schedule: schedule},
			Batch:     c.Batch, Steps: c.Steps, At: looks(c.Steps, c.Looks), Best: "loss", Seed: c.Seed, Stream: "embedding/debias",
		},
	}
	return f, nil
}

// Terms returns L, L_bias and L_rep as a graph of the encoder's parameters, in the order of its
// layout, and the columns of a batch of triples.
func (e *Embedder) Terms(l Loss) func(params, batch []*Node) []*Node {
	layout := e.Net.Params()
	return func(params, batch []*Node) []*Node {
		groups, neutral := e.embed(model.Named("embedding", layout, params), batch)
		total, bias, rep := l.graph(groups, neutral, batch[frozenColumn])
		return []*Node{total, bias, rep}
	}
}

// termsTogether returns [Embedder.Terms] of R embedders, [R] each: params are [R, ...] and columns
// [R, n, ...]. One pass of the encoders reads the texts of all.
func (e *Embedder) termsTogether(l Loss) func(params, batch []*Node) []*Node {
	layout := e.Net.Params()
	return func(params, batch []*Node) []*Node {
		runs, n := batch[frozenColumn].Shape().Dim(0), batch[frozenColumn].Shape().Dim(1)
		rows := make([]*Node, len(batch)) // [R·n, ...]
		for i, x := range batch {
			rows[i] = Reshape(x, append([]int{runs * n}, x.Shape().Dimensions[2:]...)...)
		}
		groups, neutral := e.embed(model.NamedTogether("embedding", layout, params), rows)
		var terms [3][]*Node
		for r := range runs {
			own := func(x *Node) *Node { return Slice(x, AxisRange(r*n, (r+1)*n)) }
			mine := make([]*Node, len(groups))
			for i, x := range groups {
				mine[i] = own(x)
			}
			total, bias, rep := l.graph(mine, own(neutral), own(rows[frozenColumn]))
			terms[0], terms[1], terms[2] = append(terms[0], total), append(terms[1], bias), append(terms[2], rep)
		}
		return []*Node{Stack(terms[0], 0), Stack(terms[1], 0), Stack(terms[2], 0)}
	}
}

// looks are n steps beside the last, evenly spread from the start on.
func looks(steps, n int) (at []int) {
	for i := range n {
		if k := steps * i / n; k < steps && (len(at) == 0 || at[len(at)-1] < k) {
			at = append(at, k)
		}
	}
	return append(at, steps)
}
