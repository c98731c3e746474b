package optim

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/xla"
)

// layoutOf names the two parameters of a problem "a" and "b".
func layoutOf(p problem) model.Layout {
	return model.Layout{{Name: "a", Shape: []int{len(p.start[0])}}, {Name: "b", Shape: []int{len(p.start[1])}}}
}

func specOf(t *testing.T, s Spec, l model.Layout) Optimizer {
	t.Helper()
	opt, err := s.New(l)
	if err != nil {
		t.Fatal(err)
	}
	return opt
}

// A spec makes the steps of the optimizer that it names: the same operations,
// whose numbers come from elsewhere.
func TestSpecIsItsMethod(t *testing.T) {
	p := quadratic()
	lr := 0.4 / p.curvature
	pairs := []struct {
		s    Spec
		want Optimizer
	}{
		{Spec{Method: "gd", Rate: lr}, GD(Constant(lr))},
		{Spec{Method: "gd", Rate: lr, Schedule: ScheduleSpec{Kind: "cosine", Total: 40}}, GD(Cosine(lr, 40))},
		{Spec{Method: "gd", Rate: lr, Schedule: ScheduleSpec{Kind: "linear", Total: 40, Warmup: 5}}, GD(Warmup(Linear(lr, 40), 5))},
		{Spec{Method: "ngd", Rate: 0.05, Schedule: ScheduleSpec{Kind: "inverse-sqrt"}}, NormalizedGD(InverseSqrt(0.05))},
		{Spec{Method: "polyak", Rate: 0.5, Infimum: -0.1}, Polyak(-0.1, 0.5)},
		{Spec{Method: "momentum", Rate: lr, Momentum: 0.7}, Momentum(Constant(lr), 0.7)},
		{Spec{Method: "nesterov", Rate: lr, Momentum: 0.6}, Nesterov(Constant(lr), 0.6)},
		{Spec{Method: "adam", Rate: 0.02}, Adam(Constant(0.02), 0.9, 0.999, 1e-8)},
		{Spec{Method: "adam", Rate: 0.1, Beta1: 0.8, Beta2: 0.99, Eps: 1e-3, Schedule: ScheduleSpec{Kind: "power", Power: 0.75}}, Adam(Power(0.1, 0.75), 0.8, 0.99, 1e-3)},
		{Spec{Method: "adamw", Rate: 0.02, Decay: 0.1, Schedule: ScheduleSpec{Kind: "milestones", Milestones: []int{5, 12}, Gamma: 0.3}},
			AdamW(Milestones(0.02, 0.3, 5, 12), 0.9, 0.999, 1e-8, 0.1)},
		{Spec{Method: "adamr", Rate: 0.02, Decay: 0.1}, AdamR(Constant(0.02), 0.9, 0.999, 1e-8, 0.1, false)},
		{Spec{Method: "adamr", Rate: 0.02, Decay: 0.1, L1: true}, AdamR(Constant(0.02), 0.9, 0.999, 1e-8, 0.1, true)},
	}
	var opts []Optimizer
	for _, c := range pairs {
		opts = append(opts, specOf(t, c.s, layoutOf(p)), c.want)
	}
	for _, spec := range []string{"", "go"} {
		b, err := xla.Open(spec)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		ends := race(t, b, p, dtypes.Float64, opts...)(20)
		for i, c := range pairs {
			// The operations are the same; XLA may contract those with constants.
			if e := distance(ends[2*i], ends[2*i+1]); !(e <= 20*0x1p-52) {
				t.Errorf("%s: %s is off by %.2g", b.Kind, c.s.Method, e)
			}
			if i > 0 && distance(ends[2*i], ends[2*i-2]) == 0 {
				t.Errorf("%s: %s and the one before it end alike", b.Kind, c.s.Method)
			}
		}
	}
}

// refSpec is clipping, coupled decay and masks, entry by entry, in the order of
// the documentation: clip, then decay, then momentum.
func refSpec(lr, beta, lambda, bound float64, trained, decays [2]bool) reference {
	var v [2][]float64
	return func(k int, x *[2][]float64, _ float64, g [2][]float64) {
		if k == 0 {
			v = zerosLike(g)
		}
		norm := 0.0
		for i := range g {
			for _, gij := range g[i] {
				if trained[i] {
					norm += gij * gij
				}
			}
		}
		scale := math.Min(1, bound/math.Sqrt(norm))
		entries(x, g, func(i, j int, g float64) float64 {
			if !trained[i] {
				return 0
			}
			g *= scale
			if decays[i] {
				g += lambda * x[i][j]
			}
			v[i][j] = beta*v[i][j] + g
			return lr * v[i][j]
		})
	}
}

