package xla

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/progress"
)

// rounding bounds the error of 1000 multiplications of numbers below 5 in
// float64: 1000 · 5 · 2⁻⁵³ ≈ 6e-13.
const rounding = 1e-12

func TestTrace(t *testing.T) {
	l := newLoop(t, open(t), regression, norms)
	state, args := diagonal()
	start(t, l, state, args)
	trace, err := l.Trace(t.Context(), LogSteps(1000, 4))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(trace); n != 14 {
		t.Errorf("%d points, want 14", n)
	}
	for _, p := range trace {
		k := float64(p.Step)
		if p.Values[0] != k || p.Values[2] != k*(k-1)/2 {
			t.Errorf("step %d: k = %g, sum of k = %g, want %g", p.Step, p.Values[0], p.Values[2], k*(k-1)/2)
		}
		if want := 5 * math.Pow(1-eta, k); !near(p.Values[1], want, rounding) {
			t.Errorf("step %d: |w| = %g, want %g", p.Step, p.Values[1], want)
		}
	}
	if l.Steps() != 1000 {
		t.Errorf("%d steps, want 1000", l.Steps())
	}
}

// How steps are divided into calls must not change a bit.
func TestSplit(t *testing.T) {
	b := open(t)
	l := newLoop(t, b, regression, norms)
	state, args := random()
	start(t, l, state, args)
	run(t, l, 137)
	want := vector(t, l)
	for _, parts := range [][]int{{137}, {1, 136}, {100, 37}, {10, 10, 117}, slices.Repeat([]int{1}, 137), {0, 137, 0}} {
		start(t, l, state, args)
		for _, n := range parts {
			run(t, l, n)
			if _, err := l.Measure(); err != nil {
				t.Fatal(err)
			}
		}
		if got := vector(t, l); !slices.Equal(got, want) {
			t.Errorf("steps divided as %v: %v, undivided %v", parts, got, want)
		}
	}
	other := newLoop(t, b, regression, nil)
	start(t, other, state, args)
	run(t, other, 137)
	if got := vector(t, other); !slices.Equal(got, want) {
		t.Errorf("compiled again: %v, before %v", got, want)
	}
}

// A gradient with respect to what a step leaves as it is sees that step alone, also where
// calls are unrolled. d(xw)/dw = x, and x grows by w a step.
func TestGradientOfConstantState(t *testing.T) {
	l := newLoop(t, open(t), func(_ *graph.Node, state, _ []*graph.Node) []*graph.Node {
		x, w := state[0], state[1]
		return []*graph.Node{graph.Add(x, w), w, graph.Gradient(graph.Mul(x, w), w)[0]}
	}, nil)
	start(t, l, []*tensors.Tensor{tensors.FromScalar(1.), tensors.FromScalar(2.), tensors.FromScalar(0.)}, nil)
	const steps = 3*unroll + 1
	run(t, l, steps)
	if got, want := vector(t, l), []float64{1 + 2*steps, 2, 1 + 2*(steps-1)}; !slices.Equal(got, want) {
		t.Errorf("after %d steps (x, w, d(xw)/dw) = %v, want %v", steps, got, want)
	}
}

// Backends agree to rounding: both sum 12 products in another order, and the
// iteration contracts differences.
func TestBackendsAgree(t *testing.T) {
	b := open(t)
	if b.Kind == KindGo {
		t.Skip("the backend of the environment is the pure-Go one")
	}
	var results [][]float64
	for _, b := range []*Backend{b, openSpec(t, "go")} {
		l := newLoop(t, b, regression, nil)
		state, args := random()
		start(t, l, state, args)
		run(t, l, 500)
		results = append(results, vector(t, l))
	}
	for i, x := range results[0] {
		if !near(x, results[1][i], rounding) {
			t.Errorf("state %d: %g on %s, %g in pure Go", i, x, b.Kind, results[1][i])
		}
	}
}

// envHash makes the test binary print the hash of a run and nothing else.
const envHash = "MARGINALIA_TEST_HASH"

