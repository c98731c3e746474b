package federated

import (
	"context"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/xla"
)

// Seen is what a network says of pictures.
type Seen struct {
	Class  []int
	Group  []int       // that was picked; nil without groups
	Logits [][]float64 // [n][k]
}

// Options change how pictures are looked at.
type Options struct {
	NoGroups bool      // group prompts are off
	Factor   []float64 // of counts, [G], as in training; nil as at test time
}

// Predict looks at pictures with parameters of a method: each picture picks its own group,
// whoever sends it. Queries are computed if they are not given.
func (t *Task) Predict(ctx context.Context, pool *xla.Pool, p model.Params, e Examples, o Options) (seen *Seen, err error) {
	d := &prepared{Client: Client{Test: e}}
	err = pool.Run(ctx, []xla.Job{{Run: func(ctx context.Context, w *xla.Worker) error {
		ask := func(blocks int) ([]float32, error) { return t.setup.Backbone.Features(ctx, w.Backend, e.X, blocks) }
		if t.method.Groups > 0 {
			q, err := ask(t.method.Query)
			if err != nil {
				return err
			}
			d.asked = Normalise(q, t.net.Dim)
		}
		if !t.prompted() {
			var err error
			if d.testing, err = ask(t.net.Layers); err != nil {
				return err
			}
		}
		seen, err = t.predict(ctx, w, p, d, o)
		return err
	}}})
	return seen, err
}

// look is the program that predict measures. Its state is nothing (a zero); its args are the
// backbone's parameters, the method's, pictures (or features) and, with groups, queries and a
// factor.
func (t *task) look(o Options) xla.Step {
	return func(_ *Node, _, args []*Node) []*Node {
		backbone := t.net.Params()
		frozen := model.Named("backbone", backbone, cut(&args, len(backbone)))
		trained := map[string]*Node{}
		for i, node := range cut(&args, len(t.layout)) {
			trained[t.layout[i].Name] = ExpandDims(node, 0)
		}
		in := inputs{}
		if x := ExpandDims(cut(&args, 1)[0], 0); t.prompted() {
			in.images = x
		} else {
			in.feature = x
		}
		var out []*Node
		if t.method.Groups > 0 {
			picked := t.pick(cosines(ExpandDims(args[0], 0), trained[keysName]), ExpandDims(args[1], 0), false)
			out = append(out, ArgMax(picked, -1, dtypes.Int32))
			if !o.NoGroups {
				in.picked = picked
			}
		}
		logits, _ := t.logits(frozen, trained, in)
		return append(out, logits)
	}
}

// predict looks at a client's pictures for testing, chunk by chunk.
func (t *task) predict(ctx context.Context, w *xla.Worker, p model.Params, d *prepared, o Options) (*Seen, error) {
	if err := t.layout.CheckSame(p.Layout); err != nil {
		return nil, fmt.Errorf("federated: parameters of another method: %w", err)
	}
	pr := program{network: t.network, layout: t.layout}
	name := fmt.Sprintf("look groups=%t %s", !o.NoGroups, pr.name())
	loop, err := w.Loop(name, still, t.look(o))
	if err != nil {
		return nil, err
	}
	args, err := t.setup.Backbone.Params.Tensors(dtypes.Float32)
	if err != nil {
		return nil, err
	}
	own, err := p.Tensors(dtypes.Float32)
	if err != nil {
		return nil, err
	}
	args = append(args, own...)
	width, x := pixels, d.Test.X
	if !t.prompted() {
		width, x = t.net.Dim, d.testing
	}
	factor := make([]float32, t.method.Groups)
	for g := range factor {
		factor[g] = 1
		if o.Factor != nil {
			factor[g] = float32(o.Factor[g])
		}
	}
	at := len(args)
	seen := &Seen{}
	for from := 0; from < d.Test.Len(); from += chunk {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		batch, n := padded(x, from, width)
		in := []*tensors.Tensor{tensors.FromFlatDataAndDimensions(batch, chunk, width)}
		if t.method.Groups > 0 {
			q, _ := padded(d.asked, from, t.net.Dim)
			in = append(in, tensors.FromFlatDataAndDimensions(q, chunk, t.net.Dim), tensors.FromFlatDataAndDimensions(factor, t.method.Groups))
		}
		if from == 0 {
			if err := loop.Start([]*tensors.Tensor{tensors.FromScalar(float32(0))}, append(args[:at:at], in...)); err != nil {
				return nil, err
			}
		} else {
			for j, x := range in {
				if err := loop.SetArg(at+j, x); err != nil {
					return nil, err
				}
			}
		}
		row, err := loop.Measure()
		if err != nil {
			return nil, err
		}
		if t.method.Groups > 0 {
			for _, g := range row[:n] {
				seen.Group = append(seen.Group, int(g))
			}
			row = row[chunk:]
		}
		for i := range n {
			logits := row[i*t.class : (i+1)*t.class]
			best := 0
			for k, v := range logits {
				if v > logits[best] {
					best = k
				}
			}
			seen.Class, seen.Logits = append(seen.Class, best), append(seen.Logits, logits)
		}
	}
	return seen, nil
}
