package federated

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/marginalia-ml/marginalia/pkg/model"
)

// network is a frozen backbone with a method's prompts, for m clients at once: each has its own
// prompts, keys and head, and all go through one forward pass of the backbone. On a CPU m is 1
// and clients run side by side on workers; on a GPU they share this leading axis.
type network struct {
	net    model.ViT
	method Method
	class  int // k
}

// inputs are what a forward pass reads, of m clients with b pictures each.
type inputs struct {
	images  *Node // [m, b, pixels]; nil if nothing is inserted
	feature *Node // [m, b, d], of the class token of the frozen network; nil if something is
	picked  *Node // [m, b, G], one-hot; nil where group prompts are off
}

// logits returns [m, b, k] and the attention of the blocks. trained are the method's parameters
// by name, each with a leading axis of clients; frozen those of the backbone.
func (n network) logits(frozen, trained map[string]*Node, in inputs) (logits *Node, attention []*Node) {
	feature := in.feature
	if n.prompted() {
		m, b := in.images.Shape().Dim(0), in.images.Shape().Dim(1)
		inserted, groupTokens := map[int]*Node{}, 0
		put := func(block int, tokens *Node) { // [m, b, t, d], before what is there
			tokens = Reshape(tokens, m*b, tokens.Shape().Dim(2), n.net.Dim)
			if was := inserted[block]; was != nil {
				tokens = Concatenate([]*Node{tokens, was}, 1)
			}
			inserted[block] = tokens
		}
		for _, s := range n.method.Shared {
			put(s.Block, BroadcastToDims(ExpandDims(trained[sharedName(s.Block)], 1), m, b, s.Tokens, n.net.Dim))
		}
		if in.picked != nil {
			for _, s := range n.method.Group {
				put(s.Block, Einsum("mbg,mgtd->mbtd", in.picked, trained[groupName(s.Block)]))
				groupTokens += s.Tokens
			}
		}
		x := n.net.Tokens(frozen, input(Reshape(in.images, m*b, pixels)))
		x, attention = n.net.Through(frozen, x, 0, n.net.Layers, inserted)
		first := 1
		if n.method.MeanPool {
			first += groupTokens
		}
		feature = Reshape(n.net.Feature(frozen, x, first), m, b, n.net.Dim)
	}
	logits = Einsum("mbd,mdk->mbk", feature, trained[headW])
	return Add(logits, ExpandDims(trained[headB], 1)), attention
}

// prompted reports whether something is inserted at all; if not, the class token's feature never
// changes and is computed once.
func (n network) prompted() bool { return len(n.method.Shared)+len(n.method.Group) > 0 }

// cosines are those of queries [m, b, d] with keys [m, G, d]: [m, b, G].
func cosines(queries, keys *Node) *Node {
	norm := Sqrt(ReduceAndKeep(Square(keys), ReduceSum, -1))
	return Einsum("mbd,mgd->mbg", queries, Div(keys, norm))
}

// pick returns which group each picture gets, [m, b, G] one-hot: that of the least
// (1 - cos) factor, the first of equal ones, and with majority that of most of the batch.
// factor [m, G] is nil at test time. Nothing of it has a gradient.
func (n network) pick(cos, factor *Node, majority bool) *Node {
	groups := n.method.Groups
	distance := OneMinus(StopGradient(cos))
	if factor != nil {
		distance = Mul(distance, ExpandDims(factor, 1))
	}
	picked := OneHot(ArgMin(distance, -1, dtypes.Int32), groups, cos.DType())
	if majority {
		votes := ReduceSum(picked, 1) // [m, G]
		most := OneHot(ArgMax(votes, -1, dtypes.Int32), groups, cos.DType())
		picked = BroadcastToDims(ExpandDims(most, 1), picked.Shape().Dimensions...)
	}
	return StopGradient(picked)
}

// crossEntropy is the mean over each client's batch, [m].
func crossEntropy(logits, classes *Node) *Node {
	chosen := OneHot(classes, logits.Shape().Dim(-1), logits.DType())
	return Neg(ReduceMean(ReduceSum(Mul(LogSoftmax(logits, -1), chosen), -1), 1))
}
