package encoder

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
)

// Moments are what a linear map is given, summed over the tokens of texts: with x̃ = (x, 1) its
// input and the one that meets its bias,
//
//	Gram = Σ x̃ x̃ᵀ,  [In+1, In+1]
//
// so that Σ‖ΔW̃ x̃‖² = tr(ΔW̃ Gram ΔW̃ᵀ); its diagonal has the squares of the inputs' norms and
// its last column their sums.
type Moments struct {
	Weight string // the map's, as "encoder.layer.0.output.dense.weight"
	In     int
	Tokens int
	Gram   []float64
}

// Mean returns the mean input over the tokens, [In].
func (m Moments) Mean() []float64 {
	mean := make([]float64, m.In)
	for j := range mean {
		mean[j] = m.Gram[j*(m.In+1)+m.In] / float64(m.Tokens)
	}
	return mean
}

// Squares returns the sums of squares of the inputs over the tokens, [In].
func (m Moments) Squares() []float64 {
	squares := make([]float64, m.In)
	for j := range squares {
		squares[j] = m.Gram[j*(m.In+2)]
	}
	return squares
}

// momentsOf returns the Gram matrices of all linear maps, in the order of BERT.Linears.
func (e *Encoder) momentsOf(p map[string]*Node, columns []*Node) []*Node {
	t := columnsOf(columns)
	var grams []*Node
	var weights *Node
	e.Net.Visit(p, t, func(_ string, x *Node) {
		n, T, in := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2)
		if weights == nil {
			_, inside := model.Ends(t.Lengths, T, x)
			counted := Reshape(columns[textColumns], n, 1) // 1 for an example, 0 for what fills a chunk up
			weights = Reshape(Mul(ConvertDType(inside, x.DType()), counted), n*T, 1)
		}
		one := OnesLike(weights)
		with := Concatenate([]*Node{Reshape(x, n*T, in), one}, 1)
		grams = append(grams, MatMul(Transpose(Mul(with, weights), 0, 1), with))
	})
	return grams
}

// Moments returns the moments of the inputs of all linear maps, in the order of BERT.Linears.
func (r *Reader) Moments(p model.Params) ([]Moments, error) {
	names := r.e.Net.Linears()
	all := make([]Moments, len(names))
	err := r.each(r.moments, p, func(out []*tensors.Tensor, lengths []int) error {
		for i, t := range out {
			values, err := float64s(t)
			if err != nil {
				return err
			}
			m := &all[i]
			if m.Gram == nil {
				*m = Moments{Weight: names[i], In: t.Shape().Dim(0) - 1, Gram: make([]float64, len(values))}
			}
			for k, v := range values {
				m.Gram[k] += v
			}
			for _, n := range lengths {
				m.Tokens += n
			}
		}
		return nil
	})
	return all, err
}
