package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/loss"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/xla"
)

// crossEntropies is the mean cross-entropy of each of R runs, for logits [R, B, C] and classes
// [R, B].
func crossEntropies(logits, classes *Node) *Node {
	d := logits.Shape().Dimensions
	all := loss.CrossEntropies(Reshape(logits, d[0]*d[1], d[2]), Reshape(classes, d[0]*d[1]))
	return ReduceMean(Reshape(all, d[0], d[1]), 1)
}

// calls counts which form of a task is built.
type calls struct{ loss, together int }

// joint is small in Float64 with a Together, run i of several.
func joint(i int, c *calls) Job {
	j := small()
	inner := j.Task.Loss
	j.Task.DType = dtypes.Float64
	for name, set := range j.Sets {
		x := make([]float64, 0)
		for _, v := range tensors.MustCopyFlatData[float32](set[0]) {
			x = append(x, float64(v)+0.01*float64(i))
		}
		j.Sets[name] = Set{tensors.FromFlatDataAndDimensions(x, len(x)/2, 2), set[1]}
	}
	j.Task.Loss = func(params, batch []*Node) *Node { c.loss++; return inner(params, batch) }
	j.Task.Together = func(params, batch []*Node) *Node {
		c.together++
		return crossEntropies(net.Together(params, batch[0]), batch[1])
	}
	j.Task.Looks[0].Together = func(params, set []*Node) []*Node {
		logits := net.Together(params, set[0]) // [R, n, 2]
		right := Equal(ArgMax(logits, -1, set[1].DType()), set[1])
		return []*Node{crossEntropies(logits, set[1]), ReduceMean(ConvertDType(right, logits.DType()), 1)}
	}
	j.From = model.Draw(net.Params(), uint64(i), "start")
	j.Config.Seed = uint64(i)
	j.Config.Optimizer.Rate *= 1 + 0.1*float64(i)
	return j
}

// axisPool has runs share a leading axis.
func axisPool(t *testing.T, spec string) *xla.Pool {
	t.Helper()
	p := pool(t, spec)
	p.Axis = xla.AxisAlways
	return p
}

// apart is the largest difference of two runs of equal steps, relative to 1.
func apart(a, b *Run) float64 {
	worst := 0.0
	far := func(x, y []float64) {
		if len(x) != len(y) {
			worst = math.Inf(1)
			return
		}
		for i := range x {
			if d := math.Abs(x[i] - y[i]); !(d <= worst) {
				worst = d
			}
		}
	}
	for name := range a.Seen {
		far(a.Seen[name], b.Seen[name])
	}
	for i := range a.Last.Values {
		far(a.Last.Values[i], b.Last.Values[i])
		far(a.Best.Values[i], b.Best.Values[i])
	}
	for k := range a.Kept {
		for i := range a.Kept[k].Values {
			far(a.Kept[k].Values[i], b.Kept[k].Values[i])
		}
	}
	if fmt.Sprint(a.Steps, a.BestStep) != fmt.Sprint(b.Steps, b.BestStep) {
		return math.Inf(1)
	}
	return worst
}

// jointTol bounds how far runs on an axis may be from runs alone: 11 steps, in each of which sums
// of up to 32 numbers of about 1 are taken in another order, stretched eightfold by those behind.
const jointTol = 11 * 32 * 0x1p-52 * 8

