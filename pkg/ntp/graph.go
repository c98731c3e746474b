package ntp

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/marginalia-ml/marginalia/pkg/loss"
)

// decoderObjective is CE and its gradient with respect to W in closed form,
//
//	∇CE = (σ(W H) - P) diag(π) Hᵀ.
//
// Tokens are rows, as on the host: with H in both layouts no product needs a transpose,
// which makes a step a third faster on XLA than the transposed form.
//
//	params  W [V, d]
//	args    H [d, m], X = Hᵀ [m, d], P [V, m], π [m]
func decoderObjective(_ *graph.Node, params, args []*graph.Node) (ce *graph.Node, grads []*graph.Node) {
	W, H, X, P, pi := params[0], args[0], args[1], args[2], args[3]
	L := graph.MatMul(W, H)                                                            // [V, m]
	R := graph.Mul(graph.Sub(graph.Softmax(L, 0), P), graph.ExpandAxes(pi, 0))         // [V, m]
	ce = loss.SoftCrossEntropy(graph.Transpose(L, 0, 1), graph.Transpose(P, 0, 1), pi) // only Polyak's step reads it
	return ce, []*graph.Node{graph.MatMul(R, X)}                                       // [V, d]
}

// decoders is decoderObjective of R runs, one product of matrices for all.
//
//	params  W [R, V, d]
//	args    H [R, d, m], X = Hᵀ [R, m, d], P [R, V, m], π [R, m]
func decoders(_ *graph.Node, params, args []*graph.Node) (ce *graph.Node, grads []*graph.Node) {
	W, H, X, P, pi := params[0], args[0], args[1], args[2], args[3]
	L := graph.Einsum("rvd,rdm->rvm", W, H)
	R := graph.Mul(graph.Sub(graph.Softmax(L, 1), P), graph.ExpandAxes(pi, 1))
	terms := graph.Where(graph.GreaterThan(P, graph.ZerosLike(P)), graph.Mul(P, graph.LogSoftmax(L, 1)), graph.ZerosLike(P))
	ce = graph.Neg(graph.ReduceSum(graph.Mul(pi, graph.ReduceSum(terms, 1)), 1)) // [R], only Polyak's step reads it
	return ce, []*graph.Node{graph.Einsum("rvm,rmd->rvd", R, X)}
}

// decoder measures W itself, [V, d], or those of all runs.
func decoder(_ *graph.Node, state, _ []*graph.Node) []*graph.Node { return state[:1] }
