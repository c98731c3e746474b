package loss

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// classified is a batch of four of three classes, of which the last has no example; the last
// row ties.
var (
	classLogits = []float64{2, 0, -1, 0.5, 1, 3, 60, -1, 0, 1, 1, 0}
	classes     = []int32{0, 1, 0, 1}
)

func classEval(t *testing.T, dtype dtypes.DType, f func(logits, classes *Node) []*Node) [][]float64 {
	t.Helper()
	e, err := NewExec(open(t).Backend, func(logits, classes *Node) []*Node {
		out := f(ConvertDType(logits, dtype), classes)
		for i, x := range out {
			if x.DType() != dtype {
				t.Errorf("result %d is of type %s, want %s", i, x.DType(), dtype)
			}
			out[i] = Reshape(ConvertDType(x, dtypes.Float64), -1)
		}
		return out
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Finalize()
	out, err := e.Call(tensors.FromFlatDataAndDimensions(classLogits, 4, 3), tensors.FromFlatDataAndDimensions(classes, 4))
	if err != nil {
		t.Fatal(err)
	}
	all := make([][]float64, len(out))
	for i, x := range out {
		if all[i], err = tensors.CopyFlatData[float64](x); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// The class cross-entropy is the soft one of one-hot labels, value and gradient, and each of
// its terms is KL; where that is e⁻⁶⁰ it keeps its digits, which log softmax has lost.
func TestCrossEntropy(t *testing.T) {
	for dtype, tol := range rounding {
		out := classEval(t, dtype, func(logits, classes *Node) []*Node {
			hot := OneHot(classes, 3, dtype)
			pi := MulScalar(OnesLike(ReduceSum(hot, -1)), 0.25)
			ce, soft := CrossEntropy(logits, classes), SoftCrossEntropy(logits, hot, pi)
			return []*Node{ce, soft, Gradient(ce, logits)[0], SoftCrossEntropyGrad(logits, hot, pi), CrossEntropies(logits, classes)}
		})
		if e := largest(out[0], out[1]); !(e <= tol) {
			t.Errorf("%s: cross-entropy %v, of one-hot labels %v", dtype, out[0], out[1])
		}
		if e := largest(out[2], out[3]); !(e <= tol) {
			t.Errorf("%s: gradient %v, in closed form %v", dtype, out[2], out[3])
		}
		for b, x := range out[4] {
			p := make([]float64, 3)
			p[classes[b]] = 1
			// exp of a difference of logits has its rounding as a relative one.
			want := softlabel.KL(p, classLogits[3*b:3*b+3])
			if !(math.Abs(x/want-1) <= tol*(1-math.Log(want)/20)) {
				t.Errorf("%s: term %d is %g, want %g", dtype, b, x, want)
			}
		}
		if !(out[4][2] > 0) || out[1][0] != out[1][0]+out[4][2] {
			t.Errorf("%s: the third term %g shows in the soft cross-entropy %g: it is no test of accuracy", dtype, out[4][2], out[1][0])
		}
	}
}

func TestAccuracy(t *testing.T) {
	for dtype := range rounding {
		out := classEval(t, dtype, func(logits, classes *Node) []*Node {
			return []*Node{Accuracy(logits, classes), ClassErrors(logits, classes)}
		})
		if out[0][0] != 0.5 { // the tie goes to class 0
			t.Errorf("%s: accuracy %v, want 1/2", dtype, out[0])
		}
		if e := out[1]; e[0] != 0 || e[1] != 1 || !math.IsNaN(e[2]) {
			t.Errorf("%s: errors %v, want 0, 1 and NaN", dtype, e)
		}
	}
}

func TestClassShapes(t *testing.T) {
	b := open(t)
	matrix := tensors.FromFlatDataAndDimensions([]float64{1, 2, 3, 4}, 2, 2)
	for name, classes := range map[string]*tensors.Tensor{
		"number": tensors.FromFlatDataAndDimensions([]int32{0, 1, 1}, 3),
		"rank":   tensors.FromFlatDataAndDimensions([]int32{0, 1}, 2, 1),
		"dtype":  tensors.FromFlatDataAndDimensions([]float64{0, 1}, 2),
	} {
		for _, f := range []func(logits, classes *Node) *Node{CrossEntropy, CrossEntropies, Accuracy, ClassErrors} {
			e, err := NewExec(b.Backend, f)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := e.Call(matrix, classes); err == nil || !strings.Contains(err.Error(), "[B, C]") {
				t.Errorf("%s: error %v, want one about shapes", name, err)
			}
		}
	}
}