// refAdamR is Algorithm 1 of the paper, in its two passes.
func refAdamR(lr, lambda float64, l1 bool, decays [2]bool) reference {
	const beta1, beta2, eps = 0.9, 0.999, 1e-8
	var m, v, start [2][]float64
	return func(k int, x *[2][]float64, _ float64, g [2][]float64) {
		if k == 0 {
			m, v, start = zerosLike(g), zerosLike(g), clone(*x)
		}
		t, sum := float64(k+1), 0.0
		for i := range g {
			for j, gij := range g[i] {
				m[i][j] = beta1*m[i][j] + (1-beta1)*gij
				v[i][j] = beta2*v[i][j] + (1-beta2)*gij*gij
				sum += v[i][j] / (1 - math.Pow(beta2, t))
			}
		}
		r := math.Sqrt(sum / 5)
		entries(x, g, func(i, j int, _ float64) float64 {
			away := x[i][j] - start[i][j]
			if l1 {
				away = map[bool]float64{true: 1, false: 0}[away > 0] - map[bool]float64{true: 1, false: 0}[away < 0]
			}
			if !decays[i] {
				away = 0
			}
			return lambda*lr/r*away + lr*(m[i][j]/(1-math.Pow(beta1, t)))/(math.Sqrt(v[i][j]/(1-math.Pow(beta2, t)))+eps)
		})
	}
}

func TestSpecFollowsItsReference(t *testing.T) {
	p := quadratic()
	both, first := [2]bool{true, true}, [2]bool{true, false}
	cases := []struct {
		s   Spec
		ref reference
	}{
		{Spec{Method: "momentum", Rate: 0.01, Momentum: 0.5, Decay: 0.3, Clip: 1.5}, refSpec(0.01, 0.5, 0.3, 1.5, both, both)},
		{Spec{Method: "momentum", Rate: 0.01, Momentum: 0.5, Decay: 0.3, Clip: 1.5, NoDecay: []string{"b"}}, refSpec(0.01, 0.5, 0.3, 1.5, both, first)},
		{Spec{Method: "momentum", Rate: 0.01, Momentum: 0.5, Clip: 1.5, Only: []string{"a"}}, refSpec(0.01, 0.5, 0, 1.5, first, first)},
		{Spec{Method: "momentum", Rate: 0.01, Momentum: 0.5, Decay: 0.3, Clip: 100, Frozen: []string{"[b-z]"}}, refSpec(0.01, 0.5, 0.3, 100, first, both)},
		{Spec{Method: "gd", Rate: 0.02, Decay: 0.1}, refSpec(0.02, 0, 0.1, math.Inf(1), both, both)},
		{Spec{Method: "adamr", Rate: 0.02, Decay: 0.5}, refAdamR(0.02, 0.5, false, both)},
		{Spec{Method: "adamr", Rate: 0.02, Decay: 0.5, NoDecay: []string{"b"}}, refAdamR(0.02, 0.5, false, first)},
		{Spec{Method: "adamr", Rate: 0.02, Decay: 0.5, L1: true}, refAdamR(0.02, 0.5, true, both)},
	}
	b := open(t)
	for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
		tol := map[dtypes.DType]float64{dtypes.Float64: 0x1p-53, dtypes.Float32: 0x1p-24}[dtype] * many * 100
		var opts []Optimizer
		for _, c := range cases {
			opts = append(opts, specOf(t, c.s, layoutOf(p)))
		}
		ends := race(t, b, p, dtype, opts...)(many)
		for i, c := range cases {
			if c.s.L1 && dtype == dtypes.Float32 {
				continue // the sign of a rounding error decides whole steps
			}
			want := clone(p.start)
			follow(p, c.ref, &want, many)
			if e := distance(ends[i], want); !(e <= tol) {
				t.Errorf("%s, %+v: off the reference by %.2g, more than %.2g", dtype, c.s, e, tol)
			}
			if next := ends[(i+1)%len(ends)]; !(distance(next, want) > 10*tol) {
				t.Errorf("%s, %+v: the next case is as near", dtype, c.s)
			}
		}
	}
}

