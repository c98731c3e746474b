package optim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/xla"
)

// Three runs of a program on a leading axis make the steps that each makes alone: with its
// own rate, start, slots and norms.
func TestRunsAreTheRuns(t *testing.T) {
	const runs, steps = 3, 20
	b, p := open(t), quadratic()
	objective := Autodiff(func(params, _ []*Node) *Node { return p.loss(params) })
	for _, s := range []Spec{
		{Method: "gd", Rate: 0.02, Schedule: ScheduleSpec{Kind: "cosine", Total: 40, Warmup: 3}},
		{Method: "ngd", Rate: 0.05}, {Method: "polyak", Rate: 0.5}, {Method: "nesterov", Rate: 0.02, Momentum: 0.6, Clip: 1},
		{Method: "adamw", Rate: 0.02, Decay: 0.1, NoDecay: []string{"b"}}, {Method: "adamr", Rate: 0.02, Decay: 0.1},
		{Method: "momentum", Rate: 0.02, Momentum: 0.5, Frozen: []string{"a"}},
	} {
		for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
			var opts []Optimizer
			var starts, states [][]*tensors.Tensor
			var single []xla.Step
			for r := range runs {
				one, at := s, p
				one.Rate *= 1 + float64(r)/2
				at.start = [2][]float64{{1, -0.7, 0.5 - float64(r)}, {-1.2 + float64(r), 0.3}}
				opt := specOf(t, one, layoutOf(p))
				opts, starts = append(opts, opt), append(starts, params(at, dtype))
				single, states = append(single, Step(objective, opt, 2)), append(states, State(opt, starts[r]...))
			}
			alone := together(t, b, single, states)(steps)
			l, err := xla.NewLoop(b, Step(EachRun(objective), opts[runs-1], 2), nil)
			if err != nil {
				t.Fatal(err)
			}
			state, err := StateRuns(opts, starts)
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Start(state, nil); err != nil {
				t.Fatal(err)
			}
			if err := l.Run(t.Context(), steps); err != nil {
				t.Fatal(err)
			}
			end, err := l.State()
			if err != nil {
				t.Fatal(err)
			}
			a, c := float64s(t, end[0]), float64s(t, end[1])
			eps := map[dtypes.DType]float64{dtypes.Float64: 0x1p-52, dtypes.Float32: 0x1p-23}[dtype]
			for r := range runs {
				got := [2][]float64{a[3*r : 3*r+3], c[2*r : 2*r+2]}
				// The operations are the same; XLA may contract them otherwise.
				tol := steps * 10 * eps
				if e := distance(got, alone[r]); !(e <= tol) {
					t.Errorf("%s, %s: run %d is off by %.2g", s.Method, dtype, r, e)
				}
				if next := alone[(r+1)%runs]; distance(alone[r], next) < 10*tol {
					t.Errorf("%s, %s: run %d ends where the next one does", s.Method, dtype, r)
				}
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// Runs that cannot share a program are errors that say why, before anything is computed.
func TestRunsMisfit(t *testing.T) {
	gd, adam := GD(Constant(1)), Adam(Constant(1), 0.9, 0.9, 0)
	short, long := []*tensors.Tensor{tensors.FromValue([]float64{1, 2})}, []*tensors.Tensor{tensors.FromValue([]float64{1, 2, 3})}
	for says, f := range map[string]func() error{
		"at least one":        func() error { _, err := StateRuns(nil, nil); return err },
		"2 runs with 1 optim": func() error { _, err := StateRuns([]Optimizer{gd}, [][]*tensors.Tensor{short, short}); return err },
		"want equal shapes":   func() error { _, err := StateRuns([]Optimizer{gd, gd}, [][]*tensors.Tensor{short, long}); return err },
		"runs of one program": func() error {
			_, err := StateRuns([]Optimizer{gd, adam}, [][]*tensors.Tensor{short, short})
			return err
		},
		"no runs": func() error { _, err := xla.StackRuns(nil); return err },
	} {
		if err := f(); err == nil || !strings.Contains(fmt.Sprint(err), says) {
			t.Errorf("error %v does not say %q", err, says)
		}
	}
}
