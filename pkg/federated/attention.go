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

// Attention is where tokens look at in the last block, the mean of its heads.
type Attention struct {
	Tokens  []string      // the class token and the inserted ones, in their order
	Patches [][][]float64 // [pictures][tokens][patches], row by row of the picture
}

// Attention returns the attention of the class token and of all prompts to the patches of some
// pictures, each with the group that it picks.
func (t *Task) Attention(ctx context.Context, pool *xla.Pool, p model.Params, e Examples) (*Attention, error) {
	if !t.prompted() {
		return nil, fmt.Errorf("federated: %s inserts no token", t.method.Name)
	}
	seen, err := t.Predict(ctx, pool, p, e, Options{})
	if err != nil {
		return nil, err
	}
	out := &Attention{Tokens: t.inserted()}
	err = pool.Run(ctx, []xla.Job{{Run: func(ctx context.Context, w *xla.Worker) error {
		for i := range e.Len() {
			group := 0
			if t.method.Groups > 0 {
				group = seen.Group[i]
			}
			all, err := t.attend(w, p, e.X[i*pixels:(i+1)*pixels], group)
			if err != nil {
				return err
			}
			out.Patches = append(out.Patches, all)
		}
		return nil
	}}})
	return out, err
}

// inserted names the class token and those inserted behind it, as they stand in the last block:
// the newest first, and of one block those of the group first.
func (t *task) inserted() []string {
	var names []string
	for block := range t.net.Layers {
		var here []string
		for _, all := range []struct {
			what string
			in   []Insert
		}{{"group", t.method.Group}, {"shared", t.method.Shared}} {
			for _, in := range all.in {
				for k := range in.Tokens {
					if in.Block == block {
						here = append(here, fmt.Sprintf("%s %d.%d", all.what, block, k+1))
					}
				}
			}
		}
		names = append(here, names...)
	}
	return append([]string{"class"}, names...)
}

// attend is the attention of one picture with a group.
func (t *task) attend(w *xla.Worker, p model.Params, x []float32, group int) ([][]float64, error) {
	frozen, own := t.setup.Backbone.Params.Layout, t.layout
	loop, err := w.Loop(fmt.Sprintf("attention %s", (&program{network: t.network, layout: own}).name()), still,
		func(_ *Node, _, args []*Node) []*Node {
			backbone := model.Named("backbone", frozen, cut(&args, len(frozen)))
			trained := map[string]*Node{}
			for i, node := range cut(&args, len(own)) {
				trained[own[i].Name] = ExpandDims(node, 0)
			}
			in := inputs{images: ExpandDims(args[0], 0)}
			if t.method.Groups > 0 {
				in.picked = Reshape(OneHot(args[1], t.method.Groups, args[0].DType()), 1, 1, t.method.Groups)
			}
			_, attention := t.logits(backbone, trained, in)
			last := ReduceMean(attention[len(attention)-1], 1) // [1, T, T]
			n := last.Shape().Dim(1) - t.net.Patches()
			return []*Node{Slice(last, AxisRange(), AxisRange(0, n), AxisRange(n))}
		})
	if err != nil {
		return nil, err
	}
	args, err := t.setup.Backbone.Params.Tensors(dtypes.Float32)
	if err != nil {
		return nil, err
	}
	trained, err := p.Tensors(dtypes.Float32)
	if err != nil {
		return nil, err
	}
	args = append(append(args, trained...), tensors.FromFlatDataAndDimensions(x, 1, pixels), tensors.FromScalar(int32(group)))
	if err := loop.Start([]*tensors.Tensor{tensors.FromScalar(float32(0))}, args); err != nil {
		return nil, err
	}
	row, err := loop.Measure()
	if err != nil {
		return nil, err
	}
	var out [][]float64
	for n := t.net.Patches(); len(row) > 0; row = row[n:] {
		out = append(out, row[:n:n])
	}
	return out, nil
}
