package encoder

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/marginalia-ml/marginalia/pkg/loss"
	"github.com/marginalia-ml/marginalia/pkg/model"
)

// columnsOf are the columns of a set of texts.
func columnsOf(columns []*Node) model.Texts {
	return model.Texts{Tokens: columns[tokensColumn], Segments: columns[segmentsColumn], Lengths: columns[lengthsColumn]}
}

// masked is the masked-language-model loss of a batch: texts, the places [n, M] of masked
// tokens and the words [n, M] that stood there, the padding where there are fewer than M.
func (e *Encoder) masked(layout model.Layout, params, batch []*Node) *Node {
	p := model.Named("encoder", layout, params)
	places, words := batch[textColumns], batch[textColumns+1]
	hidden := e.Net.Encode(p, columnsOf(batch))
	logits := e.Net.Masked(p, hidden, places) // [n, M, V]
	V := logits.Shape().Dim(-1)
	each := loss.CrossEntropies(Reshape(logits, -1, V), Reshape(words, -1))
	pad := Scalar(words.Graph(), words.DType(), e.Tokenizer.Special().Pad)
	counts := ConvertDType(NotEqual(Reshape(words, -1), BroadcastToDims(pad, each.Shape().Dimensions...)), each.DType())
	return Div(ReduceAllSum(Mul(each, counts)), MaxScalar(ReduceAllSum(counts), 1))
}

// vectors are those of the texts, [n, d]: the hidden state of the first token, or the mean.
func (e *Encoder) vectors(p map[string]*Node, columns []*Node) *Node {
	t := columnsOf(columns)
	if e.Mean {
		return model.MeanOf(e.Net.Encode(p, t), t.Lengths)
	}
	return e.Net.EncodeFirst(p, t)
}

// outputs are the head's, [n, outputs].
func (e *Encoder) outputs(p map[string]*Node, columns []*Node) *Node {
	return e.Net.Head(p, e.vectors(p, columns))
}
