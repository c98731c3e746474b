package main

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/marginalia-ml/marginalia/pkg/loss"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/xla"
)

// programs are the names of the compared programs, see the command's comment.
var programs = []string{"derived", "closed", "columns"}

// newStep returns the step of a program. The state is W, [V, d]; the args are
// H [m, d], Hᵀ [d, m], P [m, V], Pᵀ [V, m] and π [m].
func newStep(name string, lr float64) xla.Step {
	objective := map[string]optim.Objective{"derived": derived, "closed": closed, "columns": columns}[name]
	return optim.Step(objective, optim.GD(optim.Constant(lr)), 1)
}

func derived(k *Node, params, args []*Node) (*Node, []*Node) {
	h, p, pi := args[0], args[2], args[4]
	return optim.Autodiff(func(params, _ []*Node) *Node {
		return loss.SoftCrossEntropy(Einsum("md,vd->mv", h, params[0]), p, pi)
	})(k, params, args)
}

func closed(_ *Node, params, args []*Node) (*Node, []*Node) {
	w, h, p, pi := params[0], args[0], args[2], args[4]
	logits := Einsum("md,vd->mv", h, w)
	g := loss.SoftCrossEntropyGrad(logits, p, pi) // [m, V]
	return loss.SoftCrossEntropy(logits, p, pi), []*Node{Einsum("mv,md->vd", g, h)}
}

func columns(_ *Node, params, args []*Node) (*Node, []*Node) {
	w, h, ht, pt, pi := params[0], args[0], args[1], args[3], args[4]
	logits := MatMul(w, ht) // [V, m]
	q := Exp(Sub(logits, ReduceAndKeep(logits, ReduceMax, 0)))
	each := ExpandAxes(pi, 0)
	mass := Div(each, ReduceAndKeep(q, ReduceSum, 0)) // m divisions, not V m
	g := Sub(Mul(q, mass), Mul(each, pt))
	return ReduceAllSum(g), []*Node{MatMul(g, h)}
}
