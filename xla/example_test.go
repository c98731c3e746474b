package xla_test

import (
	"context"
	"fmt"
	"log"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/xla"
)

// Newton's iteration for the square roots of 2 to 5, a job each, of one program.
func ExamplePool() {
	pool, err := xla.NewPool("", 4)
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	newton := func(_ *Node, state, args []*Node) []*Node {
		return []*Node{MulScalar(Add(state[0], Div(args[0], state[0])), 0.5)}
	}
	roots := make([]float64, 4)
	var jobs []xla.Job
	for i := range roots {
		jobs = append(jobs, xla.Job{Program: "newton", Run: func(ctx context.Context, w *xla.Worker) error {
			loop, err := w.Loop("newton", newton, func(_ *Node, state, _ []*Node) []*Node { return state })
			if err != nil {
				return err
			}
			a := tensors.FromScalar(float64(i + 2))
			if err := loop.Start([]*tensors.Tensor{tensors.FromScalar(1.0)}, []*tensors.Tensor{a}); err != nil {
				return err
			}
			trace, err := loop.Trace(ctx, []int{6})
			if err != nil {
				return err
			}
			roots[i] = trace[0].Values[0]
			return nil
		}})
	}
	if err := pool.Run(context.Background(), jobs); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.10f\n", roots)
	// Output:
	// [1.4142135624 1.7320508076 2.0000000000 2.2360679775]
}
