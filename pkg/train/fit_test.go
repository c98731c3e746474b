package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/progress"
)

// mean is a task whose path is known: θ goes to the batch's mean of x by the share η.
func mean(n int) Job {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(i * i)
	}
	l := model.Layout{{Name: "θ", Shape: []int{1}, Init: model.Constant(0)}}
	return Job{
		Task: Task{Name: "mean", Layout: l, DType: dtypes.Float64,
			Loss: func(p, batch []*Node) *Node {
				return MulScalar(ReduceAllMean(Square(Sub(batch[0], p[0]))), 0.5)
			},
			Looks: []Look{{Names: []string{"θ"}, At: func(p, _ []*Node) []*Node { return p }}}},
		Sets:   map[string]Set{Train: {tensors.FromFlatDataAndDimensions(x, n)}},
		From:   l.Zeros(),
		Config: Config{Optimizer: optim.Spec{Method: "gd", Rate: 0.5}, Batch: 3, Steps: 40, At: upTo(41)},
	}
}

// Every step is made on the batch that the order says, also over the ends of tables.
func TestStepsFollowTheOrder(t *testing.T) {
	for _, spec := range []string{"", "go"} {
		p := pool(t, spec)
		for _, entries := range []int{1 << 20, 12, 21, 1} {
			old := tableEntries
			tableEntries = entries
			for _, o := range []OrderOf{{}, {Kind: "fixed"}, {Kind: "bound"}, {Kind: "bound", Bind: []int{0, 9}}} {
				j := mean(10)
				j.Config.Order = o
				order, err := j.order()
				if err != nil {
					t.Fatal(err)
				}
				want, theta := []float64{0}, 0.0
				for range j.Config.Steps {
					batch, err := order.step()
					if err != nil {
						t.Fatal(err)
					}
					m := 0.0
					for _, i := range batch {
						m += float64(i*i) / float64(len(batch))
					}
					theta += 0.5 * (m - theta)
					want = append(want, theta)
				}
				for k, got := range fit(t, p, j).Column("θ") {
					if !near(got, want[k], 1e-12*81) { // roundings of numbers up to 81
						t.Fatalf("%s, %+v, tables of %d: θ after step %d is %g, want %g", spec, o, entries, k, got, want[k])
					}
				}
			}
			tableEntries = old
		}
	}
}

// What each policy promises.
func TestOrders(t *testing.T) {
	const n, batch, epochs = 11, 3, 4
	steps := func(o OrderOf, seed uint64) (all [][]int) {
		j := mean(n)
		j.Config.Batch, j.Config.Seed, j.Config.Order = batch, seed, o
		b, err := j.order()
		if err != nil {
			t.Fatal(err)
		}
		for range epochs * (n / batch) {
			row, err := b.step()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, slices.Clone(row))
		}
		return all
	}
	epoch := func(all [][]int, e int) []int { return slices.Concat(all[e*(n/batch) : (e+1)*(n/batch)]...) }
	sets := func(all [][]int) map[string]int {
		m := map[string]int{}
		for _, b := range all {
			b = slices.Clone(b)
			slices.Sort(b)
			m[fmt.Sprint(b)]++
		}
		return m
	}
	s := steps(OrderOf{}, 1)
	for e := range epochs {
		list := epoch(s, e)
		slices.Sort(list)
		if len(slices.Compact(list)) != n/batch*batch {
			t.Errorf("epoch %d has an example twice: %v", e, list)
		}
	}
	if reflect.DeepEqual(epoch(s, 0), epoch(s, 1)) || reflect.DeepEqual(s, steps(OrderOf{}, 2)) || !reflect.DeepEqual(s, steps(OrderOf{Kind: "shuffled"}, 1)) {
		t.Error("shuffled: epochs alike, seeds alike, or a seed unlike itself")
	}
	f := steps(OrderOf{Kind: "fixed"}, 1)
	if fmt.Sprint(epoch(f, 0)) != "[0 1 2 3 4 5 6 7 8]" || fmt.Sprint(epoch(f, 3)) != fmt.Sprint(epoch(f, 0)) {
		t.Errorf("fixed: %v", f)
	}
	if got := sets(s); len(got) == n/batch {
		t.Errorf("shuffled batches stay together: %v", got)
	}
	b := steps(OrderOf{Kind: "bound"}, 1)
	if got := sets(b); len(got) != n/batch || reflect.DeepEqual(b[:3], b[3:6]) && reflect.DeepEqual(b[3:6], b[6:9]) {
		t.Errorf("bound: %v", b)
	}
	for _, row := range steps(OrderOf{Kind: "bound", Bind: []int{10, 4}}, 1) {
		if len(row) != batch+2 || row[batch] != 10 || row[batch+1] != 4 {
			t.Errorf("bound to every batch: %v", row)
		}
	}
	j := mean(n)
	j.Config.Order.Kind, j.Config.Steps, j.Config.At = "fresh", 3, nil
	fresh, err := j.order()
	if err != nil {
		t.Fatal(err)
	}
	for k := range 3 {
		if row, err := fresh.step(); err != nil || row[0] != 3*k || row[2] != 3*k+2 {
			t.Errorf("fresh batch %d: %v (%v)", k, row, err)
		}
	}
}

