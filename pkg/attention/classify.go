package attention

import (
	"context"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/marginalia-ml/marginalia/pkg/loss"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/train"
)

// Classes is a classification problem for a network: training and test examples, each a
// column of inputs and one of classes (int32), and the parameters that training starts from.
type Classes struct {
	Name        string // of the network
	Params      model.Params
	Train, Test train.Set
	values      map[int]int // of every column of integers, how many: see train.Task.Classes
	logits      func(params []*Node, x *Node) (logits, attention *Node)
	together    func(params []*Node, x *Node) (logits, attention *Node) // logits of R runs, all with a leading axis
	weight      string                                                  // the parameter that is W
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

// methods are the optimizers of Classify. SNGD divides a minibatch's gradient by its norm
// over all parameters together.
var methods = map[string]string{"SGD": "gd", "SNGD": "ngd", "Adam": "adam"}

func (r Training) check(examples int) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrRun, fmt.Sprintf(format, args...))
	}
	switch {
	case methods[r.Optimizer] == "":
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
// left of them after the last whole batch is left out. On a GPU those of one method and
// length share a leading axis (see train.FitAll).
func Classify(ctx context.Context, spec string, problems []*Classes, trainings []Training) ([]*Curve, error) {
	if len(problems) != len(trainings) {
		return nil, fmt.Errorf("%w: %d problems for %d trainings", ErrRun, len(problems), len(trainings))
	}
	jobs := make([]train.Job, len(trainings))
	for i, r := range trainings {
		c := problems[i]
		examples, err := c.Train.Examples()
		if err != nil {
			return nil, fmt.Errorf("training %d: %w: the training set %w", i, ErrData, err)
		}
		if err := r.check(examples); err != nil {
			return nil, fmt.Errorf("training %d: %w", i, err)
		}
		jobs[i] = c.job(r, examples/r.Batch)
	}
	runs, err := train.FitAll(ctx, spec, jobs)
	if err != nil {
		return nil, err
	}
	curves := make([]*Curve, len(runs))
	for i, run := range runs {
		curves[i] = &Curve{
			TrainLoss: run.Column("train loss"), TrainAccuracy: run.Column("train accuracy"),
			TestLoss: run.Column("test loss"), TestAccuracy: run.Column("test accuracy"),
			Peak: run.Column("peak"), Norm: run.Column("norm"),
		}
	}
	return curves, nil
}

// job is a training, which looks after every epoch. One that diverges is no error: it is a
// step size that loses.
func (c *Classes) job(r Training, perEpoch int) train.Job {
	at := make([]int, r.Epochs+1)
	for epoch := range at {
		at[epoch] = epoch * perEpoch
	}
	return train.Job{
		Task: c.task(), Sets: map[string]train.Set{train.Train: c.Train, "test": c.Test}, From: c.Params,
		Config: train.Config{
			Optimizer: optim.Spec{Method: methods[r.Optimizer], Rate: r.Rate},
			Batch:     r.Batch, Steps: r.Epochs * perEpoch, At: at, Seed: r.Seed, NaN: true,
		},
	}
}

// task is the network with the columns of a Curve as its looks.
func (c *Classes) task() train.Task {
	t := c.alone()
	if c.together == nil {
		return t
	}
	t.Together = func(params, batch []*Node) *Node {
		logits, _ := c.together(params, batch[0])
		losses, _ := judged(logits, batch[1])
		return losses
	}
	t.Looks[0].Together = func(params, set []*Node) []*Node {
		logits, _ := c.together(params, set[0])
		losses, right := judged(logits, set[1])
		return []*Node{losses, right}
	}
	t.Looks[1].Together = func(params, set []*Node) []*Node {
		logits, attention := c.together(params, set[0])
		losses, right := judged(logits, set[1])
		return []*Node{losses, right, meanOfRuns(ReduceMax(attention, -1))}
	}
	return t
}

// judged returns the mean cross-entropy and the accuracy of R runs, [R], for logits [R, n, C] and
// classes [R, n].
func judged(logits, classes *Node) (losses, right *Node) {
	d := logits.Shape().Dimensions
	all := loss.CrossEntropies(Reshape(logits, d[0]*d[1], d[2]), Reshape(classes, d[0]*d[1]))
	found := Equal(ArgMax(logits, -1, classes.DType()), classes)
	return meanOfRuns(Reshape(all, d[0], d[1])), meanOfRuns(ConvertDType(found, logits.DType()))
}

// meanOfRuns is the mean of the entries of each run of x [R, ...].
func meanOfRuns(x *Node) *Node { return ReduceMean(Reshape(x, x.Shape().Dim(0), -1), 1) }

// alone is the task without what several runs need.
func (c *Classes) alone() train.Task {
	return train.Task{
		Name: c.Name, Layout: c.Params.Layout, Classes: c.values,
		Loss: func(params, batch []*Node) *Node {
			logits, _ := c.logits(params, batch[0])
			return loss.CrossEntropy(logits, batch[1])
		},
		Looks: []train.Look{
			{Names: []string{"train loss", "train accuracy"}, Set: train.Train, At: func(params, set []*Node) []*Node {
				logits, _ := c.logits(params, set[0])
				return []*Node{loss.CrossEntropy(logits, set[1]), loss.Accuracy(logits, set[1])}
			}},
			{Names: []string{"test loss", "test accuracy", "peak"}, Set: "test", At: func(params, set []*Node) []*Node {
				logits, attention := c.logits(params, set[0])
				return []*Node{loss.CrossEntropy(logits, set[1]), loss.Accuracy(logits, set[1]), peak(attention)}
			}},
			{Names: []string{"norm"}, At: func(params, _ []*Node) []*Node {
				return []*Node{Sqrt(ReduceAllSum(Square(params[c.Params.Layout.Index(c.weight)])))}
			}},
		},
	}
}
