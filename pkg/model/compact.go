package model

import (
	"math"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
)

// Compact is Openings in training: its loss on all contexts of a corpus, with the gradient
// written down.
//
// All free parameters lie in one vector θ in the order of the layout; with a leading axis,
// one vector for each of several runs, [runs, k]. Equal contexts are one, with the counts of
// the tokens that follow them. Matrices have a column for each context, because sums run
// faster over the leading axis than over the last.
//
// The attention needs no keys and values of its own: with X_j [d, T] the embeddings of a
// context, x its last one and a 1 below vectors that meet a bias,
//
//	scores = X_jᵀ u_j     u_j = (W_q W_kᵀ)ᵀ [x; 1] / √d
//	out    = (W_v W_o)ᵀ [X_j softmax(scores); 1]
//
// as the bias of the keys adds the same to all scores of a context and the weights sum to
// one. The two products of weights are of the size d × d, whatever n and T. The args are,
// in this order,
//
//	counts  [ζ, n]  how often token z follows context j
//	totals  [n]     the sums of the columns
//
// and, if only the FNN is trained,
//
//	x       [d, n]  what the attention gives, or [runs, d, n]
//
// or else
//
//	tokens  [T n]   integers: token s of context j at s n + j, any one behind the end
//	places  [d, T]  the positions
//	last    [T, n]  1 at the last token of the context, else 0
//	mask    [T, n]  0 where the context has a token, and Unread
type Compact struct {
	Openings
	Only bool // only the FNN is trained
}

// Unread is added to the score of a place behind the end of a context: exp of it is zero.
const Unread = -1e30

// The places of the args.
const (
	argCounts = iota
	argTotals
	argX
	argTokens = iota - 1
	argPlaces
	argLast
	argMask
)

// Free lists the parameters that are trained.
func (c Compact) Free() Layout {
	l := c.Params()
	if c.Only {
		return l[l.Index("hidden.w"):]
	}
	return l
}

// pieces are the parts of θ: "embed", and "q", "k" and so on, linear maps with their biases
// below, [in + 1, out], which follow them in θ.
func (c Compact) pieces() Layout {
	var all Layout
	for _, p := range c.Free() {
		name, isWeight := strings.CutSuffix(p.Name, ".w")
		switch {
		case isWeight:
			all = append(all, Param{Name: name, Shape: []int{p.Shape[0] + 1, p.Shape[1]}})
		case !strings.HasSuffix(p.Name, ".b"):
			all = append(all, p)
		}
	}
	return all
}

// unpack cuts the vector of parameters, [k] or [runs, k].
func (c Compact) unpack(theta *Node) map[string]*Node {
	params, at := map[string]*Node{}, 0
	for _, p := range c.pieces() {
		piece, end := AxisRange(at, at+p.Size()), at+p.Size()
		if theta.Rank() == 1 {
			params[p.Name] = Reshape(Slice(theta, piece), p.Shape...)
		} else {
			params[p.Name] = Reshape(Slice(theta, AxisRange(), piece), append([]int{theta.Shape().Dim(0)}, p.Shape...)...)
		}
		at = end
	}
	return params
}

// pack is the inverse of unpack.
func (c Compact) pack(params map[string]*Node, like *Node) *Node {
	var all []*Node
	for _, p := range c.pieces() {
		dims := []int{p.Size()}
		if like.Rank() == 2 {
			dims = []int{like.Shape().Dim(0), p.Size()}
		}
		all = append(all, Reshape(params[p.Name], dims...))
	}
	return Concatenate(all, -1)
}

// product is Einsum of two matrices, either of which may have the runs in front.
func product(equation string, x, y *Node) *Node {
	a, b, out := equation[:2], equation[3:5], equation[7:]
	if x.Rank() == 3 {
		a = "r" + a
	}
	if y.Rank() == 3 {
		b = "r" + b
	}
	if x.Rank() == 3 || y.Rank() == 3 {
		out = "r" + out
	}
	return Einsum(a+","+b+"->"+out, x, y)
}

