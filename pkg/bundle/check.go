package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strconv"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/loss"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/xla"
)

// The instance on which a device is checked: a table of logits of a class each, trained by
// cross-entropy with a quadratic term. It is strongly convex, so that round-off does not
// grow along a descent; its gradient scatters 96 rows into 24, which is where a GPU that was
// not told otherwise adds in another order each time.
const (
	checkRows    = 24
	checkClasses = 12
	checkBatch   = 96
	checkSteps   = 40
	ridge        = 0.05
	// loops is how many loops are made and closed to see whether memory stays, after half as many.
	loops = 40
)

// tolerances are for the largest difference between a device and pure Go, relative to the
// largest parameter: a hundred times steps times unit round-off in float64. In float32 the
// quotient of Adam takes the error of a gradient's smallest entries, about 10⁻⁴ of these,
// into steps of the rate.
var tolerances = map[dtypes.DType]float64{dtypes.Float64: 1e-11, dtypes.Float32: 1e-4}

var checkLayout = model.Layout{{Name: "table", Shape: []int{checkRows, checkClasses}}, {Name: "bias", Shape: []int{checkClasses}}}

func checkLoss(params, args []*Node) *Node {
	logits := Add(model.Embed(params[0], args[0]), ExpandDims(params[1], 0))
	l := loss.CrossEntropy(logits, args[1])
	for _, p := range params {
		l = Add(l, MulScalar(ReduceAllSum(Square(p)), ridge/2))
	}
	return l
}

// checkSpec is an optimizer of a method whose steps are short enough not to stretch round-off: Polyak's takes 0 for
// the infimum, which is 2.4, so that with a factor of 0.1 its steps grow beyond 2/L and stretch it 10⁶ times.
func checkSpec(method string, rate float64) optim.Spec {
	s := optim.Spec{Method: method, Rate: rate * map[string]float64{"gd": 0.5, "ngd": 0.02, "momentum": 0.2, "nesterov": 0.2, "polyak": 0.02}[method]}
	switch method {
	case "momentum", "nesterov":
		s.Momentum = 0.6
	case "adam", "adamw", "adamr":
		s.Rate = 0.01 * rate
		s.Decay = map[string]float64{"adam": 0, "adamw": 0.1, "adamr": 0.1}[method]
	}
	return s
}

