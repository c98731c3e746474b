package attention

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/train"
)

// VisionConfig sizes the experiment on MNIST with a small vision transformer. Patches have
// the 7 by 7 pixels of Digits.
type VisionConfig struct {
	Train, Test int // images, taken in the order of the files
	Layers      int
	D           int // dimension of a token
	Heads       int // divides D
	Hidden      int
}

// network returns the transformer.
func (c VisionConfig) network(height, width int) model.ViT {
	return model.ViT{
		Height: height, Width: width, Patch: patch,
		Layers: c.Layers, Dim: c.D, Heads: c.Heads, Hidden: c.Hidden, Classes: digits,
	}
}

// Vision returns MNIST, pixels standardized, for a small vision transformer, model.ViT, all
// of whose parameters are trained. The W of a Curve is that of the queries of the last
// block; its Peak is the mean over all blocks, heads and tokens.
func Vision(ctx context.Context, c VisionConfig, rng *rand.Rand) (*Classes, error) {
	training, test, err := data.MNIST(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case c.Train < 1 || c.Train > training.N || c.Test < 1 || c.Test > test.N:
		return nil, malformed("%d training and %d test images: want 1 to %d and 1 to %d", c.Train, c.Test, training.N, test.N)
	case c.Layers < 1 || c.D < 1 || c.Hidden < 1 || c.Heads < 1 || c.D%c.Heads != 0:
		return nil, malformed("a transformer of %d layers, %d heads in %d dimensions and %d hidden units: want positive numbers and heads that divide the dimension",
			c.Layers, c.Heads, c.D, c.Hidden)
	}
	net := c.network(training.Rows, training.Cols)
	layout := net.Params()
	p := &Classes{
		Name:   fmt.Sprintf("vision %d %d %d %d", c.Layers, c.D, c.Heads, c.Hidden),
		Params: model.FromFlat(layout, layout.Flat(rng)),
		Train:  pixels(training, c.Train), Test: pixels(test, c.Test),
		logits: inParts(net.Apply, 0), together: inParts(net.Together, 1), values: map[int]int{1: digits},
		weight: fmt.Sprintf("blocks.%d.q.w", c.Layers-1),
	}
	return p, nil
}

// pixels returns the first n images, standardized, a row each.
func pixels(m *data.Images, n int) train.Set {
	size := m.Rows * m.Cols
	all, classes := make([]float32, 0, n*size), make([]int32, n)
	for i := range n {
		classes[i] = int32(m.Labels[i])
		for _, v := range m.Image(i) {
			all = append(all, (float32(v)/math.MaxUint8-meanPixel)/stdPixel)
		}
	}
	return train.Set{tensors.FromFlatDataAndDimensions(all, n, size), tensors.FromFlatDataAndDimensions(classes, n)}
}

// partSize is how many examples a network sees at once where it is measured: the
// activations of all 60,000 would not fit.
const partSize = 2000

// inParts applies a network to parts of a large batch, whose examples are counted by an axis of
// the inputs and the logits; that of the attention it is, too, or a multiple.
func inParts(apply func(params []*Node, x *Node) (logits, attention *Node), axis int) func(params []*Node, x *Node) (logits, attention *Node) {
	return func(params []*Node, x *Node) (logits, attention *Node) {
		n := x.Shape().Dim(axis)
		if n <= partSize {
			return apply(params, x)
		}
		var outputs, weights []*Node
		for at := 0; at < n; at += partSize {
			part := []SliceAxisSpec{AxisRange(at, min(at+partSize, n))}
			if axis == 1 {
				part = append([]SliceAxisSpec{AxisRange()}, part...)
			}
			l, a := apply(params, Slice(x, part...))
			outputs, weights = append(outputs, l), append(weights, ReduceAndKeep(a, ReduceMax, -1))
		}
		return Concatenate(outputs, axis), Concatenate(weights, axis)
	}
}
