package contrastive

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

const (
	// leftOut is far below every similarity: its exponential is zero beside any.
	leftOut = -1e9
	// leastLength keeps an output of zero, which a ReLU may give, from being divided by zero.
	leastLength = 1e-12
)

// Directions returns the rows of x at length one, [n, d]; where nonnegative is set, those of
// relu(x). A row of zeros stays one.
func Directions(x *Node, nonnegative bool) *Node {
	if nonnegative {
		x = MaxScalar(x, 0)
	}
	length := Sqrt(AddScalar(ReduceAndKeep(Square(x), ReduceSum, -1), leastLength*leastLength))
	return Div(x, length)
}

// MeanLoss returns the supervised contrastive loss of a batch over its number of anchors, a
// scalar. An anchor is an example with another of its class in the batch; others are pushed
// away and pull nothing.
//
//	h       [n, d]  rows, of length one
//	classes [n]     of an integer type, 0 to k-1
func MeanLoss(h, classes *Node, r float64, k int) *Node {
	if h.Rank() != 2 || classes.Rank() != 1 || classes.Shape().Dim(0) != h.Shape().Dim(0) || !classes.DType().IsInt() {
		panic(fmt.Errorf("contrastive: embeddings of shape %s and classes of %s, want [n, d] and [n] of an integer type", h.Shape(), classes.Shape()))
	}
	n, g := h.Shape().Dim(0), h.Graph()
	self := ConvertDType(Diagonal(g, n), h.DType())                                  // [n, n]
	own := OneHot(classes, k, h.DType())                                             // [n, k]
	positive := Sub(Dot(own, Transpose(own, 0, 1)).Product(), self)                  // [n, n], 1 where the class is one
	number := ReduceAndKeep(positive, ReduceSum, -1)                                 // [n, 1], n_c - 1
	anchor := ConvertDType(GreaterThan(number, ScalarZero(g, h.DType())), h.DType()) // [n, 1]
	s := MulScalar(Dot(h, Transpose(h, 0, 1)).Product(), r)                          // [n, n]
	pull := Div(ReduceAndKeep(Mul(positive, s), ReduceSum, -1), MaxScalar(number, 1))
	s = Add(s, MulScalar(self, leftOut))
	top := StopGradient(ReduceAndKeep(s, ReduceMax, -1))
	total := Add(top, Log(ReduceAndKeep(Exp(Sub(s, top)), ReduceSum, -1))) // [n, 1]
	return Div(ReduceAllSum(Mul(anchor, Sub(total, pull))), MaxScalar(ReduceAllSum(anchor), 1))
}

// float is the type of the parameters of the networks here.
const float = dtypes.Float32