// Runs on a leading axis are the runs alone, with every optimizer, on sets of their own and on
// common ones.
func TestTogether(t *testing.T) {
	specs := []optim.Spec{
		{Method: "nesterov", Rate: 0.2, Momentum: 0.8, Clip: 0.1, Decay: 0.01, NoDecay: []string{"*.b"}, Schedule: optim.ScheduleSpec{Kind: "linear", Warmup: 4}},
		{Method: "gd", Rate: 0.3, Schedule: optim.ScheduleSpec{Kind: "milestones", Milestones: []int{3, 7}, Gamma: 0.5}},
		{Method: "adamw", Rate: 0.05, Decay: 0.1, Frozen: []string{"0.b"}, Schedule: optim.ScheduleSpec{Kind: "power", Power: 0.3}},
		{Method: "adamr", Rate: 0.05, Decay: 0.1, NoDecay: []string{"1.*"}, Schedule: optim.ScheduleSpec{Kind: "cosine"}},
		{Method: "polyak", Rate: 0.2},
	}
	for _, spec := range []string{"", "go"} {
		p, one := axisPool(t, spec), pool(t, spec)
		for at, s := range specs {
			if spec != "go" && at > 0 {
				break // the graphs are the same, and XLA takes longer to compile them than pure Go to run them
			}
			var c calls
			var jobs []Job
			for i := range 3 {
				j := joint(i, &c)
				s.Rate *= 1.1
				j.Config.Optimizer = s
				if at%2 == 1 { // equal sets
					j.Sets = joint(0, &c).Sets
				}
				if at == 1 {
					j.Config.Batch, j.Config.Order = 0, OrderOf{}
				}
				if at > 2 { // one after the other
					j.Task.Looks[0].Together = nil
				}
				jobs = append(jobs, j)
			}
			runs, err := FitPool(t.Context(), p, jobs)
			if err != nil {
				t.Fatalf("%s, %s: %v", spec, s.Method, err)
			}
			if c.together == 0 || c.loss != 0 {
				t.Fatalf("%s, %s: Together was built %d times and Loss %d times, want the first alone", spec, s.Method, c.together, c.loss)
			}
			for i, j := range jobs {
				alone := fit(t, one, j)
				if d := apart(runs[i], alone); !(d <= jointTol) {
					t.Fatalf("%s, %s: run %d is off by %.2g from the run alone", spec, s.Method, i, d)
				}
				if other := runs[(i+1)%3]; apart(runs[i], other) <= jointTol {
					t.Fatalf("%s, %s: runs %d and %d are one", spec, s.Method, i, (i+1)%3)
				}
			}
			if c.loss == 0 {
				t.Fatal("the runs alone were built of Together")
			}
		}
	}
}

// Jobs of which something else is unlike are not put together: a graph, a set's length, steps.
func TestNotTogether(t *testing.T) {
	var c calls
	p := axisPool(t, "go")
	for name, change := range map[string]func(j *Job){
		"a loss": func(j *Job) {
			inner, together := j.Task.Loss, j.Task.Together
			j.Task.Loss = func(params, batch []*Node) *Node { return MulScalar(inner(params, batch), 2) }
			j.Task.Together = func(params, batch []*Node) *Node { return MulScalar(together(params, batch), 2) }
		},
		"a length":     func(j *Job) { j.Sets[Train] = joint(1, &c).Sets["test"] },
		"a batch":      func(j *Job) { j.Config.Batch = 4 },
		"steps":        func(j *Job) { j.Config.Steps = 12 },
		"looks":        func(j *Job) { j.Config.At = []int{0, 3, 11} },
		"a method":     func(j *Job) { j.Config.Optimizer = optim.Spec{Method: "adam", Rate: 0.1} },
		"NaN":          func(j *Job) { j.Config.NaN = true },
		"no Together":  func(j *Job) { j.Task.Together = nil },
		"nothing else": func(j *Job) {},
	} {
		jobs := []Job{joint(0, &c), joint(1, &c)}
		change(&jobs[1])
		c = calls{}
		runs, err := FitPool(t.Context(), p, jobs)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if shared := c.loss == 0; shared != (name == "nothing else") {
			t.Errorf("%s: together is %t, Loss was built %d times", name, shared, c.loss)
		}
		if name != "a loss" {
			continue
		}
		for i, j := range jobs {
			if d := apart(runs[i], fit(t, p, j)); !(d <= jointTol) {
				t.Errorf("%s: run %d is off by %.2g", name, i, d)
			}
		}
	}
	p.Axis = xla.AxisNever
	c = calls{}
	if _, err := FitPool(t.Context(), p, []Job{joint(0, &c), joint(1, &c)}); err != nil || c.loss == 0 || c.together != 0 {
		t.Errorf("never together: %+v, %v", c, err)
	}
}

