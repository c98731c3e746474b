package model

import (
	"math"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Equation4 is the transformer of Madden et al. 2025, equation (4): one layer of
// attention in which the last token asks, without scaling, skip connection, norm or
// biases, and one hidden layer. For a context α of length t ≥ 1
//
//	X      = Z[:, α] + U[:, 1:t]                                  [d, t]
//	head_r = W_{3,r}ᵀ X softmax(Xᵀ W_{1,r} W_{2,r}ᵀ X[:, t])       [d₀]
//	x      = W₀ᵀ vec(head_1, ..., head_{m₀})                       [d]
//	logits = Vᵀ ψ(Wᵀ x + b)                                        [ζ]
type Equation4 struct {
	Zeta       int // ζ, vocabulary
	T          int // longest context
	Dim        int // d
	Heads      int // m₀
	Key        int // d₁, of keys and queries
	Value      int // d₀
	Hidden     int // m
	Activation string
}

// Params lists "z" [ζ, d] and "u" [T, d] (the columns of Z and U as rows), "w1" and "w2"
// [m₀, d, d₁], "w3" [m₀, d, d₀], "w0" [m₀·d₀, d], "w" [d, m], "b" [m] and "v" [m, ζ]. All
// are Gaussian; z, u and b have variance 1, w 4/d, w1 1/(4d) and the others 1/d, so that
// scores and hidden units are of order one.
func (c Equation4) Params() Layout {
	positive("equation (4)", c.Zeta, c.T, c.Dim, c.Heads, c.Key, c.Value, c.Hidden)
	root := 1 / math.Sqrt(float64(c.Dim))
	return Layout{
		{"z", []int{c.Zeta, c.Dim}, Normal(1)},
		{"u", []int{c.T, c.Dim}, Normal(1)},
		{"w1", []int{c.Heads, c.Dim, c.Key}, Normal(root / 2)},
		{"w2", []int{c.Heads, c.Dim, c.Key}, Normal(root)},
		{"w3", []int{c.Heads, c.Dim, c.Value}, Normal(root)},
		{"w0", []int{c.Heads * c.Value, c.Dim}, Normal(root)},
		{"w", []int{c.Dim, c.Hidden}, Normal(2 * root)},
		{"b", []int{c.Hidden}, Normal(1)},
		{"v", []int{c.Hidden, c.Zeta}, Normal(root)},
	}
}

// Count returns the number of parameters,
//
//	k = ζ m + m (d + 1) + 2 m₀ (d₀ + d₁) d + (ζ + T) d
func (c Equation4) Count() int {
	return c.Zeta*c.Hidden + c.Hidden*(c.Dim+1) + 2*c.Heads*(c.Value+c.Key)*c.Dim + (c.Zeta+c.T)*c.Dim
}

// Apply takes contexts [n, T] of an integer type, filled up to T with any token, and
// their lengths [n], 1 to T. It returns what the attention gives, x [n, d], and the
// logits [n, ζ].
func (c Equation4) Apply(params []*Node, tokens, lengths *Node) (x, logits *Node) {
	p := Named("equation (4)", c.Params(), params)
	n := tokens.Shape().Dim(0)
	X := Add(Embed(p["z"], tokens), ExpandDims(p["u"], 0)) // [n, T, d]
	last, seen := Ends(lengths, c.T, X)
	query := Einsum("nt,ntd->nd", last, X) // [n, d]

	keys := Einsum("ntd,rdk->nrtk", X, p["w1"])                                    // [n, r, T, d₁]
	scores := Einsum("nrtk,nrk->nrt", keys, Einsum("nd,rdk->nrk", query, p["w2"])) // [n, r, T]
	seen = BroadcastToDims(ExpandDims(seen, 1), n, c.Heads, c.T)                   // [n, r, T]
	attention := Softmax(Where(seen, scores, lowest(scores)), -1)                  // [n, r, T]
	heads := Einsum("nrd,rdv->nrv", Einsum("nrt,ntd->nrd", attention, X), p["w3"]) // [n, r, d₀]
	x = MatMul(Reshape(heads, n, c.Heads*c.Value), p["w0"])                        // [n, d]
	return x, MatMul(Activation(c.Activation)(Linear(x, p["w"], p["b"])), p["v"])
}

// Ends returns the one-hot vector of each context's last position, [n, T] in the type of
// like, and whether a position belongs to the context, [n, T].
func Ends(lengths *Node, T int, like *Node) (last, seen *Node) {
	n := lengths.Shape().Dim(0)
	last = OneHot(Sub(lengths, OnesLike(lengths)), T, like.DType())
	place := Iota(like.Graph(), shapes.Make(lengths.DType(), n, T), 1)
	return last, LessThan(place, BroadcastToDims(ExpandDims(lengths, -1), n, T))
}
