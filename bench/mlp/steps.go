package main

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/marginalia-ml/marginalia/pkg/loss"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/xla"
)

// programs are the compared steps, see the command's comment. The state are the weights
// W₁ [784, 256], b₁, W₂ [256, 10], b₂; the args x [128, 784] and the classes, one-hot.
var programs = map[string]xla.Step{
	"derived": optim.Step(optim.Autodiff(crossEntropy), optim.GD(optim.Constant(rate)), 4),
	"written": optim.Step(written, optim.GD(optim.Constant(rate)), 4),
}

func crossEntropy(params, args []*Node) *Node {
	return loss.SoftCrossEntropy(net.Apply(params, args[0]), args[1], weights(args[1]))
}

// weights are 1/128 for each example.
func weights(y *Node) *Node {
	return DivScalar(OnesLike(ReduceSum(y, -1)), batch)
}

func written(_ *Node, params, args []*Node) (*Node, []*Node) {
	w1, b1, w2, b2 := params[0], params[1], params[2], params[3]
	x, y := args[0], args[1]
	z := Add(MatMul(x, w1), ExpandDims(b1, 0)) // [128, 256]
	h := MaxScalar(z, 0)
	logits := Add(MatMul(h, w2), ExpandDims(b2, 0)) // [128, 10]
	e := Exp(Sub(logits, ReduceAndKeep(logits, ReduceMax, -1)))
	d := DivScalar(Sub(Div(e, ReduceAndKeep(e, ReduceSum, -1)), y), batch) // [128, 10]
	g := Mul(Einsum("nc,hc->nh", d, w2), ConvertDType(GreaterThan(z, ZerosLike(z)), z.DType()))
	return loss.SoftCrossEntropy(logits, y, weights(y)), []*Node{
		Einsum("ni,nh->ih", x, g), ReduceSum(g, 0), Einsum("nh,nc->hc", h, d), ReduceSum(d, 0),
	}
}

func measure(_ *Node, state, args []*Node) []*Node { return []*Node{crossEntropy(state, args)} }