// rows are those from first to before end of the last axis but one.
func rows(x *Node, first, end int) *Node {
	if x.Rank() == 3 {
		return Slice(x, AxisRange(), AxisRange(first, end))
	}
	return Slice(x, AxisRange(first, end))
}

// weights are a linear map without its bias, bias the row below them, [1, out].
func weights(x *Node) *Node { return rows(x, 0, x.Shape().Dim(-2)-1) }
func bias(x *Node) *Node    { return rows(x, x.Shape().Dim(-2)-1, x.Shape().Dim(-2)) }

// withOnes puts a row of ones below x [d, n].
func withOnes(x *Node) *Node { return Concatenate([]*Node{x, OnesLike(rows(x, 0, 1))}, -2) }

// wide gives x, which lacks the axis of the runs if like has it, as many axes as like.
func wide(x, like *Node) *Node { return ExpandLeftToRank(x, like.Rank()) }

// overT and overD repeat [d, n] and [T, n] along the missing axis of [d, T, n].
func overT(x *Node) *Node { return ExpandDims(x, -2) }
func overD(x *Node) *Node { return ExpandDims(x, -3) }

// sumT and sumD are sums of [d, T, n] along one axis.
func sumT(x *Node) *Node { return ReduceSum(x, -2) }
func sumD(x *Node) *Node { return ReduceSum(x, -3) }

// look returns the columns of a table [ζ, d] that the tokens [T n] name, [d, T, n].
func look(table, tokens *Node, T int) *Node {
	if table.Rank() == 3 {
		table = Transpose(table, 0, 1)
	}
	x := Gather(table, ExpandDims(tokens, -1)) // [T n, d] or [T n, runs, d]
	order := []int{1, 0}
	if x.Rank() == 3 {
		order = []int{1, 2, 0}
	}
	x = TransposeAllAxes(x, order...)
	dims := x.Shape().Dimensions
	return Reshape(x, append(slices.Clone(dims[:len(dims)-1]), T, dims[len(dims)-1]/T)...)
}

// lookGradient is the derivative by the table, from that by what look returned.
func lookGradient(table, tokens, d *Node) *Node {
	dims := d.Shape().Dimensions
	d = Reshape(d, append(slices.Clone(dims[:len(dims)-2]), -1)...)
	if d.Rank() == 2 {
		return Scatter(ExpandDims(tokens, -1), Transpose(d, 0, 1), table.Shape(), false, false)
	}
	d = TransposeAllAxes(d, 2, 0, 1)
	return Transpose(Scatter(ExpandDims(tokens, -1), d, Transpose(table, 0, 1).Shape(), false, false), 0, 1)
}

// forward is what the gradient needs of the way to the logits.
type forward struct {
	x, a   *Node // with ones: [d+1, n]; hidden units [m+1, n]
	slope  *Node // their derivative, [m, n]
	logits *Node // [ζ, n]

	X, last       *Node // [d, T, n] embeddings; [d+1, n], with ones, of the last tokens
	qk, vo        *Node // [d+1, d] products of weights
	u             *Node // [d, n]
	attention, xa *Node // [T, n]; [d+1, n], with ones, the mean of X
}

// columnExp is exp of each column, after a shift that keeps it finite, and the sums [n].
func columnExp(x *Node) (e, sums *Node) {
	e = Exp(Sub(x, ReduceAndKeep(x, ReduceMax, -2)))
	return e, ReduceSum(e, -2)
}

func (c Compact) forward(p map[string]*Node, args []*Node) forward {
	var f forward
	if c.Only {
		f.x = withOnes(args[argX])
	} else {
		f.attend(c, p, args)
		f.x = withOnes(product("de,dn->en", f.vo, f.xa))
	}
	z := product("dm,dn->mn", p["hidden"], f.x)
	below := MulScalar(AddScalar(Erf(MulScalar(z, math.Sqrt2/2)), 1), 0.5) // Φ(z)
	density := MulScalar(Exp(MulScalar(Square(z), -0.5)), 1/math.Sqrt(2*math.Pi))
	f.a, f.slope = withOnes(Mul(z, below)), Add(below, Mul(z, density))
	f.logits = product("mz,mn->zn", p["out"], f.a)
	return f
}