// The limit of AdamR on |θ − a|²/2 from 0, where all entries of a are equal and so
// all v̂, is a/(1+λ); Adam's is a.
func TestAdamRLimit(t *testing.T) {
	const a, steps = 0.7, 20_000
	p := problem{
		start: [2][]float64{{0, 0, 0}, {0}},
		loss: func(x []*Node) *Node {
			return MulScalar(Add(ReduceAllSum(Square(SubScalar(x[0], a))), ReduceAllSum(Square(SubScalar(x[1], a)))), 0.5)
		},
	}
	lr := ScheduleSpec{Kind: "linear", Total: steps}
	var opts []Optimizer
	for _, lambda := range []float64{0, 1, 3} {
		opts = append(opts, specOf(t, Spec{Method: "adamr", Rate: 1e-3, Decay: lambda, Schedule: lr}, layoutOf(p)))
	}
	for i, x := range race(t, open(t), p, dtypes.Float64, opts...)(steps) {
		want := a / (1 + []float64{0, 1, 3}[i])
		if !(distance(x, [2][]float64{{want, want, want}, {want}}) <= 1e-5) {
			t.Errorf("limit %v, want %g", x, want)
		}
	}
}

// A sweep over numbers compiles one program, and its runs are those of programs
// of their own; another structure compiles another.
func TestSweepCompilesOnce(t *testing.T) {
	p := quadratic()
	start := params(p, dtypes.Float64)
	loss := Autodiff(func(params, _ []*Node) *Node { return p.loss(params) })
	built := 0
	counted := func(k *Node, params, args []*Node) (*Node, []*Node) {
		built++
		return loss(k, params, args)
	}
	base := Spec{Method: "adamw", Rate: 0.1, Decay: 0.01, Clip: 2, Schedule: ScheduleSpec{Kind: "cosine", Total: 30, Warmup: 3}}
	loop := func(s Spec) *xla.Loop {
		l, err := xla.NewLoop(open(t), Step(counted, specOf(t, s, layoutOf(p)), 2), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l
	}
	end := func(l *xla.Loop, s Spec) []float64 {
		if err := l.Start(State(specOf(t, s, layoutOf(p)), start...), nil); err != nil {
			t.Fatal(err)
		}
		if err := l.Run(t.Context(), 20); err != nil {
			t.Fatal(err)
		}
		state, err := l.State()
		if err != nil {
			t.Fatal(err)
		}
		return float64s(t, state[0])
	}
	shared := loop(base)
	end(shared, base)
	once := built
	var ends [][]float64
	for i := range 6 {
		s := base
		switch i {
		case 1:
			s.Rate = 0.03
		case 2:
			s.Decay, s.Clip = 0.5, 0.3
		case 3:
			s.Schedule.Total = 11
		case 4:
			s.Schedule.Warmup = 9
		case 5:
			s.Beta1, s.Beta2, s.Eps = 0.5, 0.9, 1e-3
		}
		if s.Program() != base.Program() {
			t.Errorf("%+v is said to be another program", s)
		}
		before := built
		got := end(shared, s)
		if built != before {
			t.Errorf("%+v compiled a program", s)
		}
		if want := end(loop(s), s); !slices.Equal(got, want) {
			t.Errorf("%+v: %v in the shared program, %v in its own", s, got, want)
		}
		for _, other := range ends {
			if slices.Equal(got, other) {
				t.Errorf("%+v ends as another", s)
			}
		}
		ends = append(ends, got)
	}
	if once == 0 {
		t.Error("nothing was ever built")
	}
	for _, change := range []func(*Spec){
		func(s *Spec) { s.Decay = 0 }, func(s *Spec) { s.Clip = 0 }, func(s *Spec) { s.Schedule.Kind = "linear" },
		func(s *Spec) { s.NoDecay = []string{"a"} }, func(s *Spec) { s.Method = "adamr" },
	} {
		s := base
		change(&s)
		if s.Program() == base.Program() {
			t.Errorf("%+v is said to be the same program", s)
		}
	}
}

func TestSpecJSON(t *testing.T) {
	s := Spec{Method: "adamr", Rate: 1e-3, Decay: 0.1, L1: true, Clip: 1, Beta1: 0.9, Beta2: 0.99, Eps: 1e-6,
		Schedule: ScheduleSpec{Kind: "milestones", Warmup: 3, Gamma: 0.1, Milestones: []int{5, 9}},
		Only:     []string{"blocks.*"}, Frozen: []string{"blocks.0.*"}, NoDecay: []string{"*.bias"}}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back Spec
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, s) {
		t.Errorf("%s came back as %+v (%v)", text, back, err)
	}
	if text, _ = json.Marshal(Spec{Method: "gd", Rate: 0.5}); string(text) != `{"Method":"gd","Rate":0.5,"Schedule":{}}` {
		t.Errorf("the least spec is %s", text)
	}
}

