package geometry

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/loss"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/xla"
)

// network completes a run that trains a decoder transformer, in float32, on the soft labels of
// the contexts: h_j is its feature of the last word, W its decoder. What is seen of them is
// computed in float64.
func (r *run) network() error {
	e, s := r.Embedding, r.labels
	words, rows := s.Tokens()
	if len(rows) == 0 {
		return fmt.Errorf("geometry: contexts have no words for a network to read: want names of contexts of equal length")
	}
	if e.Lambda != 0 {
		return fmt.Errorf("geometry: λ = %g with a network: its features are bounded by the last normalization, only NTP-UFM is regularized", e.Lambda)
	}
	var tokens []int32
	for j, row := range rows {
		if len(row) != len(rows[0]) {
			return fmt.Errorf("geometry: context %d has %d words and context 0 has %d: want equal lengths", j, len(row), len(rows[0]))
		}
		for _, w := range row {
			tokens = append(tokens, int32(w))
		}
	}
	V, m := s.Dims()
	net := model.NewDecoder(len(words), V, e.Layers, e.D)
	layout := net.Params()
	var err error
	if r.optimizer, err = r.spec.New(layout); err != nil {
		return err
	}
	r.layout, r.params = layout, layout.Count()
	r.program += fmt.Sprintf(" words=%d V=%d", len(words), V)
	r.objective = optim.Autodiff(func(params, args []*graph.Node) *graph.Node {
		_, logits := net.Apply(params, args[0])
		return loss.SoftCrossEntropy(logits, args[1], args[2])
	})
	r.together = optim.EachRun(r.objective)
	r.measure = func(_ *graph.Node, state, args []*graph.Node) []*graph.Node {
		h, _ := net.Apply(state[:len(layout)], args[0]) // [m, dim]
		return []*graph.Node{state[layout.Index("decoder.w")], h}
	}
	r.begin = layout.Draw(e.Data.Rand("network"), dtypes.Float32)
	r.args = []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(tokens, m, len(rows[0])),
		tensor32(mat.DenseCopyOf(s.P.T())),
		tensors.FromFlatDataAndDimensions(xla.Float32s(s.Pi), m),
	}
	r.decode = func(x []float64) (W, H *mat.Dense) {
		W = mat.NewDense(V, e.D, x[:V*e.D])
		return W, mat.DenseCopyOf(mat.NewDense(m, e.D, x[V*e.D:]).T())
	}
	return nil
}

func tensor32(A *mat.Dense) *tensors.Tensor {
	A = mat.DenseCopyOf(A) // without gaps between its rows
	r, c := A.Dims()
	return tensors.FromFlatDataAndDimensions(xla.Float32s(A.RawMatrix().Data), r, c)
}

func tensor(A *mat.Dense) *tensors.Tensor {
	A = mat.DenseCopyOf(A) // without gaps between its rows
	r, c := A.Dims()
	return tensors.FromFlatDataAndDimensions(A.RawMatrix().Data, r, c)
}
