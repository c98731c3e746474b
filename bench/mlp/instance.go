package main

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

var net = model.MLP{Widths: []int{784, 256, classes}, Activation: "relu"}

const (
	batch   = 128
	classes = 10
	rate    = 0.1

	// flops are those of the products: two with x, three with the second weights.
	flops = 2 * batch * (2*784*256 + 3*256*classes)
)

// instance is a batch and the weights to start from. Matrices are in row order.
type instance struct {
	X      []float32   `json:"x"` // [128, 784]
	Y      []int       `json:"y"` // [128]
	Params [][]float32 `json:"params"`
	Rate   float64     `json:"rate"`
}

func newInstance(seed uint64) instance {
	rng := random.Stream(seed, "bench/mlp")
	in := instance{X: make([]float32, batch*784), Y: make([]int, batch), Rate: rate}
	for i := range in.X {
		in.X[i] = float32(rng.NormFloat64())
	}
	for i := range in.Y {
		in.Y[i] = rng.IntN(classes)
	}
	for _, p := range net.Params().Draw(rng, dtypes.Float32) {
		values, err := tensors.CopyFlatData[float32](p)
		if err != nil {
			panic(err) // it was made a line above
		}
		in.Params = append(in.Params, values)
	}
	return in
}

// tensors are the state and the args of a loop: the weights; x and one-hot classes.
func (in instance) tensors() (state, args []*tensors.Tensor) {
	for i, p := range net.Params() {
		state = append(state, tensors.FromFlatDataAndDimensions(in.Params[i], p.Shape...))
	}
	y := make([]float32, batch*classes)
	for i := range batch {
		y[i*classes+in.Y[i]] = 1
	}
	return state, []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(in.X, batch, 784),
		tensors.FromFlatDataAndDimensions(y, batch, classes),
	}
}
