package loss

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// roundings of numbers of order ten, in both dtypes.
var rounding = map[dtypes.DType]float64{dtypes.Float64: 20 * 0x1p-53, dtypes.Float32: 20 * 0x1p-24}

func TestDefinitions(t *testing.T) {
	b := open(t)
	in := random(1, 12, 7, 2)
	excess, grad := in.exact()
	for dtype, tol := range rounding {
		got := evaluator(t, b, dtype)(in)
		if e := got.ce - in.entropy() - excess; !(math.Abs(e) <= tol) {
			t.Errorf("%s: CE off by %.2g, more than %.2g", dtype, e, tol)
		}
		if e := got.excess - excess; !(math.Abs(e) <= tol) {
			t.Errorf("%s: excess off by %.2g, more than %.2g", dtype, e, tol)
		}
		for name, g := range got.gradients() {
			if e := largest(g, grad); !(e <= tol) {
				t.Errorf("%s: gradient, %s, off by %.2g, more than %.2g", dtype, name, e, tol)
			}
		}
	}
}

// Targets that do not sum to one: by the definition of the cross-entropy its gradient is
// π_j (σ_z(l_j) Σ_y p_{j,y} − p_{j,z}).
func TestUnnormalizedTargets(t *testing.T) {
	in := random(3, 6, 5, 1)
	for i := range in.p {
		in.p[i] *= 1 + 0.5*float64(i/in.v)
	}
	want := make([]float64, len(in.p))
	for j := range in.m {
		p, l := in.p[j*in.v:(j+1)*in.v], in.logits[j*in.v:(j+1)*in.v]
		sum, mass := 0.0, 0.0
		for z := range p {
			sum, mass = sum+math.Exp(l[z]), mass+p[z]
		}
		for z := range p {
			want[j*in.v+z] = in.pi[j] * (math.Exp(l[z])/sum*mass - p[z])
		}
	}
	got := evaluator(t, open(t), dtypes.Float64)(in)
	for name, grad := range map[string][]float64{"closed": got.grad, "derived": got.ofCE} {
		if e := largest(grad, want); !(e <= rounding[dtypes.Float64]) {
			t.Errorf("the gradient, %s, is off by %.2g", name, e)
		}
	}
}

// Central differences of the loss: their error is h²/6 of a third derivative,
// which is below 1, and the rounding of a loss of order 1 divided by h.
func TestFiniteDifferences(t *testing.T) {
	const h, tol = 1e-5, 1e-9
	in := random(2, 4, 5, 1)
	grad := evaluator(t, open(t), dtypes.Float64)(in).grad
	for i := range in.logits {
		at := func(h float64) float64 {
			moved := in
			moved.logits = append([]float64{}, in.logits...)
			moved.logits[i] += h
			return moved.host()
		}
		if d := (at(h) - at(-h)) / (2 * h); !(math.Abs(d-grad[i]) <= tol) {
			t.Errorf("logit %d: difference quotient %g, gradient %g", i, d, grad[i])
		}
	}
}

// Excesses down to 1e-20 keep their digits; the difference of cross-entropy and
// entropy, the control, has lost them. The mass off the support is good to the
// round-off of the logits, and at 1e-20 to the square of the 1e-16 of log p; on
// the support that 1e-16 meets deviations of size √excess.
func TestTinyExcess(t *testing.T) {
	eval := evaluator(t, open(t), dtypes.Float64)
	in := random(3, 10, 6, 1)
	for _, c := range []struct {
		name string
		at   instance
		tol  float64
	}{
		{"off the support", in.close(0, 28), 1e-13},
		{"far off the support", in.close(0, 46), 1e-12},
		{"on the support", in.onSupport().close(1e-4, 0), 1e-11},
		{"near on the support", in.onSupport().close(6e-6, 0), 1e-10},
		{"both", in.close(1e-6, 28), 1e-10},
	} {
		want, grad := c.at.exact()
		got := eval(c.at)
		t.Logf("%s: excess %.3g, relative error %.2g", c.name, want, got.excess/want-1)
		for name, x := range map[string]float64{"graph": got.excess, "host": c.at.host()} {
			if e := x/want - 1; !(math.Abs(e) <= c.tol) {
				t.Errorf("%s, %s: relative error %.2g of %.3g, more than %.2g", c.name, name, e, want, c.tol)
			}
		}
		if e := (got.ce-c.at.entropy())/want - 1; math.Abs(e) <= c.tol {
			t.Errorf("%s: the difference of cross-entropy and entropy is as good, %.2g", c.name, e)
		}
		for name, g := range got.gradients() {
			if e := largest(g, grad); !(e <= rounding[dtypes.Float64]) {
				t.Errorf("%s: gradient, %s, off by %.2g", c.name, name, e)
			}
		}
	}
}