// Looks, kept and best parameters are those of their steps.
func TestLooks(t *testing.T) {
	j := small()
	run := fit(t, pool(t, ""), j)
	if !slices.Equal(run.Steps, j.Config.At) || len(run.Seen["bias"]) != 2*4 {
		t.Fatalf("looked after %v: %v", run.Steps, run.Seen)
	}
	last := run.Last.Values[3]
	if b := run.Seen["bias"]; b[6] != last[0] || b[7] != last[1] || b[0] == last[0] {
		t.Errorf("the bias was seen as %v and is %v", b, last)
	}
	losses := run.Column("loss")
	least := slices.Index(losses, slices.Min(losses))
	if run.BestStep != run.Steps[least] || least == 0 || !(run.End("loss") == losses[3]) {
		t.Errorf("the best of %v is said to be after step %d", losses, run.BestStep)
	}
	if run.BestStep == 11 && !reflect.DeepEqual(run.Best, run.Last) {
		t.Error("the best parameters are the last and differ from them")
	}
	if len(run.Kept) != 2 || !near(run.Kept[0].Values[0][0], j.From.Values[0][0], 1e-7) || reflect.DeepEqual(run.Kept[7], run.Last) {
		t.Errorf("kept %v", run.Kept)
	}
	// A run of its own to step 7 ends with what was kept there.
	short := j
	short.Config.Steps, short.Config.At, short.Config.Keep = 7, nil, nil
	if got := fit(t, pool(t, ""), short); !reflect.DeepEqual(got.Last.Values, run.Kept[7].Values) || len(got.Steps) != 1 {
		t.Error("parameters kept after step 7 are not those of a run of 7 steps")
	}
}

// Runs at once are the runs alone, and those that differ in numbers compile once.
func TestFitAll(t *testing.T) {
	built := 0
	var jobs []Job
	for i := range 4 {
		j := small()
		inner := j.Task.Loss
		j.Task.Loss = func(params, batch []*Node) *Node { built++; return inner(params, batch) }
		j.Config.Optimizer.Rate, j.Config.Seed = 0.1*float64(i+1), uint64(i)
		jobs = append(jobs, j)
	}
	p := pool(t, "")
	runs, err := FitPool(t.Context(), p, jobs)
	if err != nil {
		t.Fatal(err)
	}
	if once := built; once == 0 {
		t.Error("nothing was built")
	} else if fit(t, p, jobs[0]); built != once+1 { // to see what it is
		t.Errorf("the loss was built %d times for four jobs and %d times after one more, want one more", once, built)
	}
	double, inner := jobs[0], jobs[0].Task.Loss
	double.Task.Loss = func(params, batch []*Node) *Node { return MulScalar(inner(params, batch), 2) }
	if bits(fit(t, p, double)) == bits(runs[0]) {
		t.Error("a task of equal name and another loss has made the run of the first")
	}
	alone := backend(t, "")
	for i, j := range jobs {
		run, err := Fit(t.Context(), alone, j.Task, j.Sets, j.From, j.Config)
		if err != nil {
			t.Fatal(err)
		}
		if bits(run) != bits(runs[i]) {
			t.Errorf("run %d differs from the run alone", i)
		}
		if i > 0 && bits(runs[i]) == bits(runs[0]) {
			t.Errorf("run %d is run 0", i)
		}
	}
}

