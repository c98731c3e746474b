package embedding

import (
	"context"
	"errors"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
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
	Last   model.Params
	Loss   Loss    // with the ρ that was used
	Looks  []int   // steps
	Seen   []Terms // of the whole validation set, after each of Looks
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

// Debias fine-tunes all parameters on the triples of sets (see [encoder.Train],
// [encoder.Validation]) with Adam at a rate that rises for Warmup steps and falls to zero.
func (e *Embedder) Debias(ctx context.Context, b *xla.Backend, sets map[string][]Triple, c Debiasing, kept train.Checkpoint) (*Debiased, error) {
	fits, err := e.fits(b, sets, []Debiasing{c})
	if err != nil {
		return nil, err
	}
	fits[0].job.Checkpoint = kept
	run, err := fits[0].job.Fit(ctx, b)
	if err != nil {
		return nil, err
	}
	return fits[0].result(run), nil
}

// DebiasAll makes fine-tunings at once, on as many backends of spec (see xla.Open) as there are
// cores.
func (e *Embedder) DebiasAll(ctx context.Context, spec string, sets map[string][]Triple, all []Debiasing) (out []*Debiased, err error) {
	b, err := xla.Open(spec)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	fits, err := e.fits(b, sets, all)
	if err != nil {
		return nil, err
	}
	jobs := make([]train.Job, len(fits))
	for i, f := range fits {
		jobs[i] = f.job
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
	d := &Debiased{Params: run.Best, Step: run.BestStep, Last: run.Last, Loss: f.loss, Looks: run.Steps}
	for i := range run.Steps {
		d.Seen = append(d.Seen, Terms{Total: run.Column("loss")[i], Bias: run.Column("bias")[i], Rep: run.Column("rep")[i]})
	}
	return d
}

// fits are the runs of fine-tunings, which share the data and f₀.
func (e *Embedder) fits(b *xla.Backend, sets map[string][]Triple, all []Debiasing) (fits []fit, err error) {
	data, T, mean := map[string]train.Set{}, 0, 0.0
	for _, part := range []string{encoder.Train, encoder.Validation} {
		if len(sets[part]) == 0 {
			return nil, fmt.Errorf("embedding: no triples for %q: want some for %q and %q", part, encoder.Train, encoder.Validation)
		}
		longest, err := e.longest(sets[part])
		if err != nil {
			return nil, fmt.Errorf("embedding: triples for %q: %w", part, err)
		}
		T = max(T, longest)
	}
	for _, part := range []string{encoder.Train, encoder.Validation} {
		set, before, err := e.Columns(b, sets[part], T)
		if err != nil {
			return nil, err
		}
		data[part] = set
		if part == encoder.Train {
			mean = MeanDistance(before)
		}
	}
	for _, c := range all {
		f, err := e.fit(c.filled(), data, mean)
		if err != nil {
			return nil, err
		}
		fits = append(fits, f)
	}
	return fits, nil
}

// fit is the run of one fine-tuning.
func (e *Embedder) fit(c Debiasing, data map[string]train.Set, mean float64) (f fit, err error) {
	f.loss = c.Loss
	if f.loss.Rho == 0 {
		f.loss.Rho = c.Scale * mean
	}
	if err := f.loss.Check(); err != nil {
		return f, err
	}
	layout := e.Net.Params()
	terms := e.Terms(f.loss)
	tokens := data[train.Train][tokensColumn].Shape()
	schedule := optim.ScheduleSpec{Kind: "linear", Warmup: c.Warmup}
	if c.Constant {
		schedule = optim.ScheduleSpec{}
	}
	f.job = train.Job{
		Task: train.Task{
			Name:    fmt.Sprintf("debias %s by %+v", e.name(), f.loss),
			Layout:  layout,
			Loss:    func(params, batch []*Node) *Node { return terms(params, batch)[0] },
			Looks:   []train.Look{{Names: []string{"loss", "bias", "rep"}, Set: encoder.Validation, At: terms}},
			Classes: map[int]int{tokensColumn: e.Net.Words, lengthsColumn: tokens.Dim(2) + 1},
		},
		Sets: data,
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

// looks are n steps beside the last, evenly spread from the start on.
func looks(steps, n int) (at []int) {
	for i := range n {
		if k := steps * i / n; k < steps && (len(at) == 0 || at[len(at)-1] < k) {
			at = append(at, k)
		}
	}
	return append(at, steps)
}

// longest are the tokens of the longest text of triples.
func (e *Embedder) longest(triples []Triple) (T int, err error) {
	if _, err := groupsOf(triples); err != nil {
		return 0, err
	}
	for _, t := range triples {
		for _, text := range t.Texts() {
			n, err := e.Longest([]encoder.Text{{A: text}})
			if err != nil {
				return 0, err
			}
			T = max(T, n)
		}
	}
	return T, nil
}

// Columns returns triples as the columns of a set whose texts are filled up to T tokens, as
// [Embedder.Terms] takes them: tokens [n, K+1, T], lengths [n, K+1] and f₀(x^n) [n, d]; and
// their vectors under f₀.
func (e *Embedder) Columns(b *xla.Backend, triples []Triple, T int) (train.Set, Embedded, error) {
	reader, err := e.TripleReader(b, triples)
	if err != nil {
		return nil, Embedded{}, err
	}
	defer reader.Close()
	before, err := reader.Read(e.Params)
	if err != nil {
		return nil, Embedded{}, err
	}
	n, m := len(triples), len(before.Groups)+1
	var texts []encoder.Text
	for _, t := range triples {
		for _, words := range t.Texts() {
			texts = append(texts, encoder.Text{A: words})
		}
	}
	flat, err := e.Set(texts, T)
	if err != nil {
		return nil, Embedded{}, err
	}
	tokens, err := tensors.CopyFlatData[int32](flat[0])
	if err != nil {
		return nil, Embedded{}, err
	}
	lengths, err := tensors.CopyFlatData[int32](flat[2])
	if err != nil {
		return nil, Embedded{}, err
	}
	var frozen []float32
	for _, v := range before.Neutral {
		for _, x := range v {
			frozen = append(frozen, float32(x))
		}
	}
	return train.Set{
		tensors.FromFlatDataAndDimensions(tokens, n, m, T),
		tensors.FromFlatDataAndDimensions(lengths, n, m),
		tensors.FromFlatDataAndDimensions(frozen, n, e.Net.Dim),
	}, before, nil
}

// MeanDistance is the mean of all d_i of embedded triples, by which ρ is chosen: the slope of
// the kernel is largest at d = ρ.
func MeanDistance(t Embedded) float64 {
	sum, n := 0.0, 0
	for _, d := range t.Distances() {
		for _, x := range d {
			sum += x
			n++
		}
	}
	return sum / float64(n)
}

// Distances returns the d_i of each content, [n][K].
func (t Embedded) Distances() [][]float64 {
	all := make([][]float64, len(t.Neutral))
	for c, n := range t.Neutral {
		for _, g := range t.Groups {
			all[c] = append(all[c], math.Sqrt(SquaredDistance(g[c], n)))
		}
	}
	return all
}