// Two processes compute the same bits.
func TestProcesses(t *testing.T) {
	l := newLoop(t, open(t), regression, nil)
	state, args := random()
	start(t, l, state, args)
	run(t, l, 200)
	hash := fnv.New64a()
	fmt.Fprint(hash, vector(t, l)) // %v of a float64 tells every bit
	mine := fmt.Sprintf("hash %x", hash.Sum64())
	if os.Getenv(envHash) != "" {
		fmt.Println(mine)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestProcesses$", "-test.count=1")
	cmd.Env = append(os.Environ(), envHash+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), mine+"\n") {
		t.Errorf("another process says %q, this one %q", out, mine)
	}
}

// The caller keeps what it gave, and a change of it does not reach the run.
func TestStartCopies(t *testing.T) {
	l := newLoop(t, open(t), regression, norms)
	state, args := diagonal()
	start(t, l, state, args)
	for _, x := range []*tensors.Tensor{state[0], args[0]} {
		tensors.MustMutableFlatData(x, func(flat []float64) {
			for i := range flat {
				flat[i] = math.NaN()
			}
		})
	}
	if err := state[1].FinalizeAll(); err != nil {
		t.Fatal(err)
	}
	run(t, l, 10)
	row, err := l.Measure()
	if err != nil {
		t.Fatal(err)
	}
	if want := 5 * math.Pow(1-eta, 10); !near(row[1], want, rounding) {
		t.Errorf("|w| = %g, want %g", row[1], want)
	}
}

// A run of other shapes and dtypes on the same Loop compiles anew; going back
// to the first shapes does not.
func TestShapes(t *testing.T) {
	compiled := 0
	step := func(k *graph.Node, state, args []*graph.Node) []*graph.Node {
		compiled++
		return []*graph.Node{graph.MulScalar(state[0], 0.5)}
	}
	l := newLoop(t, open(t), step, func(_ *graph.Node, state, _ []*graph.Node) []*graph.Node { return state })
	for range 2 {
		for _, x := range []*tensors.Tensor{
			tensors.FromFlatDataAndDimensions([]float64{8, 16}, 2),
			tensors.FromFlatDataAndDimensions([]float32{8, 16}, 2, 1),
		} {
			start(t, l, []*tensors.Tensor{x}, nil)
			run(t, l, 3)
			row, err := l.Measure()
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(row, []float64{1, 2}) {
				t.Errorf("shape %s: %v, want 1 and 2", x.Shape(), row)
			}
		}
	}
	if compiled != 2 {
		t.Errorf("the step was built %d times, want 2", compiled)
	}
}

// Mixed dtypes: the measure makes everything float64.
func TestMeasureConverts(t *testing.T) {
	step := func(_ *graph.Node, state, _ []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.AddScalar(state[0], 1), graph.Not(state[1])}
	}
	measure := func(k *graph.Node, state, _ []*graph.Node) []*graph.Node {
		return []*graph.Node{state[1], state[0], k}
	}
	l := newLoop(t, open(t), step, measure)
	start(t, l, []*tensors.Tensor{tensors.FromFlatDataAndDimensions([]int32{1, 2}, 1, 2), tensors.FromScalar(true)}, nil)
	run(t, l, 11)
	row, err := l.Measure()
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{0, 12, 13, 11}; !slices.Equal(row, want) {
		t.Errorf("measured %v, want %v", row, want)
	}
}

func TestNaNRunsOn(t *testing.T) {
	step := func(_ *graph.Node, state, _ []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.Sqrt(graph.SubScalar(state[0], 1))}
	}
	l := newLoop(t, open(t), step, func(_ *graph.Node, state, _ []*graph.Node) []*graph.Node { return state })
	start(t, l, []*tensors.Tensor{tensors.FromScalar(2.0)}, nil)
	run(t, l, 50)
	row, err := l.Measure()
	if err != nil || !math.IsNaN(row[0]) || l.Steps() != 50 {
		t.Errorf("after %d steps %v (%v), want NaN after 50", l.Steps(), row, err)
	}
}

