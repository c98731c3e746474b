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

// decoder measures W itself, [V, d].
func decoder(_ *graph.Node, state, _ []*graph.Node) []*graph.Node { return state[:1] }
