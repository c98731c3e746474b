package attention

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/optim"
)

// Classes is a classification problem for a network: training and test examples and
// the parameters that training starts from, all on the host.
type Classes struct {
	Name                         string // of the network; equal names share compiled programs
	Params                       []*tensors.Tensor
	TrainX, TrainY, TestX, TestY *tensors.Tensor // examples first; classes are int32
	logits                       func(params []*Node, x *Node) (logits, attention *Node)
	weight                       int // the parameter that is W
}

// Training is one run of an optimizer over minibatches.
type Training struct {
	Optimizer string  // "SGD", "SNGD" or "Adam"
	Rate      float64 // constant step size
	Batch     int
	Epochs    int
	Seed      uint64 // of the order of the examples
}

// Curve is what was measured after each epoch, starting before the first.
type Curve struct {
	TrainLoss, TrainAccuracy []float64
	TestLoss, TestAccuracy   []float64
	Peak                     []float64 // mean largest attention on the test examples
	Norm                     []float64 // ‖W‖
}

// Optimizers of Classify. SNGD divides a minibatch's gradient by its norm over all
// parameters together.
var optimizers = map[string]func(optim.Schedule) optim.Optimizer{
	"SGD":  optim.GD,
	"SNGD": optim.NormalizedGD,
	"Adam": func(lr optim.Schedule) optim.Optimizer { return optim.Adam(lr, 0.9, 0.999, 1e-8) },
}

func (r Training) check(examples int) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrRun, fmt.Sprintf(format, args...))
	}
	switch {
	case optimizers[r.Optimizer] == nil:
		return bad("unknown optimizer %q: want SGD, SNGD or Adam", r.Optimizer)
	case !(r.Rate > 0) || math.IsInf(r.Rate, 1):
		return bad("step size %v, want a positive number", r.Rate)
	case r.Batch < 1 || r.Batch > examples:
		return bad("batches of %d of %d examples", r.Batch, examples)
	case r.Epochs < 1:
		return bad("%d epochs", r.Epochs)
	}
	return nil
}

// Classify makes the trainings, of which each has its problem, several at once, and
// returns their curves. Every epoch visits the examples in an order of its own; what is
// left of them after the last whole batch is left out.
func Classify(ctx context.Context, spec string, problems []*Classes, trainings []Training) ([]*Curve, error) {
	if len(problems) != len(trainings) {
		return nil, fmt.Errorf("%w: %d problems for %d trainings", ErrRun, len(problems), len(trainings))
	}
	for i, r := range trainings {
		if err := r.check(problems[i].TrainX.Shape().Dim(0)); err != nil {
			return nil, fmt.Errorf("training %d: %w", i, err)
		}
	}
	curves := make([]*Curve, len(trainings))
	err := inParallel(ctx, spec, func(bool) int { return len(trainings) },
		func(ctx context.Context, w *worker, i int, _ bool) (err error) {
			curves[i], err = w.classify(ctx, problems[i], trainings[i])
			return err
		})
	return curves, err
}

// classify makes one training.
func (w *worker) classify(ctx context.Context, c *Classes, r Training) (*Curve, error) {
	loop, err := w.measured(Method(c.Name+" "+r.Optimizer), c.step(r.Optimizer), c.measure())
	if err != nil {
		return nil, err
	}
	table, perEpoch := orders(c.TrainX.Shape().Dim(0), r)
	state := optim.State(optimizers[r.Optimizer](optim.Constant(r.Rate)), c.Params...)
	args := []*tensors.Tensor{
		c.TrainX, c.TrainY, c.TestX, c.TestY,
		tensors.FromFlatDataAndDimensions(table, len(table)/r.Batch, r.Batch),
		tensors.FromScalar(float32(r.Rate)),
	}
	if err := loop.Start(state, args); err != nil {
		return nil, err
	}
	curve := &Curve{}
	for epoch := range r.Epochs + 1 {
		if err := advance(ctx, loop, epoch*perEpoch, r.Epochs*perEpoch); err != nil {
			return nil, err
		}
		row, err := loop.Measure()
		if err != nil {
			return nil, err
		}
		for i, column := range []*[]float64{&curve.TrainLoss, &curve.TrainAccuracy, &curve.TestLoss, &curve.TestAccuracy, &curve.Peak, &curve.Norm} {
			*column = append(*column, row[i])
		}
	}
	return curve, nil
}

// orders returns a table of example numbers, one row a batch, for all epochs.
func orders(examples int, r Training) (table []int32, perEpoch int) {
	rng := rand.New(rand.NewPCG(r.Seed, 0x6f72646572))
	perEpoch = examples / r.Batch
	for range r.Epochs {
		for _, i := range rng.Perm(examples)[:perEpoch*r.Batch] {
			table = append(table, int32(i))
		}
	}
	return table, perEpoch
}

// step takes the batch of row k of the table and makes one update.
func (c *Classes) step(optimizer string) func(k *Node, state, args []*Node) []*Node {
	return func(k *Node, state, args []*Node) []*Node {
		params, slots := state[:len(c.Params)], state[len(c.Params):]
		batch := ExpandDims(Gather(args[4], ExpandDims(k, 0)), -1) // [B, 1]
		x, y := Gather(args[0], batch), Gather(args[1], batch)
		logits, _ := c.logits(params, x)
		loss := crossEntropy(logits, y)
		rate := func(_ *Node, dtype dtypes.DType) *Node { return ConvertDType(args[5], dtype) }
		params, slots = optimizers[optimizer](rate).Update(k, loss, Gradient(loss, params...), params, slots)
		return append(append([]*Node{}, params...), slots...)
	}
}

// measure evaluates the columns of a Curve.
func (c *Classes) measure() func(k *Node, state, args []*Node) []*Node {
	return func(k *Node, state, args []*Node) []*Node {
		params := state[:len(c.Params)]
		train, _ := c.logits(params, args[0])
		test, attention := c.logits(params, args[2])
		return []*Node{
			crossEntropy(train, args[1]), accuracy(train, args[1]),
			crossEntropy(test, args[3]), accuracy(test, args[3]),
			peak(attention), Sqrt(ReduceAllSum(Square(params[c.weight]))),
		}
	}
}