// A cancelled run stops soon, keeps its state, and goes on to the same numbers.
func TestCancel(t *testing.T) {
	l := newLoop(t, open(t), regression, norms)
	state, args := random()
	start(t, l, state, args)

	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	var begin time.Time
	go func() {
		time.Sleep(20 * time.Millisecond)
		begin = time.Now()
		cancel(stop)
	}()
	err := l.Run(ctx, math.MaxInt32)
	if !errors.Is(err, stop) {
		t.Fatalf("error %v, want %v", err, stop)
	}
	// Twice the time of a call and as much again for a busy machine.
	if late := time.Since(begin); late > 4*callTime {
		t.Errorf("stopped %v after the cancellation", late)
	}
	if l.Steps() == 0 || l.Steps() == math.MaxInt32 {
		t.Fatalf("stopped after %d steps", l.Steps())
	}
	n := l.Steps()
	got := vector(t, l)
	start(t, l, state, args)
	run(t, l, n)
	if want := vector(t, l); !slices.Equal(got, want) {
		t.Errorf("cancelled after %d steps: %v, uncancelled %v", n, got, want)
	}
	if err := l.Run(ctx, 1); !errors.Is(err, stop) || l.Steps() != n {
		t.Errorf("a run with an ended context made steps: %v", err)
	}
	if points, err := l.Trace(ctx, []int{n, n + 1}); !errors.Is(err, stop) || len(points) != 1 {
		t.Errorf("a trace with an ended context: %d points, error %v", len(points), err)
	}
}

func TestProgress(t *testing.T) {
	l := newLoop(t, open(t), regression, norms)
	state, args := diagonal()
	start(t, l, state, args)
	var dones []float64
	ctx := progress.With(t.Context(), func(f float64) { dones = append(dones, f) })
	if err := l.Run(ctx, 0); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, 3*interval)
	defer cancel()
	if err := l.Run(ctx, math.MaxInt32); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	// One for each interval at most, and the last word.
	last := float64(l.Steps()) / math.MaxInt32
	if n := len(dones); n < 2 || n > 5 || !slices.IsSorted(dones) || dones[n-1] != last {
		t.Errorf("progress %v, want the last %v", dones, last)
	}
}

// Whatever a step does wrong is an error of Start that says what.
func TestWrongSteps(t *testing.T) {
	b := open(t)
	state, args := diagonal()
	good := func(_ *graph.Node, state, _ []*graph.Node) []*graph.Node { return state }
	for _, c := range []struct {
		name          string
		step, measure Step
		want          string
	}{
		{"too few", func(_ *graph.Node, state, _ []*graph.Node) []*graph.Node { return state[:1] }, nil, "returned 1 nodes for a state of 2"},
		{"shape", func(_ *graph.Node, state, _ []*graph.Node) []*graph.Node {
			return []*graph.Node{graph.Reshape(state[0], 2), state[1]}
		}, nil, "state[0]"},
		{"dtype", func(k *graph.Node, state, _ []*graph.Node) []*graph.Node {
			return []*graph.Node{state[0], graph.ConvertDType(state[1], dtypes.Float32)}
		}, nil, "state[1]"},
		{"nil", func(_ *graph.Node, state, _ []*graph.Node) []*graph.Node { return []*graph.Node{state[0], nil} }, nil, "nil for state[1]"},
		{"mismatch", func(_ *graph.Node, state, args []*graph.Node) []*graph.Node {
			return []*graph.Node{graph.Add(state[0], args[0]), state[1]}
		}, nil, "step"},
		{"panic with text", func(*graph.Node, []*graph.Node, []*graph.Node) []*graph.Node { panic("an odd thing") }, nil, "an odd thing"},
		{"panic of the runtime", func(_ *graph.Node, state, _ []*graph.Node) []*graph.Node { return state[:cap(state)+1] }, nil, "step"},
		{"measure panics", good, func(*graph.Node, []*graph.Node, []*graph.Node) []*graph.Node { panic("an odd measure") }, "an odd measure"},
		{"measure of nothing", good, func(*graph.Node, []*graph.Node, []*graph.Node) []*graph.Node { return nil }, "nothing"},
		{"measure of nil", good, func(*graph.Node, []*graph.Node, []*graph.Node) []*graph.Node { return []*graph.Node{nil} }, "nil"},
	} {
		l := newLoop(t, b, c.step, c.measure)
		for range 2 { // the second time must not wait for the first
			err := l.Start(state, args)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
			}
			if err := l.Run(t.Context(), 1); err == nil {
				t.Errorf("%s: ran", c.name)
			}
		}
	}
}

