package model

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// Named gives nodes the names of a layout. It panics, with the name of the network, if their
// number or a shape differs.
func Named(network string, l Layout, params []*Node) map[string]*Node {
	return named(network, l, params, nil)
}

// NamedTogether is [Named] for the parameters of R networks, [R, ...]. [Linear], [Affine], [RMSNorm],
// [LayerNorm] and [Embed], and with them [BERT] and [ViT], take them for rows that are those of one
// network after the other's, R·n in all.
func NamedTogether(network string, l Layout, params []*Node) map[string]*Node {
	if len(params) == 0 || params[0].Rank() == 0 {
		panic(fmt.Errorf("model: %s: %d parameters, want %d of networks on a leading axis", network, len(params), len(l)))
	}
	return named(network, l, params, params[0].Shape().Dimensions[:1])
}

// named gives nodes of the layout's shapes behind a prefix their names.
func named(network string, l Layout, params []*Node, prefix []int) map[string]*Node {
	if len(params) != len(l) {
		panic(fmt.Errorf("model: %s has %d parameters, got %d", network, len(l), len(params)))
	}
	byName := make(map[string]*Node, len(l))
	for i, p := range l {
		if got, want := params[i].Shape().Dimensions, slices.Concat(prefix, p.Shape); !slices.Equal(got, want) {
			panic(fmt.Errorf("model: %s: parameter %d, %s, has shape %v, want %v", network, i, p.Name, got, want))
		}
		byName[p.Name] = params[i]
	}
	return byName
}

// spread gives a parameter of one network, of so many axes, axes of size 1 up to the rank of x;
// of R networks, [R, ...], it repeats each for the rows of x [R·n, ...] that are its network's.
func spread(v *Node, axes int, x *Node) *Node {
	if v.Rank() == axes {
		return ExpandLeftToRank(v, x.Rank())
	}
	own := v.Shape().Dimensions
	runs, n := own[0], x.Shape().Dim(0)/own[0]
	v = BroadcastToDims(ExpandDims(v, 1), append([]int{runs, n}, own[1:]...)...)
	dims := append([]int{runs * n}, own[1:]...)
	for len(dims) < x.Rank() {
		dims = slices.Insert(dims, 1, 1)
	}
	return Reshape(v, dims...)
}

// Linear is x W + b for x [..., in], W [in, out], b [out] or nil; of R networks, for x [R·n, ...,
// in], W [R, in, out] and b [R, out], each on its own rows.
func Linear(x, w, b *Node) *Node {
	if w.Rank() == 3 {
		return linears(x, w, b)
	}
	dims := slices.Clone(x.Shape().Dimensions)
	last := len(dims) - 1
	y := MatMul(Reshape(x, -1, dims[last]), w) // [rows, out]
	if b != nil {
		y = Add(y, ExpandLeftToRank(b, 2))
	}
	dims[last] = w.Shape().Dim(-1)
	return Reshape(y, dims...)
}

// linears is Linear of R networks.
func linears(x, w, b *Node) *Node {
	dims := slices.Clone(x.Shape().Dimensions)
	last := len(dims) - 1
	y := Einsum("rni,rio->rno", Reshape(x, w.Shape().Dim(0), -1, dims[last]), w) // [R, rows, out]
	if b != nil {
		y = Add(y, ExpandDims(b, 1))
	}
	dims[last] = w.Shape().Dim(-1)
	return Reshape(y, dims...)
}

// RMSNorm divides each row of x by the root of its mean square (Zhang and Sennrich
// 2019) and multiplies its entries by gain:
//
//	x_i gain_i / √(mean_j x_j² + ε)
func RMSNorm(x, gain *Node, eps float64) *Node {
	scale := Sqrt(AddScalar(ReduceAndKeep(Square(x), ReduceMean, -1), eps))
	return Mul(Div(x, scale), spread(gain, 1, x))
}

// LayerNorm centres each row of x, divides it by its standard deviation (Ba et al.
// 2016), multiplies its entries by gain and adds bias.
func LayerNorm(x, gain, bias *Node, eps float64) *Node {
	x = Sub(x, ReduceAndKeep(x, ReduceMean, -1))
	return Add(RMSNorm(x, gain, eps), spread(bias, 1, x))
}

