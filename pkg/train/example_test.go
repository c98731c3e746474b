package train_test

import (
	"context"
	"fmt"
	"log"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/loss"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/train"
)

// Five seeds of a network that learns which of two noisy rings a point is of, from
// the sets to the curves.
func ExampleFitAll() {
	rings := func(n int, seed uint64, name string) train.Set {
		rng := random.Stream(seed, name)
		x, y := make([]float32, 2*n), make([]int32, n)
		for i := range n {
			y[i] = int32(rng.IntN(2))
			a, b := rng.NormFloat64(), rng.NormFloat64()
			r := (1 + float64(y[i]) + 0.1*rng.NormFloat64()) / math.Hypot(a, b)
			x[2*i], x[2*i+1] = float32(a*r), float32(b*r)
		}
		return train.Set{tensors.FromFlatDataAndDimensions(x, n, 2), tensors.FromFlatDataAndDimensions(y, n)}
	}
	net := model.MLP{Widths: []int{2, 32, 2}, Activation: "relu"}
	task := train.Task{
		Name: "rings", Layout: net.Params(), Classes: map[int]int{1: 2},
		Loss: func(params, batch []*Node) *Node { return loss.CrossEntropy(net.Apply(params, batch[0]), batch[1]) },
		Looks: []train.Look{{Names: []string{"loss", "accuracy"}, Set: "test", At: func(params, set []*Node) []*Node {
			logits := net.Apply(params, set[0])
			return []*Node{loss.CrossEntropy(logits, set[1]), loss.Accuracy(logits, set[1])}
		}}},
	}
	var jobs []train.Job
	for seed := range uint64(5) {
		jobs = append(jobs, train.Job{Task: task, From: model.Draw(net.Params(), seed, "start"),
			Sets: map[string]train.Set{"train": rings(512, seed, "train"), "test": rings(256, seed, "test")},
			Config: train.Config{Optimizer: optim.Spec{Method: "adam", Rate: 0.01, Schedule: optim.ScheduleSpec{Kind: "cosine"}},
				Batch: 32, Steps: 400, At: []int{0, 100, 400}, Best: "loss", Seed: seed}})
	}
	runs, err := train.FitAll(context.Background(), "", jobs)
	if err != nil {
		log.Fatal(err)
	}
	for seed, run := range runs {
		a := run.Column("accuracy")
		fmt.Printf("seed %d: learned %t, best after step %d\n", seed, a[0] < 0.8 && run.End("accuracy") > 0.9, run.BestStep)
	}
	// Output:
	// seed 0: learned true, best after step 400
	// seed 1: learned true, best after step 400
	// seed 2: learned true, best after step 400
	// seed 3: learned true, best after step 400
	// seed 4: learned true, best after step 400
}
