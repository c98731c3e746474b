package attention

import . "github.com/gomlx/gomlx/core/graph"

// The networks of the experiments on minibatches, as graph functions.

// patchLogits is one head of self-attention on patches, every token a query,
//
//	O = softmax(X W Xᵀ) X,   logits = vec(O)ᵀ U.
//
// params are W [D, D] and U [T·D, C], x are the tokens [B, T, D]. It returns the
// logits [B, C] and the attention [B, T, T].
func patchLogits(params []*Node, x *Node) (logits, attention *Node) {
	W, U := params[0], params[1]
	scores := Einsum("bte,bse->bts", Einsum("btd,de->bte", x, W), x)
	attention = Softmax(scores, -1)
	o := Einsum("bts,bsd->btd", attention, x)
	b, width := x.Shape().Dim(0), U.Shape().Dim(0)
	return MatMul(Reshape(o, b, width), U), attention
}

// textLogits is the paper's model on words with embeddings of their own: the query
// is the embedding of the first token, and
//
//	logit = uᵀ Xᵀ softmax(X W x_1).
//
// params are the embeddings [V, D], W [D, D] and u [D, 1]; ids are [B, T], 0 being
// padding, which gets no attention. Two logits, ∓½ of it, make it a classifier of two
// classes. The attention is [B, 1, T].
func textLogits(params []*Node, ids *Node) (logits, attention *Node) {
	E, W, u := params[0], params[1], params[2]
	x := Gather(E, ExpandDims(ids, -1))                                          // [B, T, D]
	query := Reshape(Slice(x, AxisRange(), AxisElem(0)), ids.Shape().Dim(0), -1) // [B, D]
	scores := Einsum("btd,bd->bt", x, Einsum("de,be->bd", W, query))             // [B, T]
	blank := ConvertDType(Equal(ids, ZerosLike(ids)), scores.DType())            // [B, T]
	phi := Softmax(Add(scores, MulScalar(blank, blankScore)), -1)                // [B, T]
	score := MatMul(Einsum("btd,bt->bd", x, phi), u)                             // [B, 1]
	return Concatenate([]*Node{MulScalar(score, -0.5), MulScalar(score, 0.5)}, 1), ExpandDims(phi, 1)
}

// patchesTogether is patchLogits of R runs: params are W [R, D, D] and U [R, T·D, C], x [R, B, T, D],
// the logits [R, B, C] and the attention [R, B, T, T].
func patchesTogether(params []*Node, x *Node) (logits, attention *Node) {
	W, U := params[0], params[1]
	scores := Einsum("rbte,rbse->rbts", Einsum("rbtd,rde->rbte", x, W), x)
	attention = Softmax(scores, -1)
	o := Einsum("rbts,rbsd->rbtd", attention, x)
	d := x.Shape().Dimensions
	return Einsum("rbk,rkc->rbc", Reshape(o, d[0], d[1], d[2]*d[3]), U), attention
}

// textsTogether is textLogits of R runs: params are the embeddings [R, V, D], W [R, D, D] and u
// [R, D, 1], ids [R, B, T], the logits [R, B, 2] and the attention [R, B, 1, T].
func textsTogether(params []*Node, ids *Node) (logits, attention *Node) {
	E, W, u := params[0], params[1], params[2]
	runs, words, dim := E.Shape().Dim(0), E.Shape().Dim(1), E.Shape().Dim(2)
	batch, length := ids.Shape().Dim(1), ids.Shape().Dim(2)
	own := Add(ids, MulScalar(Iota(ids.Graph(), ids.Shape(), 0), float64(words)))       // rows of all tables
	x := Gather(Reshape(E, runs*words, dim), ExpandDims(own, -1))                       // [R, B, T, D]
	query := Reshape(Slice(x, AxisRange(), AxisRange(), AxisElem(0)), runs, batch, dim) // [R, B, D]
	scores := Einsum("rbtd,rbd->rbt", x, Einsum("rde,rbe->rbd", W, query))              // [R, B, T]
	blank := ConvertDType(Equal(ids, ZerosLike(ids)), scores.DType())                   // [R, B, T]
	phi := Softmax(Add(scores, MulScalar(blank, blankScore)), -1)                       // [R, B, T]
	score := Einsum("rbd,rdo->rbo", Einsum("rbtd,rbt->rbd", x, phi), u)                 // [R, B, 1]
	logits = Concatenate([]*Node{MulScalar(score, -0.5), MulScalar(score, 0.5)}, 2)
	return logits, Reshape(phi, runs, batch, 1, length)
}

// blankScore is far below every score of a word.
const blankScore = -1e9

// peak is the mean over queries of the largest attention of each: 1 when every query
// attends to one token.
func peak(attention *Node) *Node { return ReduceAllMean(ReduceMax(attention, -1)) }
