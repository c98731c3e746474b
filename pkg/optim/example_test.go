package optim_test

import (
	"context"
	"fmt"
	"log"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/xla"
)

// Gradient descent on |Xw−y|²/2 and its trace.
func Example() {
	b, err := xla.Open("")
	if err != nil {
		log.Fatal(err)
	}
	defer b.Close()

	loss := func(params, args []*Node) *Node {
		w, x, y := params[0], args[0], args[1] // [d], [n, d], [n]
		return MulScalar(ReduceAllSum(Square(Sub(MatMul(x, w), y))), 0.5)
	}
	opt := optim.GD(optim.Constant(0.1))
	measure := func(_ *Node, state, args []*Node) []*Node {
		return []*Node{loss(state, args), state[0]}
	}
	loop, err := xla.NewLoop(b, optim.Step(optim.Autodiff(loss), opt, 1), measure)
	if err != nil {
		log.Fatal(err)
	}
	defer loop.Close()

	w := tensors.FromFlatDataAndDimensions([]float64{0, 0}, 2)
	x := tensors.FromFlatDataAndDimensions([]float64{1, 0, 1, 1, 0, 2}, 3, 2)
	y := tensors.FromFlatDataAndDimensions([]float64{1, 3, 4}, 3)
	if err := loop.Start(optim.State(opt, w), []*tensors.Tensor{x, y}); err != nil {
		log.Fatal(err)
	}
	trace, err := loop.Trace(context.Background(), xla.LogSteps(1000, 1))
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range trace {
		fmt.Printf("step %4d: loss %.4f, w = (%.4f, %.4f)\n", p.Step, p.Values[0], p.Values[1], p.Values[2])
	}
	// Output:
	// step    0: loss 13.0000, w = (0.0000, 0.0000)
	// step    1: loss 2.9250, w = (0.4000, 1.1000)
	// step   10: loss 0.0029, w = (0.9434, 2.0159)
	// step  100: loss 0.0000, w = (1.0000, 2.0000)
	// step 1000: loss 0.0000, w = (1.0000, 2.0000)
}
