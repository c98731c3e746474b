package loss

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// CrossEntropy returns the mean over a batch of the classes' cross-entropy, a scalar:
//
//	1/B Σ_b −log σ_{y_b}(l_b) = 1/B Σ_b log(1 + Σ_{c≠y} exp(l_{b,c} − l_{b,y}))
//
//	logits  [B, C]  l, finite
//	classes [B]     y, of an integer type, from 0 to C−1
//
// A graph cannot refuse a value: a class that is none of the C adds a loss that says nothing.
// Whoever makes the labels checks them on the host, as train.Task.Classes does for sets.
//
// The second form keeps its relative accuracy where the loss is far below the rounding of
// the logits, as it is late in the training of separable data.
func CrossEntropy(logits, classes *Node) *Node { return ReduceAllMean(CrossEntropies(logits, classes)) }

// CrossEntropies returns the terms of [CrossEntropy], [B], for a caller's own weights.
func CrossEntropies(logits, classes *Node) *Node {
	own := oneHot(logits, classes)                                          // [B, C]
	gap := Sub(logits, ReduceAndKeep(Mul(logits, own), ReduceSum, -1))      // l_c − l_y
	gap = Add(Mul(gap, OneMinus(own)), MulScalar(own, leftOut))             // y itself is left out
	top := StopGradient(ReduceAndKeep(gap, ReduceMax, -1))                  // [B, 1]
	odds := Add(top, Log(ReduceAndKeep(Exp(Sub(gap, top)), ReduceSum, -1))) // [B, 1], log Σ
	return Reshape(Add(MaxScalar(odds, 0), Log1P(Exp(Neg(Abs(odds))))), -1)
}

// leftOut is far below every difference of logits: exp of it is zero beside any.
const leftOut = -1e9

// Accuracy returns the share of a batch whose first largest logit is its class's, a scalar.
// Shapes are those of [CrossEntropy].
func Accuracy(logits, classes *Node) *Node { return ReduceAllMean(right(logits, classes)) }

// ClassErrors returns the share of each class's examples whose first largest logit is another
// class's, [C], NaN for a class without examples in the batch. Shapes are those of
// [CrossEntropy].
func ClassErrors(logits, classes *Node) *Node {
	own := oneHot(logits, classes)                                      // [B, C]
	wrong := Mul(own, ExpandDims(OneMinus(right(logits, classes)), -1)) // [B, C]
	return Div(ReduceSum(wrong, 0), ReduceSum(own, 0))
}

// right is 1 where the first largest logit is the class's, else 0, [B].
func right(logits, classes *Node) *Node {
	checkClasses(logits, classes)
	return ConvertDType(Equal(ArgMax(logits, -1, classes.DType()), classes), logits.DType())
}

func oneHot(logits, classes *Node) *Node {
	checkClasses(logits, classes)
	return OneHot(classes, logits.Shape().Dim(-1), logits.DType())
}

func checkClasses(logits, classes *Node) {
	l, c := logits.Shape(), classes.Shape()
	if l.Rank() != 2 || !l.DType.IsFloat() || c.Rank() != 1 || c.Dimensions[0] != l.Dimensions[0] || !c.DType.IsInt() {
		panic(fmt.Errorf("loss: logits of shape %s and classes of %s, want [B, C] of a float type and [B] of an integer type", l, c))
	}
}
