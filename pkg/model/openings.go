package model

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// Openings is the transformer of the experiments of Madden et al. 2025, which predicts
// the next token of every opening of a story: equation (4) with one head, biases in all
// linear maps, fixed sinusoidal positions, scores over √d and the exact GELU.
type Openings struct {
	Zeta   int // ζ, vocabulary
	Hidden int // m
	Dim    int // d
	T      int // longest context
}

// NewOpenings returns the network for stories of ten tokens, d = 16 and T = 9.
func NewOpenings(zeta, hidden int) Openings {
	return Openings{Zeta: zeta, Hidden: hidden, Dim: 16, T: 9}
}

// Params lists "embed" [ζ, d], N(0, 1), and, uniform between ±1/√inputs, weights [in, out]
// and biases of the linear maps "q", "k", "v", "o" (d to d), "hidden" (d to m) and "out"
// (m to ζ): "q.w", "q.b" and so on.
func (c Openings) Params() Layout {
	positive("openings", c.Zeta, c.Hidden, c.Dim, c.T)
	l := Layout{{"embed", []int{c.Zeta, c.Dim}, Normal(1)}}
	for _, name := range []string{"q", "k", "v", "o"} {
		l = append(l, LinearParams(name, c.Dim, c.Dim, FanIn(c.Dim))...)
	}
	l = append(l, LinearParams("hidden", c.Dim, c.Hidden, FanIn(c.Dim))...)
	return append(l, LinearParams("out", c.Hidden, c.Zeta, FanIn(c.Hidden))...)
}

// Count returns the number of parameters,
//
//	ζ m + (d + 1)(ζ + m) + 4 d (d + 1)
func (c Openings) Count() int {
	return c.Zeta*c.Hidden + (c.Dim+1)*(c.Zeta+c.Hidden) + 4*c.Dim*(c.Dim+1)
}

// CountFNN returns the number of those in "hidden" and "out", ζ m + ζ + (d + 1) m.
func (c Openings) CountFNN() int { return c.Zeta*c.Hidden + c.Zeta + (c.Dim+1)*c.Hidden }

// Apply takes contexts [n, T] of an integer type, filled up to T with any token, and
// their lengths [n], 1 to T. It returns what the attention gives, x [n, d], and the
// logits [n, ζ].
func (c Openings) Apply(params []*Node, tokens, lengths *Node) (x, logits *Node) {
	p := Named("openings", c.Params(), params)
	x = Embed(p["embed"], tokens)                                                // [n, T, d]
	x = Add(x, Reshape(constant(x, Sinusoids(c.T, c.Dim)), 1, c.T, c.Dim))       // [n, T, d]
	last, seen := Ends(lengths, c.T, x)                                          // [n, T]
	query := Linear(Einsum("nt,ntd->nd", last, x), p["q.w"], p["q.b"])           // [n, d]
	keys, values := Linear(x, p["k.w"], p["k.b"]), Linear(x, p["v.w"], p["v.b"]) // [n, T, d]

	scores := MulScalar(Einsum("ntd,nd->nt", keys, query), 1/math.Sqrt(float64(c.Dim)))
	attention := Softmax(Where(seen, scores, lowest(scores)), -1) // [n, T]
	x = Linear(Einsum("nt,ntd->nd", attention, values), p["o.w"], p["o.b"])
	hidden := Activation("gelu")(Linear(x, p["hidden.w"], p["hidden.b"])) // [n, m]
	return x, Linear(hidden, p["out.w"], p["out.b"])
}