// Runs on an axis that are cut go on from their checkpoints to the bits of runs that were
// not, though they stand at different steps.
func TestTogetherGoesOn(t *testing.T) {
	var c calls
	p := axisPool(t, "go")
	jobs := func(folder string) (all []Job) {
		for i := range 4 {
			j := joint(i, &c)
			if folder != "" {
				j.Checkpoint = Checkpoint{Path: filepath.Join(folder, fmt.Sprint(i)), Every: 1}
			}
			all = append(all, j)
		}
		return all
	}
	whole, err := FitPool(t.Context(), p, jobs(""))
	if err != nil {
		t.Fatal(err)
	}
	stop, folder := errors.New("stop"), t.TempDir()
	ctx, cancel := context.WithCancelCause(t.Context())
	writes := 0
	writing(t, func(path string, write func(io.Writer) error) error {
		if writes++; writes >= 4*5+2 { // in the sixth step, after run 0, and from there on
			cancel(stop)
			return errors.New("gone")
		}
		return atomically(path, write)
	})
	if _, err := FitPool(ctx, p, jobs(folder)); err == nil {
		t.Fatal("no error")
	}
	writeFile = atomically
	said()
	runs, err := FitPool(t.Context(), p, jobs(folder))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(said(), "goes on from step"); n != 4 {
		t.Errorf("%d runs went on, want 4", n)
	}
	if runs[0].Resumed == runs[1].Resumed {
		t.Errorf("all runs went on from step %d: the test wants two", runs[0].Resumed)
	}
	for i := range runs {
		if d := apart(runs[i], whole[i]); !(d <= jointTol) {
			t.Errorf("run %d went on from step %d to something that is off by %.2g", i, runs[i].Resumed, d)
		}
	}
	again, err := FitPool(t.Context(), p, jobs(folder)) // nothing is left to do
	if err != nil {
		t.Fatal(err)
	}
	for i := range again {
		if bits(again[i]) != bits(runs[i]) || again[i].Resumed != 11 {
			t.Errorf("run %d was read from its end as another", i)
		}
	}
}

// One run whose loss is not finite ends all, and is named; what a Together of the wrong shape
// is said to be.
func TestTogetherMistakes(t *testing.T) {
	var c calls
	p := axisPool(t, "go")
	jobs := []Job{joint(0, &c), joint(1, &c), joint(2, &c)}
	for k := range jobs[1].From.Values[2] { // sums of five of them
		jobs[1].From.Values[2][k] = 1.7e308
	}
	runs, err := FitPool(t.Context(), p, jobs)
	var bad *NotFinite
	if !errors.As(err, &bad) || bad.Step < 0 || !strings.Contains(err.Error(), "run 1: ") {
		t.Errorf("error %v, want one of run 1", err)
	}
	if runs[0] == nil || len(runs[0].Seen["loss"]) == 0 {
		t.Error("what was seen of run 0 is lost")
	}
	for want, change := range map[string]func(t *Task){
		"want a loss for each, [2]": func(t *Task) {
			t.Together = func(params, batch []*Node) *Node { return ReduceAllSum(params[0]) }
		},
		"want [2, ...]": func(t *Task) {
			t.Looks[0].Together = func(params, set []*Node) []*Node {
				return []*Node{ReduceAllSum(params[0]), ReduceAllSum(params[0])}
			}
		},
		"a Together and no Loss": func(t *Task) {
			t.Objective, t.Loss = func(k *Node, params, args []*Node) (*Node, []*Node) { return ReduceAllSum(params[0]), params }, nil
		},
	} {
		jobs := []Job{joint(0, &c), joint(1, &c)}
		for i := range jobs {
			change(&jobs[i].Task)
		}
		want1 := strings.ReplaceAll(want, "2", "1") // as the graphs of one of them are compared first
		if _, err := FitPool(t.Context(), p, jobs); err == nil || !strings.Contains(err.Error(), want) && !strings.Contains(err.Error(), want1) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