// onSupport keeps the contexts whose distribution has no zero.
func (in instance) onSupport() instance {
	out := instance{v: in.v}
	for j := range in.m {
		p := in.p[j*in.v : (j+1)*in.v]
		full := true
		for _, x := range p {
			full = full && x > 0
		}
		if full {
			out.m++
			out.p = append(out.p, p...)
			out.logits = append(out.logits, in.logits[j*in.v:(j+1)*in.v]...)
			out.pi = append(out.pi, in.pi[j])
		}
	}
	return out
}

// Logits of any size, and −∞ off the support, give finite numbers where the
// loss is finite, and a NaN anywhere is a NaN.
func TestExtremes(t *testing.T) {
	b := open(t)
	in := instance{m: 2, v: 3, p: []float64{0.5, 0.5, 0, 0, 0, 1}, pi: []float64{0.5, 0.5}}
	inf := math.Inf(1)
	for dtype, tol := range rounding {
		eval := evaluator(t, b, dtype)
		for _, c := range []struct {
			name   string
			logits []float64
			excess float64
			grad   []float64
		}{
			{"huge", []float64{600, 600, -600, -600, -600, 600}, 0, make([]float64, 6)},
			{"−∞ off the support", []float64{1, 1, -inf, -inf, -inf, 3}, 0, make([]float64, 6)},
			// The first context has q = (1/2, 0, 1/2), the second (1/2, 1/2, 0).
			{"far away", []float64{0, -400, 0, 0, 0, -400}, 0.5*200 + 0.5*(400+math.Ln2), []float64{0, -0.25, 0.25, 0.25, 0.25, -0.5}},
			{"−∞ on the support", []float64{0, -inf, 0, 0, 0, 0}, inf, nil},
			{"NaN", []float64{0, 0, math.NaN(), 0, 0, 0}, math.NaN(), nil},
		} {
			in.logits = c.logits
			got := eval(in)
			for name, x := range map[string]float64{"excess": got.excess, "CE − H": got.ce - in.entropy(), "host": in.host()} {
				same := math.Abs(x-c.excess) <= 400*tol || x == c.excess || math.IsNaN(x) && math.IsNaN(c.excess)
				if !same {
					t.Errorf("%s, %s: %s %g, want %g", c.name, dtype, name, x, c.excess)
				}
			}
			if c.grad == nil {
				continue
			}
			for name, g := range got.gradients() {
				if e := largest(g, c.grad); !(e <= tol) {
					t.Errorf("%s, %s: gradient, %s: %v, want %v", c.name, dtype, name, g, c.grad)
				}
			}
		}
		in.logits, in.p = make([]float64, 6), []float64{0.5, math.NaN(), 0, 0, 0, 1}
		if got := eval(in); !math.IsNaN(got.ce) || !math.IsNaN(got.excess) || !math.IsNaN(in.host()) {
			t.Errorf("a p with NaN: CE %g, excess %g, on the host %g", got.ce, got.excess, in.host())
		}
		in.p = []float64{0.5, 0.5, 0, 0, 0, 1}
	}
}

func TestShapes(t *testing.T) {
	b := open(t)
	matrix := tensors.FromFlatDataAndDimensions([]float64{1, 2, 3, 4}, 2, 2)
	for name, args := range map[string][]any{
		"p":     {matrix, tensors.FromFlatDataAndDimensions([]float64{1, 2}, 2), tensors.FromFlatDataAndDimensions([]float64{1, 2}, 2)},
		"pi":    {matrix, matrix, tensors.FromFlatDataAndDimensions([]float64{1, 2, 3}, 3)},
		"dtype": {matrix, matrix, tensors.FromFlatDataAndDimensions([]float32{1, 2}, 2)},
	} {
		for _, f := range []func(logits, p, pi *Node) *Node{SoftCrossEntropy, SoftCrossEntropyGrad, Excess} {
			e, err := NewExec(b.Backend, f)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := e.Call(args...); err == nil || !strings.Contains(err.Error(), "[m, V]") {
				t.Errorf("%s: error %v, want one about shapes", name, err)
			}
		}
	}
}
