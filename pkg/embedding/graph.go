package embedding

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/marginalia-ml/marginalia/pkg/model"
)

// vectors are those of texts, [n, d], from tokens [n, T] and lengths [n].
func (e *Embedder) vectors(p map[string]*Node, tokens, lengths *Node) *Node {
	hidden := e.Net.Encode(p, model.Texts{Tokens: tokens, Lengths: lengths}) // [n, T, d]
	x := model.MeanOf(hidden, lengths)
	if e.Pooling == OverWords {
		x = overWords(hidden, lengths)
	}
	if e.Unit {
		x = Div(x, norms(x))
	}
	return x
}

// overWords is the mean of hidden states [n, T, d] between the first token and the last of each
// text.
func overWords(hidden, lengths *Node) *Node {
	n, T := hidden.Shape().Dim(0), hidden.Shape().Dim(1)
	place := Iota(hidden.Graph(), shapes.Make(lengths.DType(), n, T), 1)
	last := BroadcastToDims(ExpandDims(Sub(lengths, OnesLike(lengths)), -1), n, T)
	words := And(GreaterThan(place, ZerosLike(place)), LessThan(place, last))
	weights := ConvertDType(words, hidden.DType()) // [n, T]
	return Div(Einsum("nt,ntd->nd", weights, hidden), ReduceAndKeep(weights, ReduceSum, -1))
}

// squares are ‖x_i‖², [n, 1], of rows [n, d].
func squares(x *Node) *Node { return ReduceAndKeep(Square(x), ReduceSum, -1) }

// norms are √(‖x_i‖² + 10⁻¹²), [n, 1].
func norms(x *Node) *Node { return Sqrt(AddScalar(squares(x), floor)) }

// The columns of triples as a set.
const (
	tokensColumn  = iota // [n, K+1, T]
	lengthsColumn        // [n, K+1]
	frozenColumn         // [n, d]
)

// embed returns the vectors of a batch of triples, those of the groups and of the neutral texts,
// [n, d] each: one pass of the encoder over all texts.
func (e *Embedder) embed(p map[string]*Node, columns []*Node) (groups []*Node, neutral *Node) {
	tokens, lengths := columns[tokensColumn], columns[lengthsColumn]
	n, m, T := tokens.Shape().Dim(0), tokens.Shape().Dim(1), tokens.Shape().Dim(2)
	v := e.vectors(p, Reshape(tokens, n*m, T), Reshape(lengths, n*m))
	v = Reshape(v, n, m, v.Shape().Dim(1))
	for i := range m {
		one := Slice(v, AxisRange(), AxisElem(i), AxisRange())
		groups = append(groups, Reshape(one, n, v.Shape().Dim(2)))
	}
	return groups[:m-1], groups[m-1]
}

// graph returns L, L_bias and L_rep of a batch.
func (l Loss) graph(groups []*Node, neutral, frozen *Node) (total, bias, rep *Node) {
	distance := make([]*Node, len(groups))
	for i, x := range groups {
		switch d := Sub(x, neutral); l.Method {
		case CCD:
			distance[i] = Exp(MulScalar(squares(d), -1/(2*l.Rho*l.Rho)))
		case ADEPT:
			distance[i] = l.logs(x, neutral)
		default:
			distance[i] = norms(d)
		}
	}
	bias = ScalarZero(neutral.Graph(), neutral.DType())
	for i, x := range distance {
		if l.Method == Merge {
			bias = Add(bias, ReduceAllMean(x))
			continue
		}
		for _, y := range distance[:i] {
			if l.Method == ADEPT {
				bias = Add(bias, ReduceAllMean(divergences(x, y)))
			} else {
				bias = Add(bias, MulScalar(ReduceAllMean(Abs(Sub(x, y))), 2)) // ordered pairs
			}
		}
	}
	moved := Sub(neutral, frozen)
	if l.Squared {
		rep = ReduceAllMean(squares(moved))
	} else {
		rep = ReduceAllMean(norms(moved))
	}
	return Add(bias, MulScalar(rep, l.Beta)), bias, rep
}

// logs are log P(c) of rows x [n, d] over the neutral texts of the batch, [n, n].
func (l Loss) logs(x, neutral *Node) *Node {
	products := Einsum("nd,md->nm", x, neutral)
	apart := Sub(Add(squares(x), Transpose(squares(neutral), 0, 1)), MulScalar(products, 2))
	return LogSoftmax(MulScalar(apart, -1/(2*l.Rho*l.Rho)))
}

// divergences are those of Jensen and Shannon of rows of logarithms, [n].
func divergences(x, y *Node) *Node {
	half := AddScalar(LogAddExp(x, y), -0.6931471805599453)
	return MulScalar(ReduceSum(Add(Mul(Exp(x), Sub(x, half)), Mul(Exp(y), Sub(y, half))), -1), 0.5)
}
