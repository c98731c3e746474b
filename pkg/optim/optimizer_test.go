package optim

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/xla"
)

// contender is an optimizer with the reference that it must follow.
type contender struct {
	opt   Optimizer
	ref   reference
	steps int // of the comparison, few or many
}

const few, many = 6, 60

// contenders are all optimizers, with step sizes that suit a curvature.
func contenders(p problem) []contender {
	lr := 0.4 / p.curvature
	cosine := func(k int) float64 { return 0.75 * lr * (1 + math.Cos(math.Pi*min(float64(k), 40)/40)) }
	return []contender{
		{GD(Constant(lr)), refGD(always(lr)), many},
		{GD(Cosine(1.5*lr, 40)), refGD(cosine), many},
		{NormalizedGD(InverseSqrt(0.05)), refNormalized(func(k int) float64 { return 0.05 / math.Sqrt(float64(k+1)) }), many},
		// Polyak's steps are longer than 2/L, so that differences grow: few steps.
		{Polyak(p.infimum, 0.5), refPolyak(p.infimum, 0.5), few},
		{Momentum(Constant(lr), 0.7), refMomentum(lr, 0.7), many},
		{Nesterov(Constant(lr), 0.6), refNesterov(lr, 0.6), many},
		{Adam(Constant(0.02), 0.9, 0.99, 1e-8), refAdam(always(0.02), 0.9, 0.99, 1e-8, 0), many},
		{Adam(Power(0.1, 0.75), 0.8, 0.999, 1e-3), refAdam(func(k int) float64 { return 0.1 / math.Pow(float64(k+1), 0.75) }, 0.8, 0.999, 1e-3, 0), many},
		{AdamW(Constant(0.02), 0.9, 0.999, 1e-8, 0.1), refAdam(always(0.02), 0.9, 0.999, 1e-8, 0.1), many},
	}
}

// TestReference compares the steps of every optimizer on every problem in both
// dtypes with those of the reference, which computes in float64. The error of a
// step is some roundings of numbers of order 1; they add up, and the problems
// stretch them by less than 100.
func TestReference(t *testing.T) {
	b := open(t)
	for _, p := range problems() {
		for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
			eps := map[dtypes.DType]float64{dtypes.Float64: 0x1p-53, dtypes.Float32: 0x1p-24}[dtype]
			to := race(t, b, p, dtype, optimizers(contenders(p))...)
			early, late := to(few), to(many)
			for i, c := range contenders(p) {
				tol := many * 100 * eps
				got := late[i]
				if c.steps == few {
					got = early[i]
				}
				want, other := clone(p.start), clone(p.start)
				follow(p, c.ref, &want, c.steps)
				if e := distance(got, want); !(e <= tol) {
					t.Errorf("%s, %s, %s: off the reference by %.2g, more than %.2g", p.name, c.opt.Name(), dtype, e, tol)
				}
				// Another optimizer's reference goes elsewhere, by far.
				next := contenders(p)[(i+1)%len(contenders(p))]
				follow(p, next.ref, &other, c.steps)
				if e := distance(got, other); !(e > 10*tol) {
					t.Errorf("%s, %s, %s: the path of %s is as near, %.2g", p.name, c.opt.Name(), dtype, next.opt.Name(), e)
				}
			}
		}
	}
}

// Each optimizer, given step sizes that suit the problem, finds a point where
// the gradient vanishes.
func TestConverges(t *testing.T) {
	const steps = 10000
	b := open(t)
	for _, p := range problems() {
		lr := 1 / p.curvature
		cases := []struct {
			opt Optimizer
			tol float64 // of the gradient
		}{
			// Constant steps contract by at least 1 − 0.4/200 (Rosenbrock's valley).
			{GD(Constant(lr)), 1e-6},
			{Momentum(Constant(lr/2), 0.8), 1e-8},
			{Nesterov(Constant(lr/2), 0.8), 1e-8},
			// Steps of a length that falls to 0 with the cosine: the last hundred sum
			// up to 1e-6 of the first ten thousand.
			{NormalizedGD(Cosine(0.01, steps)), 1e-4},
			{Adam(Cosine(0.02, steps), 0.9, 0.99, 1e-8), 1e-4},
			{AdamW(Cosine(0.02, steps), 0.9, 0.99, 1e-8, 0), 1e-4},
			// f − f* is known to 1e-16, so that √(L·1e-16) is what Polyak can see.
			{Polyak(p.infimum, 0.5), 1e-6},
		}
		var opts []Optimizer
		for _, c := range cases {
			opts = append(opts, c.opt)
		}
		ends := race(t, b, p, dtypes.Float64, opts...)(steps)
		for i, c := range cases {
			if _, g := p.host(ends[i]); !(length(g) <= c.tol) {
				t.Errorf("%s: %s: gradient of length %.2g after %d steps, more than %.2g", p.name, c.opt.Name(), length(g), steps, c.tol)
			}
		}
	}
}