// A whole set at each step, a gradient by hand, a policy of one's own.
func TestForms(t *testing.T) {
	p := pool(t, "")
	j := mean(4)
	j.Config.Batch = 0
	got := fit(t, p, j)
	if want := 3.5 * (1 - math.Pow(0.5, 40)); !near(got.End("θ"), want, 1e-12) {
		t.Errorf("full batch: %g, want %g", got.End("θ"), want)
	}
	hand := mean(4)
	hand.Task.Name, hand.Task.Loss, hand.Config.Batch = "by hand", nil, 0
	hand.Task.Objective = func(k *Node, p, batch []*Node) (*Node, []*Node) {
		one := ConvertDType(Equal(k, Const(k.Graph(), int64(39))), p[0].DType()) // the last step alone goes up by 1
		return ReduceAllSum(p[0]), []*Node{Reshape(MulScalar(one, -2), 1)}
	}
	if got := fit(t, p, hand).Column("θ"); got[39] != 0 || got[40] != 1 {
		t.Errorf("by hand: %v, want a step at the end", got[38:])
	}
	own := mean(4)
	own.Task.Order = func(rng *rand.Rand, examples, batch int) (func() []int, error) {
		return func() []int { return []int{3} }, nil
	}
	if got := fit(t, p, own); !near(got.End("θ"), 9, 1e-10) {
		t.Errorf("a policy of one's own: %g, want 9", got.End("θ"))
	}
}

// A loss that is not finite ends the run and says where; or not, if it may be.
func TestNotFinite(t *testing.T) {
	for _, spec := range []string{"", "go"} {
		p := pool(t, spec)
		j := mean(4)
		j.Config.Order.Kind, j.Config.Batch, j.Config.Optimizer.Rate = "fixed", 2, 1e200
		j.Config.At = []int{0, 40}
		run, err := fails(t, p, j)
		var bad *NotFinite
		if !errors.As(err, &bad) || bad.Step != 1 || fmt.Sprint(bad.Examples) != "[2 3]" || bad.Task != "mean" {
			t.Errorf("%s: error %v, want one of step 1, where θ = 5e199 has an infinite square, on examples 2 and 3", spec, err)
		}
		if run == nil || len(run.Steps) != 1 {
			t.Errorf("%s: what was seen before: %+v", spec, run)
		}
		j.Config.At = []int{0} // it is found at the end as well
		if _, err := fails(t, p, j); !errors.As(err, &bad) {
			t.Errorf("%s: error %v at the end", spec, err)
		}
		j.Config.NaN, j.Config.At = true, []int{40}
		if run := fit(t, p, j); !math.IsNaN(run.End("θ")) {
			t.Errorf("%s: went on to %g", spec, run.End("θ"))
		}
	}
}

// A parameter that the last gradient makes NaN or infinite ends a run, though every loss
// that was seen is finite; so does one that was so at the beginning and is not read.
func TestParameterNotFinite(t *testing.T) {
	for _, spec := range []string{"", "go"} {
		p := pool(t, spec)
		j := mean(4)
		j.Config.Order.Kind, j.Config.Batch, j.Config.Steps, j.Config.At = "fixed", 2, 2, []int{0}
		j.Task.Name = "root"
		j.Task.Loss = func(params, batch []*Node) *Node { // √|θ| has no gradient at 0
			return Add(ReduceAllSum(Sqrt(Abs(params[0]))), MulScalar(ReduceAllMean(batch[0]), 0))
		}
		j.From = j.From.Scale(0)
		j.Config.Steps = 1
		_, err := fails(t, p, j)
		var bad *NotFinite
		if !errors.As(err, &bad) || bad.Step != 0 || bad.Param != j.Task.Layout[0].Name || fmt.Sprint(bad.Examples) != "[0 1]" {
			t.Errorf("%s: error %v, want one of the parameter after step 0 on examples 0 and 1", spec, err)
		}
		j.Config.NaN = true
		if run := fit(t, p, j); run.Last.Values[0][0]-run.Last.Values[0][0] == 0 {
			t.Errorf("%s: the gradient is finite: θ = %g", spec, run.Last.Values[0])
		}
		j.Config.NaN, j.Config.Steps, j.Config.At = false, 0, nil
		j.From.Values[0][0] = math.NaN()
		if _, err := fails(t, p, j); !errors.As(err, &bad) || bad.Step != -1 || !strings.Contains(err.Error(), "where the run begins") {
			t.Errorf("%s: error %v, want one of where the run begins", spec, err)
		}
	}
}

