package study

import (
	"context"
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/delta"
	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/loss"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

// The factors of the adapter of a weight.
const factorA, factorB = ".lora_A", ".lora_B"

// lora fine-tunes adapters W + (α/r) B A of all linear maps, and a head; the rest is frozen.
// What it returns has the product in its parameters.
func (p Plan) lora(ctx context.Context, b *xla.Backend, e *encoder.Encoder, task *encoder.Task) (*encoder.Tuned, error) {
	layout, start := e.Layout(task), e.Start(task, p.Tuning.Seed)
	linears := e.Net.Linears()
	var factors model.Layout
	for _, name := range linears {
		shape := layout[layout.Index(name)].Shape // [out, in]
		factors = append(factors,
			model.Param{Name: name + factorA, Shape: []int{p.Rank, shape[1]}, Init: model.Normal(1 / math.Sqrt(float64(shape[1])))},
			model.Param{Name: name + factorB, Shape: []int{shape[0], p.Rank}, Init: model.Constant(0)})
	}
	drawn := model.Draw(factors, p.Tuning.Seed, "lora/start")
	all := append(slices.Clone(layout), factors...)
	texts := task.Texts(encoder.Train)
	T, err := e.Longest(texts)
	if err != nil {
		return nil, err
	}
	set, err := e.Set(texts, T)
	if err != nil {
		return nil, err
	}
	classes := make([]int32, len(texts))
	for i, x := range task.Parts[encoder.Train] {
		classes[i] = int32(x.Class)
	}
	c := p.Tuning
	c.Optimizer.Frozen = e.Net.Params().Names()
	run, err := train.Job{
		Task: train.Task{
			Name: fmt.Sprintf("%s of %s by LoRA %d", task.Name, e.Name, p.Rank), Layout: all,
			Classes: map[int]int{0: e.Net.Words, 1: e.Net.Segments, 2: T + 1, 3: task.Classes},
			Loss: func(params, batch []*Node) *Node {
				at := model.Named("LoRA", all, params)
				for _, name := range linears {
					at[name] = Add(at[name], MulScalar(MatMul(at[name+factorB], at[name+factorA]), p.Alpha/float64(p.Rank)))
				}
				hidden := e.Net.Encode(at, model.Texts{Tokens: batch[0], Segments: batch[1], Lengths: batch[2]})
				return loss.CrossEntropy(e.Net.Head(at, model.First(hidden)), batch[3])
			},
		},
		Sets: map[string]train.Set{train.Train: append(set, tensors.FromFlatDataAndDimensions(classes, len(classes)))},
		From: model.Params{Layout: all, Values: append(slices.Clone(start.Values), drawn.Values...)}, Config: c,
	}.Fit(ctx, b)
	if err != nil {
		return nil, err
	}
	tuned := model.Params{Layout: layout, Values: make([][]float64, len(layout))}
	for i, t := range layout {
		tuned.Values[i] = run.Last.Get(t.Name)
		if !slices.Contains(linears, t.Name) {
			continue
		}
		product, err := delta.LoRA(run.Last.Get(t.Name+factorB), run.Last.Get(t.Name+factorA), t.Shape[0], t.Shape[1], p.Alpha)
		if err != nil {
			return nil, err
		}
		w := slices.Clone(tuned.Values[i])
		for j, v := range product {
			w[j] += v
		}
		tuned.Values[i] = w
	}
	return &encoder.Tuned{Encoder: e, Task: task, Start: start, Params: tuned, Run: run}, nil
}