func TestSpecErrors(t *testing.T) {
	l := layoutOf(quadratic())
	good := Spec{Method: "gd", Rate: 1}
	if _, err := good.New(l); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(s *Spec){
		"known are gd, ngd":            func(s *Spec) { s.Method = "lion" },
		"known are constant":           func(s *Spec) { s.Schedule.Kind = "triangle" },
		"positive number":              func(s *Spec) { s.Rate = math.NaN() },
		"momentum and nesterov have":   func(s *Spec) { s.Momentum = 0.9 },
		"want it in [0, 1)":            func(s *Spec) { s.Method, s.Momentum = "momentum", 1 },
		"adam, adamw and adamr have":   func(s *Spec) { s.Beta1 = 0.9 },
		"give all three":               func(s *Spec) { s.Method, s.Beta1 = "adam", 0.8 },
		"polyak does":                  func(s *Spec) { s.Infimum = 1 },
		"add the term to the loss":     func(s *Spec) { s.Method, s.Decay = "polyak", 1 },
		"sets its own step":            func(s *Spec) { s.Method, s.Schedule.Warmup = "polyak", 2 },
		"nothing does":                 func(s *Spec) { s.NoDecay = []string{"a"} },
		"adamr has":                    func(s *Spec) { s.L1 = true },
		"no bound":                     func(s *Spec) { s.Clip = -1 },
		"decay -1":                     func(s *Spec) { s.Decay = -1 },
		`Only: model: no parameter`:    func(s *Spec) { s.Only = []string{"c"} },
		`Frozen: model: no parameter`:  func(s *Spec) { s.Frozen = []string{"a", "x*"} },
		`NoDecay: model: no parameter`: func(s *Spec) { s.Decay, s.NoDecay = 1, []string{"B"} },
		"left to train":                func(s *Spec) { s.Only, s.Frozen = []string{"a"}, []string{"?"} },
		"want Total to be positive":    func(s *Spec) { s.Schedule.Kind = "cosine" },
		"has no end":                   func(s *Spec) { s.Schedule.Total = 5 },
		"a power schedule":             func(s *Spec) { s.Schedule.Kind = "power" },
		"has no power":                 func(s *Spec) { s.Schedule.Power = 1 },
		"at least one":                 func(s *Spec) { s.Schedule.Kind = "milestones" },
		"has no milestones":            func(s *Spec) { s.Schedule.Gamma = 0.1 },
		"do not increase":              func(s *Spec) { s.Schedule = ScheduleSpec{Kind: "milestones", Gamma: 1, Milestones: []int{3, 2}} },
		"a warm-up of -1":              func(s *Spec) { s.Schedule.Warmup = -1 },
	} {
		s := good
		change(&s)
		if _, err := s.New(l); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "optim: ") {
			t.Errorf("%+v: error %v, want one with %q", s, err, want)
		}
	}
	if _, err := good.New(model.Layout{{Name: "a"}, {Name: "a"}}); err == nil {
		t.Error("a layout of equal names")
	}
	// State of another spec, and parameters of another layout.
	opt := specOf(t, good, l)
	loss := Autodiff(func(params, _ []*Node) *Node { return ReduceAllSum(params[0]) })
	loop, err := xla.NewLoop(open(t), Step(loss, opt, 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer loop.Close()
	if err := loop.Start([]*tensors.Tensor{tensors.FromScalar(1.0)}, nil); err == nil || !strings.Contains(err.Error(), "2 parameters") {
		t.Errorf("error %v, want one that counts parameters", err)
	}
}