// Activation returns the function of a name:
//
//	relu      max(x, 0)
//	gelu      x Φ(x), Φ the distribution function of N(0, 1), by erf
//	silu      x σ(x)
//	tanh      tanh x
//	logistic  σ(x) = 1/(1 + e^{-x})
func Activation(name string) func(x *Node) *Node {
	switch name {
	case "relu":
		return func(x *Node) *Node { return MaxScalar(x, 0) }
	case "gelu":
		return func(x *Node) *Node {
			return Mul(MulScalar(x, 0.5), AddScalar(Erf(MulScalar(x, math.Sqrt2/2)), 1))
		}
	case "silu":
		return func(x *Node) *Node { return Mul(x, Sigmoid(x)) }
	case "tanh":
		return Tanh
	case "logistic":
		return Sigmoid
	}
	panic(fmt.Errorf("model: unknown activation %q: want relu, gelu, silu, tanh or logistic", name))
}

// Attention is softmax(q kᵀ/√width) v on each head, for q [n, t, heads, width], k and v
// [n, s, heads, width]. A query meets the keys where seen is true, whose shape is [n, heads,
// t, s] or has 1 for an axis that does not matter; nil is everywhere, [Causal] up to its own
// position, and [Ends] tells the tokens of a text from what fills it up. Every query must
// see a key. It returns [n, t, heads·width] and the attention [n, heads, t, s].
func Attention(q, k, v, seen *Node) (out, attention *Node) {
	n, t, heads, width := q.Shape().Dim(0), q.Shape().Dim(1), q.Shape().Dim(2), q.Shape().Dim(3)
	scores := MulScalar(Einsum("nthd,nshd->nhts", q, k), 1/math.Sqrt(float64(width)))
	if seen != nil {
		scores = Where(BroadcastToDims(seen, scores.Shape().Dimensions...), scores, lowest(scores))
	}
	attention = Softmax(scores, -1)
	return Reshape(Einsum("nhts,nshd->nthd", attention, v), n, t, heads*width), attention
}

// Causal is where a query of t positions sees a key of the same ones, [1, 1, t, t].
func Causal(g *Graph, t int) *Node { return ExpandLeftToRank(LowerTriangular(g, t), 4) }

// lowest is a scalar, broadcast to the shape of x, that softmax turns into zero beside
// any score: exp of it minus a score below 1e29 is zero, and it is finite, so that no
// gradient becomes NaN.
func lowest(x *Node) *Node {
	return BroadcastToDims(Scalar(x.Graph(), x.DType(), -1e30), x.Shape().Dimensions...)
}

// Sinusoids returns the position table of Vaswani et al. 2017 in row order, positions
// from 0 on: sines in even columns, cosines in odd ones,
//
//	sin(s·10000^{-i/d}), cos(s·10000^{-i/d}),  i = 0, 2, ..., d-2
func Sinusoids(T, d int) []float64 {
	table := make([]float64, T*d)
	for s := range T {
		for j := range d {
			angle := float64(s) * math.Exp(-float64(j-j%2)*math.Log(10000)/float64(d))
			if j%2 == 0 {
				table[s*d+j] = math.Sin(angle)
			} else {
				table[s*d+j] = math.Cos(angle)
			}
		}
	}
	return table
}

// Embed looks up rows of a table [V, d] for ids [n, T]: [n, T, d]; of R networks, rows of each one's
// table [R, V, d] for its ids of [R·n, T].
func Embed(table, ids *Node) *Node {
	if table.Rank() == 3 {
		d, t := table.Shape().Dimensions, ids.Shape().Dim(1)
		each := Reshape(ids, d[0], -1, t)
		each = Add(each, MulScalar(Iota(ids.Graph(), each.Shape(), 0), float64(d[1])))
		table, ids = Reshape(table, d[0]*d[1], d[2]), Reshape(each, -1, t)
	}
	return Gather(table, ExpandDims(ids, -1))
}

// constant is a vector of constants in the type of like.
func constant(like *Node, values []float64) *Node {
	return ConvertDType(Const(like.Graph(), values), like.DType())
}