func (f *forward) attend(c Compact, p map[string]*Node, args []*Node) {
	f.X = look(p["embed"], args[argTokens], c.T)
	f.X = Add(f.X, wide(ExpandDims(args[argPlaces], -1), f.X))
	f.last = withOnes(sumT(Mul(f.X, wide(args[argLast], f.X))))
	f.qk = MulScalar(product("de,fe->df", p["q"], weights(p["k"])), 1/math.Sqrt(float64(c.Dim)))
	f.u = product("de,dn->en", f.qk, f.last)
	scores := sumD(Mul(f.X, overT(f.u)))
	e, sums := columnExp(Add(scores, wide(args[argMask], scores)))
	f.attention = Div(e, ExpandDims(sums, -2))
	f.xa = withOnes(sumT(Mul(f.X, overD(f.attention))))
	f.vo = product("de,ef->df", p["v"], weights(p["o"]))
	f.vo = Concatenate([]*Node{weights(f.vo), Add(bias(f.vo), bias(p["o"]))}, -2)
}

// Objective is the sum over the documents' tokens of -log q, with its gradient.
func (c Compact) Objective(_ *Node, params, args []*Node) (value *Node, grads []*Node) {
	theta := params[0]
	p := c.unpack(theta)
	f, g := c.forward(p, args), map[string]*Node{}

	e, sums := columnExp(f.logits)
	each := ExpandDims(Div(wide(args[argTotals], sums), sums), -2)
	d := Sub(Mul(e, each), wide(args[argCounts], e)) // [ζ, n]
	g["out"] = product("mn,zn->mz", f.a, d)
	d = Mul(product("mz,zn->mn", weights(p["out"]), d), f.slope) // [m, n]
	g["hidden"] = product("dn,mn->dm", f.x, d)
	if !c.Only {
		c.attentionGradient(p, g, f, args, product("dm,mn->dn", weights(p["hidden"]), d))
	}
	return c.loss(f.logits, args), []*Node{c.pack(g, theta)}
}

// loss is Σ_j Σ_z c(α_j, z) (log Σ_y e^{l_y} - l_z), over all runs.
func (c Compact) loss(logits *Node, args []*Node) *Node {
	top := ReduceAndKeep(logits, ReduceMax, -2)
	lse := Add(top, Log(ReduceAndKeep(Exp(Sub(logits, top)), ReduceSum, -2)))
	return ReduceAllSum(Mul(wide(args[argCounts], logits), Sub(lse, logits)))
}

// attentionGradient goes on from d, the derivative by the attention's output, [d, n].
func (c Compact) attentionGradient(p, g map[string]*Node, f forward, args []*Node, d *Node) {
	dVO := product("dn,en->de", f.xa, d) // by the product of weights, whose bias is that of o
	g["v"] = product("df,ef->de", dVO, weights(p["o"]))
	g["o"] = Concatenate([]*Node{product("de,df->ef", p["v"], dVO), bias(dVO)}, -2)
	d = product("de,en->dn", weights(f.vo), d) // by the mean of X
	inner := ReduceAndKeep(Mul(d, weights(f.xa)), ReduceSum, -2)
	dS := Mul(f.attention, Sub(sumD(Mul(f.X, overT(d))), inner)) // by the scores, [T, n]
	dU := sumT(Mul(f.X, overD(dS)))                              // by u, [d, n]

	dQK := MulScalar(product("dn,en->de", f.last, dU), 1/math.Sqrt(float64(c.Dim)))
	g["q"] = product("df,fe->de", dQK, weights(p["k"]))
	gk := product("df,de->fe", dQK, p["q"])
	g["k"] = Concatenate([]*Node{gk, ZerosLike(bias(p["k"]))}, -2)

	dLast := product("de,en->dn", weights(f.qk), dU)
	dX := Add(Mul(overD(dS), overT(f.u)), Mul(overD(f.attention), overT(d)))
	dX = Add(dX, Mul(wide(args[argLast], dX), overT(dLast)))
	g["embed"] = lookGradient(p["embed"], args[argTokens], dX)
}
