package attention

import (
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

// drawn is a set of n inputs of so many entries, normal or among so many words, and their classes.
func drawn(rng *rand.Rand, n, classes, words int, shape ...int) train.Set {
	size := n
	for _, d := range shape {
		size *= d
	}
	dims := append([]int{n}, shape...)
	var x *tensors.Tensor
	if words > 0 {
		ids := make([]int32, size)
		for i := range ids {
			ids[i] = int32(rng.IntN(words))
		}
		x = tensors.FromFlatDataAndDimensions(ids, dims...)
	} else {
		x = tensors.FromFlatDataAndDimensions(xla.Float32s(gaussian(size, 1, rng)), dims...)
	}
	y := make([]int32, n)
	for i := range y {
		y[i] = int32(rng.IntN(classes))
	}
	return train.Set{x, tensors.FromFlatDataAndDimensions(y, n)}
}

// Trainings on a leading axis have the curves of trainings alone, for every network.
func TestTrainingsTogether(t *testing.T) {
	rng := random.Stream(1, "attention/together")
	vit := model.ViT{Height: 4, Width: 4, Patch: 2, Layers: 2, Dim: 4, Heads: 2, Hidden: 6, Classes: 3}
	networks := []Classes{
		{Name: "patches", logits: patchLogits, together: patchesTogether, weight: "W", values: map[int]int{1: 3},
			Params: model.Params{Layout: model.Layout{{Name: "W", Shape: []int{4, 4}, Init: model.Normal(0.5)}, {Name: "U", Shape: []int{20, 3}, Init: model.Normal(0.5)}}},
			Train:  drawn(rng, 12, 3, 0, 5, 4), Test: drawn(rng, 7, 3, 0, 5, 4)},
		{Name: "texts", logits: textLogits, together: textsTogether, weight: "W", values: map[int]int{0: 9, 1: 2},
			Params: model.Params{Layout: model.Layout{{Name: "E", Shape: []int{9, 4}, Init: model.Normal(0.5)}, {Name: "W", Shape: []int{4, 4}, Init: model.Normal(0.5)},
				{Name: "u", Shape: []int{4, 1}, Init: model.Normal(0.5)}}},
			Train: drawn(rng, 12, 2, 9, 6), Test: drawn(rng, 7, 2, 9, 6)},
		{Name: "vision", logits: inParts(vit.Apply, 0), together: inParts(vit.Together, 1), weight: "blocks.1.q.w", values: map[int]int{1: 3},
			Params: model.Params{Layout: vit.Params()}, Train: drawn(rng, 12, 3, 0, 16), Test: drawn(rng, 7, 3, 0, 16)},
	}
	for _, net := range networks {
		alone, together := 0, 0
		one, all := net.logits, net.together
		net.logits = func(params []*Node, x *Node) (a, b *Node) { alone++; return one(params, x) }
		net.together = func(params []*Node, x *Node) (a, b *Node) { together++; return all(params, x) }
		var jobs []train.Job
		for i := range 3 {
			c := net
			c.Params = model.Draw(c.Params.Layout, uint64(i), "start")
			if i == 2 {
				c.Train = train.Set{drawn(rng, 12, 2, c.values[0], net.Train[0].Shape().Dimensions[1:]...)[0], net.Train[1]}
			}
			jobs = append(jobs, c.job(Training{Optimizer: "SNGD", Rate: 0.1 * float64(i+1), Batch: 4, Epochs: 2, Seed: uint64(i)}, 3))
		}
		var runs [2][]*train.Run
		for at, axis := range []xla.Axis{xla.AxisAlways, xla.AxisNever} {
			pool, err := xla.NewPool("go", 1) // where nothing is compiled, which takes longer than six steps
			if err != nil {
				t.Fatal(err)
			}
			defer pool.Close()
			pool.Axis = axis
			if runs[at], err = train.FitPool(t.Context(), pool, jobs); err != nil {
				t.Fatalf("%s: %v", net.Name, err)
			}
			if at == 0 && (alone > 0 || together == 0) {
				t.Fatalf("%s: on one axis the network was built alone %d times, together %d times", net.Name, alone, together)
			}
		}
		const tol = 1e-4 // six steps of float32, whose sums are taken in another order
		for i, run := range runs[0] {
			for _, name := range []string{"train loss", "train accuracy", "test loss", "test accuracy", "peak", "norm"} {
				got, want := run.Column(name), runs[1][i].Column(name)
				for k := range want {
					if !(math.Abs(got[k]-want[k]) <= tol*max(1, math.Abs(want[k]))) {
						t.Errorf("%s, run %d: %s is %g after epoch %d, alone %g", net.Name, i, name, got[k], k, want[k])
					}
				}
			}
			if a, b := run.End("train loss"), runs[0][(i+1)%3].End("train loss"); math.Abs(a-b) <= tol {
				t.Errorf("%s: runs %d and the next end alike, at %g and %g", net.Name, i, a, b)
			}
		}
	}
}