// A look that is never a number below infinity chooses nothing, which is an error.
func TestNothingBest(t *testing.T) {
	for _, value := range []float64{math.NaN(), math.Inf(1)} {
		j := small()
		j.Task.Name = fmt.Sprint("never ", value)
		j.Task.Looks[0].Names[0] = "val"
		at := j.Task.Looks[0].At
		j.Task.Looks[0].At = func(params, set []*Node) []*Node {
			found := at(params, set)
			found[0] = Scalar(found[0].Graph(), found[0].DType(), value)
			return found
		}
		j.Config.Best = "val"
		j.Checkpoint.Path = filepath.Join(t.TempDir(), "run.safetensors")
		for range 2 { // no checkpoint makes it green the second time
			if _, err := fails(t, pool(t, "go"), j); err == nil || !strings.Contains(err.Error(), "nothing is best") || !strings.Contains(err.Error(), `"val"`) {
				t.Errorf("%g: error %v", value, err)
			}
		}
	}
}

// A misspelt name in a configuration is an error that lists the known ones.
func TestConfigJSON(t *testing.T) {
	want := small().Config
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Config
	if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s gives %+v, %v", text, got, err)
	}
	for text, want := range map[string]string{
		`{"Step": 3}`:                 `unknown field "Step": known are Optimizer, Batch, Steps, At,`,
		`{"Optimizer": {"Rte": 1}}`:   `unknown field "Rte": known are Method, Rate`,
		`{"Order": {"Knd": "fixed"}}`: `unknown field "Knd": known are Kind, Bind`,
	} {
		if err := json.Unmarshal([]byte(text), new(Config)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
}

func TestCancelAndProgress(t *testing.T) {
	var heard []float64
	ctx := progress.With(t.Context(), func(f float64) { heard = append(heard, f) })
	j := small()
	if _, err := FitPool(ctx, pool(t, ""), []Job{j}); err != nil {
		t.Fatal(err)
	}
	if n := len(heard); n == 0 || heard[n-1] != 1 || !slices.IsSorted(heard) {
		t.Errorf("progress %v", heard)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	run, err := Fit(ctx, backend(t, ""), j.Task, j.Sets, j.From, j.Config)
	if !errors.Is(err, context.Canceled) || run == nil || len(run.Steps) != 1 || len(run.Last.Values) == 0 {
		t.Errorf("cancelled: %+v, error %v", run, err)
	}
	if runs, err := FitAll(t.Context(), "", nil); runs != nil || err != nil {
		t.Errorf("no jobs: %v, %v", runs, err)
	}
}

// Whatever is wrong is an error that says what was found and what is wanted.
func TestMistakes(t *testing.T) {
	column := func(n int) *tensors.Tensor { return tensors.FromFlatDataAndDimensions(make([]float32, n), n) }
	for want, change := range map[string]func(j *Job){
		"column 1 has 22 examples, column 0 has 23": func(j *Job) { j.Sets[Train][1] = column(22) },
		`the set "test": has no columns`:            func(j *Job) { j.Sets["test"] = Set{} },
		"has no examples": func(j *Job) {
			j.Sets["test"] = Set{tensors.FromShape(column(1).Shape()), nil}[:1]
			j.Sets["test"][0] = tensors.FromFlatDataAndDimensions([]float32{}, 0)
		},
		"is a scalar":                            func(j *Job) { j.Sets["test"] = Set{tensors.FromScalar(1.0)} },
		"column 0 is nil":                        func(j *Job) { j.Sets["test"] = Set{nil} },
		`there is no set "train" among ["test"]`: func(j *Job) { delete(j.Sets, Train) },
		`which is not among ["train"]`:           func(j *Job) { delete(j.Sets, "test") },
		"batches of 24 of 23 examples":           func(j *Job) { j.Config.Batch = 24 },
		"batches of -1":                          func(j *Job) { j.Config.Batch = -1 },
		"known are gd, ngd":                      func(j *Job) { j.Config.Optimizer.Method = "lion" },
		"known are constant, cosine":             func(j *Job) { j.Config.Optimizer.Schedule.Kind = "triangle" },
		"known are shuffled, fixed":              func(j *Job) { j.Config.Order.Kind = "sorted" },
		`no parameter fits "2.w"`:                func(j *Job) { j.Config.Optimizer.Only = []string{"2.w"} },
		"example 23 is to be bound":              func(j *Job) { j.Config.Order.Bind = []int{23} },
		"11 fresh batches of 5 of 23":            func(j *Job) { j.Config.Order.Kind = "fresh" },
		"without batches":                        func(j *Job) { j.Config.Batch, j.Config.Order.Kind = 0, "fixed" },
		"which is no look":                       func(j *Job) { j.Config.Best = "f1" },
		"want 1":                                 func(j *Job) { j.Config.Best = "bias" },
		"At = [3 3]":                             func(j *Job) { j.Config.At = []int{3, 3} },
		"between 0 and 11":                       func(j *Job) { j.Config.Keep = []int{12} },
		"-2 steps":                               func(j *Job) { j.Config.Steps = -2 },
		"has no name":                            func(j *Job) { j.Task.Name = "" },
		"either a Loss or an Objective":          func(j *Job) { j.Task.Loss = nil },
		"want Float32 or Float64":                func(j *Job) { j.Task.DType = dtypes.Int32 },
		"different names":                        func(j *Job) { j.Task.Looks[1].Names[0] = "loss" },
		"no names or no function":                func(j *Job) { j.Task.Looks[0].At = nil },
		"where the run begins":                   func(j *Job) { j.From.Layout = j.From.Layout[:3] },
		"want a path":                            func(j *Job) { j.Checkpoint.Every = 3 },
		"the loss of the task small has shape (Float32)[2, 5], want a scalar": func(j *Job) { j.Task.Loss = func(p, b []*Node) *Node { return p[0] } },
		"the loss of the task small has shape (Float32)[5], want a scalar": func(j *Job) {
			j.Task.Loss, j.Task.Objective = nil, func(k *Node, params, args []*Node) (*Node, []*Node) { return params[1], params }
		},
		"returned 3 nodes":            func(j *Job) { j.Task.Looks[0].At = func(p, s []*Node) []*Node { return p[:3] } },
		"gives 2 examples for step 1": func(j *Job) { j.Task.Order = growing },
		"the set \"test\": column 1: entry 3 is the label 2, want one of 2 classes, 0 to 1": func(j *Job) {
			j.Sets["test"][1] = tensors.FromFlatDataAndDimensions(append([]int32{1, 0, 1, 2}, make([]int32, 12)...), 16)
		},
		"entry 0 is the label -1": func(j *Job) {
			j.Sets[Train][1] = tensors.FromFlatDataAndDimensions(append([]int64{-1}, make([]int64, 22)...), 23)
		},
		"entries of Int16, want classes": func(j *Job) {
			j.Sets["test"][1] = tensors.FromFlatDataAndDimensions(make([]int16, 16), 16)
		},
		"the set \"test\": column 1 holds Int32: say in Task.Classes": func(j *Job) { j.Task.Classes = nil },
		"Classes has the column 0, in which no set has integers":      func(j *Job) { j.Task.Classes[0] = 2 },
		"Classes has the column 2, in which no set has integers":      func(j *Job) { j.Task.Classes[2] = AnyInteger },
		"one of 0 classes":                 func(j *Job) { j.Task.Classes[1] = 0 },
		"At is empty":                      func(j *Job) { j.Config.At = []int{} },
		"parameter 0.w, entry 2 is 1e+300": func(j *Job) { j.From.Values[0][2] = 1e300 },
		"gives example 99":                 func(j *Job) { j.Task.Order = far },
	} {
		j := small() // Fit compiles a program of its own each time
		change(&j)
		b := backend(t, "go")
		if _, err := j.Fit(t.Context(), b); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "train: ") {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	j := small()
	if _, err := FitAll(t.Context(), "tpu", []Job{j}); err == nil {
		t.Error("an unknown backend")
	}
	j.Config.Batch = 100
	if _, err := FitAll(t.Context(), "go", []Job{small(), j}); err == nil || !strings.Contains(err.Error(), "run 1") {
		t.Errorf("error %v, want one of run 1", err)
	}
}

func growing(*rand.Rand, int, int) (func() []int, error) {
	n := 0
	return func() []int { n++; return upTo(n) }, nil
}

func far(*rand.Rand, int, int) (func() []int, error) {
	return func() []int { return []int{99} }, nil
}
