package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"sync"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/loss"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/xla"
)

// notes is what the package says on its way.
var notes struct {
	sync.Mutex
	text []byte
}

type noter struct{}

func (noter) Write(p []byte) (int, error) {
	notes.Lock()
	defer notes.Unlock()
	notes.text = append(notes.text, p...)
	return len(p), nil
}

func TestMain(m *testing.M) {
	notices = noter{}
	os.Exit(m.Run())
}

func said() string {
	notes.Lock()
	defer notes.Unlock()
	s := string(notes.text)
	notes.text = nil
	return s
}

func backend(t *testing.T, spec string) *xla.Backend {
	t.Helper()
	b, err := xla.Open(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func pool(t *testing.T, spec string) *xla.Pool {
	t.Helper()
	p, err := xla.NewPool(spec, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// points is a set of n points in the plane and which side of a curve they are on.
func points(n int, name string) Set {
	rng := random.Stream(1, name)
	x, y := make([]float32, 2*n), make([]int32, n)
	for i := range n {
		x[2*i], x[2*i+1] = float32(rng.NormFloat64()), float32(rng.NormFloat64())
		if x[2*i+1] > x[2*i]*x[2*i]-1 {
			y[i] = 1
		}
	}
	return Set{tensors.FromFlatDataAndDimensions(x, n, 2), tensors.FromFlatDataAndDimensions(y, n)}
}

var net = model.MLP{Widths: []int{2, 5, 2}, Activation: "tanh"}

// small is a job of a few steps.
func small() Job { return smallOf(net) }

// smallOf is small of a network.
func smallOf(net model.MLP) Job {
	logits := func(params, set []*Node) *Node { return net.Apply(params, set[0]) }
	return Job{
		Task: Task{
			Name: "small", Layout: net.Params(), Classes: map[int]int{1: 2},
			Loss: func(params, batch []*Node) *Node { return loss.CrossEntropy(logits(params, batch), batch[1]) },
			Looks: []Look{
				{Names: []string{"loss", "accuracy"}, Set: "test", At: func(params, set []*Node) []*Node {
					return []*Node{loss.CrossEntropy(logits(params, set), set[1]), loss.Accuracy(logits(params, set), set[1])}
				}},
				{Names: []string{"bias"}, At: func(params, _ []*Node) []*Node { return params[3:4] }},
			},
		},
		Sets: map[string]Set{Train: points(23, "train"), "test": points(16, "test")},
		From: model.Draw(net.Params(), 1, "start"),
		Config: Config{Optimizer: optim.Spec{Method: "momentum", Rate: 0.3, Momentum: 0.9}, Batch: 5, Steps: 11,
			At: []int{0, 3, 4, 11}, Keep: []int{0, 7}, Best: "loss", Seed: 3, Stream: "small"},
	}
}

// fit makes a job on a pool.
func fit(t *testing.T, p *xla.Pool, j Job) *Run {
	t.Helper()
	runs, err := FitPool(t.Context(), p, []Job{j})
	if err != nil {
		t.Fatal(err)
	}
	return runs[0]
}

// fails makes a job and returns its error and what there is of the run.
func fails(t *testing.T, p *xla.Pool, j Job) (*Run, error) {
	t.Helper()
	runs, err := FitPool(t.Context(), p, []Job{j})
	if err == nil {
		t.Error("no error")
	}
	if len(runs) == 0 {
		return nil, err
	}
	return runs[0], err
}

// bits writes down every bit of a run.
func bits(r *Run) string {
	c := *r
	c.Resumed = 0
	for _, p := range []*model.Params{&c.Last, &c.Best} {
		p.Layout = nil
	}
	text := fmt.Sprint(c.Steps, c.Seen, c.Last.Values, c.Best.Values, c.BestStep) // %v of a float64 tells every bit
	var kept []int
	for k := range c.Kept {
		kept = append(kept, k)
	}
	slices.Sort(kept)
	for _, k := range kept {
		text += fmt.Sprint(k, c.Kept[k].Values)
	}
	return text
}

// stopAfter makes a job with a checkpoint after every step, which is interrupted
// after step k.
func stopAfter(t *testing.T, spec string, p *xla.Pool, j Job, k int) (*Run, error) {
	t.Helper()
	j.Checkpoint.Every = 1
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	step := 0
	writing(t, func(path string, write func(io.Writer) error) error {
		if step++; step < k {
			return nil // only the last one is read
		}
		cancel(stop)
		return atomically(path, write)
	})
	if k == 0 { // a pool would not begin
		cancel(stop)
		run, err := j.Fit(ctx, backend(t, spec))
		if !errors.Is(err, stop) {
			t.Fatalf("stopped at the start: error %v", err)
		}
		return run, err
	}
	runs, err := FitPool(ctx, p, []Job{j})
	if !errors.Is(err, stop) {
		t.Fatalf("stopped after step %d: error %v", k, err)
	}
	return runs[0], err
}

var atomically = writeFile

// writing has checkpoints written by f.
func writing(t *testing.T, f func(path string, write func(io.Writer) error) error) {
	t.Helper()
	writeFile = f
	t.Cleanup(func() { writeFile = atomically })
}

// near reports whether two numbers are within a tolerance, which NaN is not.
func near(a, b, tol float64) bool { return math.Abs(a-b) <= tol }