func TestMisuse(t *testing.T) {
	b := open(t)
	state, args := diagonal()
	wantError := func(name string, err error) {
		t.Helper()
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	_, err := NewLoop(nil, regression, nil)
	wantError("no backend", err)
	_, err = NewLoop(b, nil, nil)
	wantError("no step", err)

	l := newLoop(t, b, regression, nil)
	wantError("run before start", l.Run(t.Context(), 1))
	_, err = l.State()
	wantError("state before start", err)
	_, err = l.Trace(t.Context(), []int{0})
	wantError("trace before start", err)
	wantError("empty state", l.Start(nil, args))
	wantError("nil tensor", l.Start([]*tensors.Tensor{nil}, args))
	dead := tensors.FromScalar(1.0)
	if err := dead.FinalizeAll(); err != nil {
		t.Fatal(err)
	}
	wantError("finalized tensor", l.Start(state, []*tensors.Tensor{dead}))

	start(t, l, state, args)
	run(t, l, 1)
	wantError("negative steps", l.Run(t.Context(), -1))
	wantError("more steps than can be counted", l.Run(t.Context(), math.MaxInt))
	_, err = l.Measure()
	wantError("no measure", err)
	for _, steps := range [][]int{{-1}, {0}, {5, 5}, {5, 4}} {
		_, err = l.Trace(t.Context(), steps)
		wantError(fmt.Sprint("steps ", steps), err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	wantError("run after close", l.Run(t.Context(), 1))
	start(t, l, state, args) // a closed Loop can be started anew
	run(t, l, 1)
}

// A closed backend gives errors, in whatever order things are closed.
func TestClosedBackend(t *testing.T) {
	b := open(t)
	l := newLoop(t, b, regression, norms)
	state, args := diagonal()
	start(t, l, state, args)
	run(t, l, 3)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	_, errMeasure := l.Measure()
	_, errState := l.State()
	_, errNew := NewLoop(b, regression, nil)
	for name, err := range map[string]error{
		"run": l.Run(t.Context(), 1), "measure": errMeasure, "state": errState,
		"new loop": errNew, "start": l.Start(state, args),
	} {
		if err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("%s on a closed backend: error %v", name, err)
		}
	}
}

func TestLogSteps(t *testing.T) {
	for _, c := range []struct {
		n, per int
		want   []int
	}{
		{1000, 2, []int{0, 1, 3, 10, 32, 100, 316, 1000}},
		{1500, 1, []int{0, 1, 10, 100, 1000, 1500}},
		{3, 50, []int{0, 1, 2, 3}},
		{1, 3, []int{0, 1}},
		{10, 0, []int{0, 1, 10}},
		{0, 3, []int{0}},
		{-5, 3, []int{0}},
	} {
		if got := LogSteps(c.n, c.per); !slices.Equal(got, c.want) {
			t.Errorf("LogSteps(%d, %d) = %v, want %v", c.n, c.per, got, c.want)
		}
	}
	if got := LogSteps(math.MaxInt, 1); got[len(got)-1] != math.MaxInt || !slices.IsSorted(got) {
		t.Errorf("LogSteps(MaxInt, 1) = %v", got)
	}
}
