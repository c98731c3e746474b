package federated

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/loss"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

// variants is how many ways a picture is shown in pre-training: four quarter turns, with and
// without a reflection, as it is and in negative. The five digits 0 to 4 so are 80 labels, and
// features that tell them apart know more of a picture than which digit it is.
const variants = 4 * 2 * 2

// Pretraining says how the backbone is pre-trained.
type Pretraining struct {
	Net    model.ViT
	Steps  int
	Batch  int
	Rate   float64
	Decay  float64
	Warmup int
	Seed   uint64
}

// Small is the pre-training whose result is part of the package.
var Small = Pretraining{
	Net:   model.ViT{Height: side, Width: side, Patch: 7, Layers: 6, Dim: 48, Heads: 4, Hidden: 96, Classes: 5 * variants},
	Steps: 1500, Batch: 128, Rate: 2e-3, Decay: 0.02, Warmup: 100, Seed: 1,
}

// Pretrain trains a vision transformer to tell digits 0 to 4 and how they are shown, with AdamW
// at a rate that rises and falls along a cosine. The run has the loss and the accuracy on 2000
// pictures of MNIST's test set.
func (c Pretraining) Pretrain(ctx context.Context, b *xla.Backend, from *Digits) (*train.Run, error) {
	fit, err := shown(from.Train, c.Steps*c.Batch, random.Stream(c.Seed, "federated/pre-training pictures"))
	if err != nil {
		return nil, err
	}
	test, err := shown(from.Test, 2000, random.Stream(c.Seed, "federated/pre-training test pictures"))
	if err != nil {
		return nil, err
	}
	apply := func(params, set []*Node) *Node {
		logits, _ := c.Net.Apply(params, input(DivScalar(ConvertDType(set[0], params[0].DType()), math.MaxUint8)))
		return logits
	}
	task := train.Task{
		Name: fmt.Sprintf("backbone %+v", c.Net), Layout: c.Net.Params(),
		Classes: map[int]int{0: train.AnyInteger, 1: c.Net.Classes},
		Loss:    func(params, batch []*Node) *Node { return loss.CrossEntropy(apply(params, batch), batch[1]) },
		Looks: []train.Look{{Names: []string{"loss", "accuracy"}, Set: "test", At: func(params, set []*Node) []*Node {
			logits := apply(params, set)
			return []*Node{loss.CrossEntropy(logits, set[1]), loss.Accuracy(logits, set[1])}
		}}},
	}
	return train.Fit(ctx, b, task, map[string]train.Set{train.Train: fit, "test": test}, model.Draw(task.Layout, c.Seed, "federated/backbone"), train.Config{
		Optimizer: optim.Spec{Method: "adamw", Rate: c.Rate, Decay: c.Decay, Clip: 1,
			Schedule: optim.ScheduleSpec{Kind: "cosine", Warmup: c.Warmup}, NoDecay: []string{"*.b", "*.bias", "*.gain"}},
		Batch: c.Batch, Steps: c.Steps, At: []int{0, c.Steps / 2, c.Steps}, Order: train.OrderOf{Kind: "fresh"}, Seed: c.Seed, Stream: "federated/pre-training",
	})
}

// input is what the network sees of values in [0, 1].
func input(x *Node) *Node { return AddScalar(x, -0.5) }

// shown returns n pictures of digits 0 to 4, epoch by epoch in a new order, each shown in one of
// the variants.
func shown(from *data.Images, n int, rng *rand.Rand) (train.Set, error) {
	var all []int
	for digit := range uint8(5) {
		all = append(all, of(from, digit)...)
	}
	if len(all) == 0 || from.Rows != side || from.Cols != side {
		return nil, fmt.Errorf("federated: %d pictures of digits 0 to 4 of %d by %d pixels: want some, of %d by %d", len(all), from.Rows, from.Cols, side, side)
	}
	x, y := make([]uint8, n*pixels), make([]int32, n)
	for i := range n {
		at := i % len(all)
		if at == 0 {
			rng.Shuffle(len(all), func(a, b int) { all[a], all[b] = all[b], all[a] })
		}
		v := rng.IntN(variants)
		picture := x[i*pixels : (i+1)*pixels]
		turned(picture, from.Image(all[at]), v%4, v/4%2 == 1)
		if v/8 == 1 {
			for k := range picture {
				picture[k] = math.MaxUint8 - picture[k]
			}
		}
		y[i] = int32(int(from.Labels[all[at]])*variants + v)
	}
	return train.Set{tensors.FromFlatDataAndDimensions(x, n, pixels), tensors.FromFlatDataAndDimensions(y, n)}, nil
}
