package model

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// Compact is Openings in training: its loss on all contexts of a corpus, with the gradient
// written down.
//
// All free parameters lie in one vector θ in the order of the layout; with a leading axis,
// one vector for each of several runs, [runs, k]. Equal contexts are one, with the counts of
// the tokens that follow them. Keys and values are computed once for each distinct pair of
// token and position; a mask says which of the P pairs each of the n contexts reads.
// Matrices have a column for each context or pair, because sums run faster over the leading
// axis than over the last. The args are, in this order,
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
//	tokens  [ζ, P]  the token of each pair, one-hot
//	places  [d, P]  the position of each pair
//	last    [ζ, n]  the last token of each context, one-hot
//	lastAt  [d, n]  its position
//	mask    [P, n]  0 where the context reads the pair, and Unread
type Compact struct {
	Openings
	Only bool // only the FNN is trained
}

// Unread is added to the score of a pair that a context does not read: exp of it is zero.
const Unread = -1e30

// The places of the args.
const (
	argCounts = iota
	argTotals
	argX
	argTokens = iota - 1
	argPlaces
	argLast
	argLastAt
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

// unpack cuts the vector of parameters, [k] or [runs, k].
func (c Compact) unpack(theta *Node) map[string]*Node {
	params, at := map[string]*Node{}, 0
	for _, p := range c.Free() {
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
	for _, p := range c.Free() {
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

// biased adds a bias, [out] or [runs, out], to each column of x [out, n].
func biased(x, bias *Node) *Node { return Add(x, ExpandDims(bias, -1)) }

// wide adds x to y, which may have the runs in front of x's shape.
func wide(x, y *Node) *Node { return Add(ExpandLeftToRank(x, y.Rank()), y) }

// forward is what the gradient needs of the way to the logits.
type forward struct {
	x, a, slope   *Node // [d, n]; hidden units [m, n] and their derivative
	logits        *Node // [ζ, n]
	E, K, V       *Node // [d, P] embeddings, keys and values of the pairs
	Elast, Q      *Node // [d, n] of the last token
	attention, mx *Node // [P, n], [d, n]
}

// columnSoftmax is the softmax of each column.
func columnSoftmax(x *Node) *Node {
	e := Exp(Sub(x, ReduceAndKeep(x, ReduceMax, -2)))
	return Div(e, ReduceAndKeep(e, ReduceSum, -2))
}

func (c Compact) forward(p map[string]*Node, args []*Node) forward {
	var f forward
	if c.Only {
		f.x = args[argX]
	} else {
		f.E = wide(args[argPlaces], product("zd,zp->dp", p["embed"], args[argTokens]))
		f.Elast = wide(args[argLastAt], product("zd,zn->dn", p["embed"], args[argLast]))
		// The bias of the keys adds the same to all scores of a context: left out.
		f.K = product("de,dp->ep", p["k.w"], f.E)
		f.V = biased(product("de,dp->ep", p["v.w"], f.E), p["v.b"])
		f.Q = biased(product("de,dn->en", p["q.w"], f.Elast), p["q.b"])
		f.Q = MulScalar(f.Q, 1/math.Sqrt(float64(c.Dim)))
		f.attention = columnSoftmax(wide(args[argMask], product("ep,en->pn", f.K, f.Q)))
		f.mx = product("ep,pn->en", f.V, f.attention)
		f.x = biased(product("de,dn->en", p["o.w"], f.mx), p["o.b"])
	}
	z := biased(product("dm,dn->mn", p["hidden.w"], f.x), p["hidden.b"])
	below := MulScalar(AddScalar(Erf(MulScalar(z, math.Sqrt2/2)), 1), 0.5) // Φ(z)
	density := MulScalar(Exp(MulScalar(Square(z), -0.5)), 1/math.Sqrt(2*math.Pi))
	f.a, f.slope = Mul(z, below), Add(below, Mul(z, density))
	f.logits = biased(product("mz,mn->zn", p["out.w"], f.a), p["out.b"])
	return f
}

// Objective is the sum over the documents' tokens of -log q, with its gradient.
func (c Compact) Objective(params, args []*Node) (value *Node, grads []*Node) {
	theta := params[0]
	p := c.unpack(theta)
	f, g := c.forward(p, args), map[string]*Node{}
	ones := ExpandDims(OnesLike(args[argTotals]), -1)
	sum := func(x *Node) *Node { // over the columns
		dims := x.Shape().Dimensions
		return Reshape(product("an,nb->ab", x, ones), dims[:len(dims)-1]...)
	}

	total := ExpandLeftToRank(args[argTotals], f.logits.Rank())
	d := Sub(Mul(columnSoftmax(f.logits), total), ExpandLeftToRank(args[argCounts], f.logits.Rank())) // [ζ, n]
	g["out.w"], g["out.b"] = product("mn,zn->mz", f.a, d), sum(d)
	d = Mul(product("mz,zn->mn", p["out.w"], d), f.slope) // [m, n]
	g["hidden.w"], g["hidden.b"] = product("dn,mn->dm", f.x, d), sum(d)
	if !c.Only {
		c.attentionGradient(p, g, f, args, product("dm,mn->dn", p["hidden.w"], d), sum)
	}
	return c.loss(f.logits, args), []*Node{c.pack(g, theta)}
}

// loss is Σ_j Σ_z c(α_j, z) (log Σ_y e^{l_y} - l_z), over all runs.
func (c Compact) loss(logits *Node, args []*Node) *Node {
	top := ReduceAndKeep(logits, ReduceMax, -2)
	lse := Add(top, Log(ReduceAndKeep(Exp(Sub(logits, top)), ReduceSum, -2)))
	return ReduceAllSum(Mul(ExpandLeftToRank(args[argCounts], logits.Rank()), Sub(lse, logits)))
}

// attentionGradient goes on from d, the derivative by x, [d, n].
func (c Compact) attentionGradient(p, g map[string]*Node, f forward, args []*Node, d *Node, sum func(*Node) *Node) {
	g["o.w"], g["o.b"] = product("dn,en->de", f.mx, d), sum(d)
	d = product("de,en->dn", p["o.w"], d)                                      // by the mean of values
	dV := product("en,pn->ep", d, f.attention)                                 // [d, P]
	dS := product("ep,en->pn", f.V, d)                                         // [P, n], by the attention
	dS = Mul(f.attention, Sub(dS, ReduceAndKeep(Mul(d, f.mx), ReduceSum, -2))) // by the scores
	dQ := MulScalar(product("ep,pn->en", f.K, dS), 1/math.Sqrt(float64(c.Dim)))
	dK := product("en,pn->ep", f.Q, dS)

	pairSum := func(x *Node) *Node { return ReduceSum(x, -1) }
	g["v.w"], g["v.b"] = product("dp,ep->de", f.E, dV), pairSum(dV)
	g["k.w"], g["k.b"] = product("dp,ep->de", f.E, dK), ZerosLike(p["k.b"])
	g["q.w"], g["q.b"] = product("dn,en->de", f.Elast, dQ), sum(dQ)
	dE := Add(product("de,ep->dp", p["v.w"], dV), product("de,ep->dp", p["k.w"], dK))
	g["embed"] = Add(product("zp,dp->zd", args[argTokens], dE),
		product("zn,dn->zd", args[argLast], product("de,en->dn", p["q.w"], dQ)))
}