// descend runs checkSteps steps of a method on a backend and returns the parameters.
func descend(ctx context.Context, b *xla.Backend, method string, rate float64, dtype dtypes.DType) (x []float64, err error) {
	opt, err := checkSpec(method, rate).New(checkLayout)
	if err != nil {
		return nil, err
	}
	l, err := xla.NewLoop(b, optim.Step(optim.Autodiff(checkLoss), opt, len(checkLayout)), nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	draw := random.Stream(1, "bundle/check")
	params := []*tensors.Tensor{}
	for _, p := range checkLayout {
		n := 1
		for _, d := range p.Shape {
			n *= d
		}
		x := make([]float64, n)
		for i := range x {
			x[i] = draw.NormFloat64()
		}
		params = append(params, ofType(x, dtype, p.Shape...))
	}
	rows, classes := make([]int32, checkBatch), make([]int32, checkBatch)
	for i := range rows {
		rows[i], classes[i] = int32(draw.IntN(checkRows)), int32(draw.IntN(checkClasses))
	}
	args := []*tensors.Tensor{tensors.FromFlatDataAndDimensions(rows, checkBatch), tensors.FromFlatDataAndDimensions(classes, checkBatch)}
	if err := l.Start(optim.State(opt, params...), args); err != nil {
		return nil, err
	}
	if err := l.Run(ctx, checkSteps); err != nil {
		return nil, err
	}
	state, err := l.State()
	if err != nil {
		return nil, err
	}
	for _, t := range state[:len(checkLayout)] {
		flat, err := floats(t)
		if err != nil {
			return nil, err
		}
		x = append(x, flat...)
	}
	return x, nil
}

func ofType(x []float64, dtype dtypes.DType, shape ...int) *tensors.Tensor {
	if dtype == dtypes.Float64 {
		return tensors.FromFlatDataAndDimensions(x, shape...)
	}
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return tensors.FromFlatDataAndDimensions(y, shape...)
}

func floats(t *tensors.Tensor) ([]float64, error) {
	if t.DType() == dtypes.Float64 {
		return tensors.CopyFlatData[float64](t)
	}
	y, err := tensors.CopyFlatData[float32](t)
	x := make([]float64, len(y))
	for i, v := range y {
		x[i] = float64(v)
	}
	return x, err
}

// difference is the largest difference of two vectors relative to the largest entry.
// Anything that is not finite is infinitely far.
func difference(x, y []float64) float64 {
	if len(x) != len(y) {
		return math.Inf(1)
	}
	most, scale := 0.0, 0.0
	for i := range x {
		d := math.Abs(x[i] - y[i])
		if math.IsNaN(d) || math.IsInf(d, 0) {
			return math.Inf(1)
		}
		most, scale = max(most, d), max(scale, math.Abs(x[i]), math.Abs(y[i]))
	}
	if most == 0 {
		return 0
	}
	return most / scale
}

// faulty counts what a check finds wrong.
type faulty struct {
	out io.Writer
	n   int
}

func (f *faulty) say(good bool, format string, args ...any) {
	mark := "ok   "
	if !good {
		mark = "WRONG"
		f.n++
	}
	fmt.Fprintf(f.out, "%s %s\n", mark, fmt.Sprintf(format, args...))
}

// check compares a backend with pure Go on every optimizer in both types, with itself bit by
// bit, and watches its memory. It returns the number of faults.
func check(ctx context.Context, b *xla.Backend, out io.Writer) (int, error) {
	goB, err := xla.Open("go")
	if err != nil {
		return 0, err
	}
	f := &faulty{out: out}
	for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
		for _, method := range optim.Methods {
			var runs [4][]float64 // the device twice, pure Go, pure Go at another rate
			for i, r := range []struct {
				b    *xla.Backend
				rate float64
			}{{b, 1}, {b, 1}, {goB, 1}, {goB, 1.1}} {
				if runs[i], err = descend(ctx, r.b, method, r.rate, dtype); err != nil {
					return f.n, errors.Join(fmt.Errorf("%s in %s on %s: %w", method, dtype, r.b.Kind, err), goB.Close())
				}
			}
			apart, other := difference(runs[0], runs[2]), difference(runs[2], runs[3])
			f.say(apart <= tolerances[dtype] && other > tolerances[dtype], "%-8s %s: %.1e from pure Go (at most %.0e; a rate off by a tenth: %.1e)",
				method, dtype, apart, tolerances[dtype], other)
			again := difference(runs[0], runs[1])
			f.say(again == 0, "%-8s %s: twice the same bits (difference %g)", method, dtype, again)
		}
	}
	if err := memory(ctx, b, f); err != nil {
		return f.n, errors.Join(err, goB.Close())
	}
	return f.n, goB.Close()
}

var residentForm = regexp.MustCompile(`(?m)^VmRSS:\s*(\d+) kB`)

// resident is the memory that this process holds, in bytes; 0 where the system does not tell.
func resident() int64 {
	b, _ := os.ReadFile("/proc/self/status")
	m := residentForm.FindSubmatch(b)
	if m == nil {
		return 0
	}
	kB, _ := strconv.ParseInt(string(m[1]), 10, 64)
	return kB << 10
}

// leak is the growth, in bytes a loop, from which on memory counts as not given back: a
// compiled program of the instance holds more.
const leak = 256 << 10

// memory makes and closes loops in three parts. The first fills caches; what is not given back
// grows in both of the others, what the system has not taken back yet in one.
func memory(ctx context.Context, b *xla.Backend, f *faulty) error {
	var held [3]int64
	for part := range held {
		for range loops / 2 {
			if _, err := descend(ctx, b, "adam", 1, dtypes.Float32); err != nil {
				return err
			}
		}
		held[part] = resident()
	}
	if held[0] == 0 {
		f.say(true, "memory: this system does not tell")
		return nil
	}
	grown := float64(min(held[1]-held[0], held[2]-held[1])) / (loops / 2)
	f.say(grown < leak, "memory of the host: %+.0f kB a loop that was made and closed (less than %d)", grown/1024, leak>>10)
	return nil
}