// A stationary point is left by nobody, and nobody makes a NaN of it.
func TestStationary(t *testing.T) {
	b := open(t)
	p := quadratic()
	p.start = [2][]float64{{0, 0, 0}, {0, 0}}
	for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
		for i, x := range race(t, b, p, dtype, optimizers(contenders(p))...)(5) {
			if !(distance(x, p.start) == 0) {
				t.Errorf("%s, %s: left the minimum for %v", contenders(p)[i].opt.Name(), dtype, x)
			}
		}
	}
}

// Where the loss is below what it was told to be the infimum, as by rounding,
// Polyak's step is none; its control, told the truth, moves.
func TestPolyakBelowInfimum(t *testing.T) {
	p := quadratic()
	f, _ := p.host(p.start)
	ends := race(t, open(t), p, dtypes.Float64, Polyak(f+1e-3, 1), Polyak(0, 1))(3)
	if !(distance(ends[0], p.start) == 0) {
		t.Errorf("below the infimum it went to %v", ends[0])
	}
	if distance(ends[1], p.start) == 0 {
		t.Error("above the infimum it stayed")
	}
}

// Gradients whose squares underflow still have a direction: the loss is
// 1e-25·Σx in float32, where 1e-50 is zero, and 1e-200·Σx in float64.
func TestTinyGradients(t *testing.T) {
	b := open(t)
	for dtype, tiny := range map[dtypes.DType]float64{dtypes.Float32: 1e-25, dtypes.Float64: 1e-200} {
		p := problem{
			start: [2][]float64{{1, 1, 1}, {1}},
			loss: func(params []*Node) *Node {
				return MulScalar(Add(ReduceAllSum(params[0]), ReduceAllSum(params[1])), tiny)
			},
		}
		const steps, lr = 10, 0.1
		// All four entries are equal, so that a step of length lr moves each by lr/2.
		want := [2][]float64{{0.5, 0.5, 0.5}, {0.5}}
		to := race(t, b, p, dtype, NormalizedGD(Constant(lr)), Polyak(0, 1))
		polyak, ngd := to(1)[1], to(steps)[0]
		if x := ngd; !(distance(x, want) <= 1e-5) {
			t.Errorf("NGD, %s: %v, want %v", dtype, x, want)
		}
		// Polyak: f/‖g‖² · g = (Σx/4)·(1, 1, 1, 1) reaches Σx = 0 in one step.
		want = [2][]float64{{0, 0, 0}, {0}}
		if x := polyak; !(distance(x, want) <= 1e-5) {
			t.Errorf("Polyak, %s: %v, want %v", dtype, x, want)
		}
	}
}

// A NaN is not taken for a stationary point.
func TestNaN(t *testing.T) {
	b := open(t)
	p := quadratic()
	p.start[0][1] = math.NaN()
	for i, x := range race(t, b, p, dtypes.Float64, optimizers(contenders(p))...)(2) {
		if !math.IsNaN(x[0][1]) {
			t.Errorf("%s: NaN became %g", contenders(p)[i].opt.Name(), x[0][1])
		}
	}
}

// A gradient by hand and the derived one make the same steps.
func TestByHand(t *testing.T) {
	b := open(t)
	p := quadratic()
	byHand := func(_ *Node, params, args []*Node) (*Node, []*Node) {
		return p.loss(params), []*Node{
			Mul(constant(params[0], curvatures[0]), params[0]),
			Mul(constant(params[1], curvatures[1]), params[1]),
		}
	}
	opt := Adam(Constant(0.02), 0.9, 0.99, 1e-8)
	derived := Autodiff(func(params, _ []*Node) *Node { return p.loss(params) })
	start := State(opt, params(p, dtypes.Float64)...)
	ends := together(t, b, []xla.Step{Step(byHand, opt, 2), Step(derived, opt, 2)}, [][]*tensors.Tensor{start, start})(50)
	if !(distance(ends[0], ends[1]) <= 1e-13) {
		t.Errorf("by hand %v, derived %v", ends[0], ends[1])
	}
}

