package attention

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

// The patches of a digit: 16 of 7 by 7 pixels.
const (
	patch  = 7
	digits = 10

	// meanPixel and stdPixel are those of the training images, as fractions of white.
	meanPixel = 0.1307
	stdPixel  = 0.3081
)

// DigitsConfig sizes the experiment on MNIST.
type DigitsConfig struct {
	Train, Test int // images, taken in the order of the files
	D           int // dimension of a token
}

// Digits returns MNIST as sequences of 16 patches: pixels are standardized, each patch is mapped to R^D by one fixed
// random matrix with entries N(0, 1/49), and a random vector N(0, s² I), s = 0.5, marks
// its position. W and U start at zero.
func Digits(ctx context.Context, c DigitsConfig, rng *rand.Rand) (*Classes, error) {
	training, test, err := data.MNIST(ctx)
	if err != nil {
		return nil, err
	}
	if c.Train < 1 || c.Train > training.N || c.Test < 1 || c.Test > test.N || c.D < 1 {
		return nil, malformed("%d training and %d test images in R^%d: want 1 to %d, 1 to %d and D ≥ 1", c.Train, c.Test, c.D, training.N, test.N)
	}
	tokens := (training.Rows / patch) * (training.Cols / patch)
	embed := xla.Float32s(gaussian(patch*patch*c.D, 1.0/patch, rng))
	position := xla.Float32s(gaussian(tokens*c.D, 0.5, rng))
	layout := model.Layout{
		{Name: "W", Shape: []int{c.D, c.D}, Init: model.Constant(0)},
		{Name: "U", Shape: []int{tokens * c.D, digits}, Init: model.Constant(0)},
	}
	return &Classes{
		Name: fmt.Sprintf("digits %d", c.D), logits: patchLogits, together: patchesTogether, weight: "W", Params: layout.Zeros(), values: map[int]int{1: digits},
		Train: patches(training, c.Train, embed, position), Test: patches(test, c.Test, embed, position),
	}, nil
}

// patches embeds the first n images.
func patches(m *data.Images, n int, embed, position []float32) train.Set {
	across := m.Cols / patch
	tokens := across * (m.Rows / patch)
	d := len(position) / tokens
	all, classes := make([]float32, n*tokens*d), make([]int32, n)
	for i := range n {
		classes[i] = int32(m.Labels[i])
		image := m.Image(i)
		for t := range tokens {
			token := all[(i*tokens+t)*d : (i*tokens+t+1)*d]
			copy(token, position[t*d:(t+1)*d])
			for r := range patch {
				for c := range patch {
					pixel := (float32(image[(t/across*patch+r)*m.Cols+t%across*patch+c])/math.MaxUint8 - meanPixel) / stdPixel
					for j, e := range embed[(r*patch+c)*d : (r*patch+c+1)*d] {
						token[j] += pixel * e
					}
				}
			}
		}
	}
	return train.Set{tensors.FromFlatDataAndDimensions(all, n, tokens, d), tensors.FromFlatDataAndDimensions(classes, n)}
}