// Whatever does not fit is an error of the loop's start that says what.
func TestMisfits(t *testing.T) {
	b := open(t)
	p := quadratic()
	start := params(p, dtypes.Float64)
	full := Autodiff(func(params, _ []*Node) *Node { return p.loss(params) })
	opt := Momentum(Constant(0.1), 0.9)
	for _, c := range []struct {
		name  string
		step  xla.Step
		state []*tensors.Tensor
		want  string
	}{
		{"no slots", Step(full, opt, 2), start, "2 slots"},
		{"few parameters", Step(full, opt, 5), State(opt, start...), "5 parameters"},
		{"no slots wanted", Step(full, GD(Constant(1)), 2), State(opt, start...), "0 slots"},
		{"few gradients", Step(func(_ *Node, params, _ []*Node) (*Node, []*Node) { return p.loss(params), params[:1] }, opt, 2), State(opt, start...), "1 gradients"},
		{"wrong gradient", Step(func(_ *Node, params, _ []*Node) (*Node, []*Node) {
			return p.loss(params), []*Node{params[1], params[0]}
		}, opt, 2), State(opt, start...), "gradient 0"},
	} {
		l, err := xla.NewLoop(b, c.step, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Start(c.state, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestPanics(t *testing.T) {
	lr := Constant(1)
	for name, f := range map[string]func(){
		"β = 1":     func() { Momentum(lr, 1) },
		"β < 0":     func() { Nesterov(lr, -0.1) },
		"β₂ = NaN":  func() { Adam(lr, 0.9, math.NaN(), 0) },
		"ε < 0":     func() { Adam(lr, 0.9, 0.9, -1) },
		"λ < 0":     func() { AdamW(lr, 0.9, 0.9, 0, -1) },
		"c = 0":     func() { Polyak(0, 0) },
		"total = 0": func() { Cosine(1, 0) },
		"n = 0":     func() { Warmup(lr, 0) },
		"no params": func() { Step(Autodiff(nil), GD(lr), 0) },
	} {
		func() {
			defer func() {
				if r := recover(); r == nil {
					t.Errorf("%s: no panic", name)
				} else if s := fmt.Sprint(r); !strings.HasPrefix(s, "optim: ") {
					t.Errorf("%s: panic %q", name, s)
				}
			}()
			f()
		}()
	}
}

func open(t *testing.T) *xla.Backend {
	t.Helper()
	b, err := xla.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// params are the parameters at the start of a problem.
func params(p problem, dtype dtypes.DType) []*tensors.Tensor {
	var ts []*tensors.Tensor
	for _, x := range p.start {
		if dtype == dtypes.Float32 {
			y := make([]float32, len(x))
			for i := range x {
				y[i] = float32(x[i])
			}
			ts = append(ts, tensors.FromFlatDataAndDimensions(y, len(y)))
			continue
		}
		ts = append(ts, tensors.FromFlatDataAndDimensions(x, len(x)))
	}
	return ts
}

// race starts all optimizers on a problem side by side, in one program, which
// compiles faster than many. It returns a function that goes on to step n and
// returns the parameters of each.
func race(t *testing.T, b *xla.Backend, p problem, dtype dtypes.DType, opts ...Optimizer) func(n int) [][2][]float64 {
	t.Helper()
	var steps []xla.Step
	var starts [][]*tensors.Tensor
	for _, opt := range opts {
		steps = append(steps, Step(Autodiff(func(params, _ []*Node) *Node { return p.loss(params) }), opt, 2))
		starts = append(starts, State(opt, params(p, dtype)...))
	}
	return together(t, b, steps, starts)
}

// together runs steps, each on its own part of a state, in one loop, and returns
// the first two tensors of each.
func together(t *testing.T, b *xla.Backend, steps []xla.Step, starts [][]*tensors.Tensor) func(n int) [][2][]float64 {
	t.Helper()
	l, err := xla.NewLoop(b, func(k *Node, state, args []*Node) (next []*Node) {
		for i, step := range steps {
			n := len(starts[i])
			next = append(next, step(k, state[:n:n], args)...)
			state = state[n:]
		}
		return next
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := l.Start(slices.Concat(starts...), nil); err != nil {
		t.Fatal(err)
	}
	return func(n int) (all [][2][]float64) {
		if err := l.Run(t.Context(), n-l.Steps()); err != nil {
			t.Fatal(err)
		}
		end, err := l.State()
		if err != nil {
			t.Fatal(err)
		}
		for _, start := range starts {
			all = append(all, [2][]float64{float64s(t, end[0]), float64s(t, end[1])})
			end = end[len(start):]
		}
		return all
	}
}

func float64s(t *testing.T, x *tensors.Tensor) (y []float64) {
	t.Helper()
	if err := x.ConstFlatData(func(flat any) {
		switch v := flat.(type) {
		case []float64:
			y = append(y, v...)
		case []float32:
			for _, x := range v {
				y = append(y, float64(x))
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	return y
}

// optimizers are those of the contenders.
func optimizers(cs []contender) (opts []Optimizer) {
	for _, c := range cs {
		opts = append(opts, c.opt)
	}
	return opts
}

// follow makes n steps of a reference.
func follow(p problem, ref reference, x *[2][]float64, n int) {
	for k := range n {
		f, g := p.host(*x)
		ref(k, x, f, g)
	}
}

// distance is the largest difference of two entries; NaN if there is one.
func distance(x, y [2][]float64) float64 {
	d := 0.0
	for i := range x {
		for j := range x[i] {
			d = math.Max(d, math.Abs(x[i][j]-y[i][j]))
		}
	}
	return d
}
