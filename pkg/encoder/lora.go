package encoder

import (
	"fmt"
	"math"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/marginalia-ml/marginalia/pkg/model"
)

// LoRA has a fine-tuning move the weights of linear maps by products of low rank alone (Hu et
// al. 2022), and the head:
//
//	W = W_P + (α/r) B A,  B [out, r] from zero, A [r, in] drawn
type LoRA struct {
	Rank  int      // r
	Alpha float64  // α
	Only  []string // names or patterns of weights, all linear maps if empty
}

// The factors of "x.weight" are called as Hugging Face's PEFT calls them.
func factorA(weight string) string { return strings.TrimSuffix(weight, "weight") + "lora_A.weight" }
func factorB(weight string) string { return strings.TrimSuffix(weight, "weight") + "lora_B.weight" }

// weights returns the names of the weights that move.
func (l *LoRA) weights(net model.BERT) ([]string, error) {
	if l.Rank < 1 || !(l.Alpha > 0) {
		return nil, fmt.Errorf("encoder: LoRA of rank %d with α = %g: want positive numbers", l.Rank, l.Alpha)
	}
	all := net.Linears()
	if len(l.Only) == 0 {
		return all, nil
	}
	layout := net.Params()
	places, err := layout.Match(l.Only...)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, i := range places {
		if !slices.Contains(all, layout[i].Name) {
			return nil, fmt.Errorf("encoder: LoRA of %s, which is the weight of no linear map: want some of %v", layout[i].Name, all)
		}
		names = append(names, layout[i].Name)
	}
	return names, nil
}

// layout lists the factors: A is drawn as PyTorch draws a linear map, B is zero.
func (l *LoRA) layout(net model.BERT, weights []string) (factors model.Layout) {
	all := net.Params()
	for _, name := range weights {
		shape := all[all.Index(name)].Shape
		factors = append(factors,
			model.Param{Name: factorA(name), Shape: []int{l.Rank, shape[1]}, Init: model.Uniform(1 / math.Sqrt(float64(shape[1])))},
			model.Param{Name: factorB(name), Shape: []int{shape[0], l.Rank}, Init: model.Constant(0)})
	}
	return factors
}

// apply puts W_P + (α/r) B A in the place of the weights.
func (l *LoRA) apply(p map[string]*Node, weights []string) {
	for _, name := range weights {
		b, a := p[factorB(name)], p[factorA(name)]
		var product *Node
		if b.Rank() == 3 { // of several runs
			product = Einsum("roa,rai->roi", b, a)
		} else {
			product = MatMul(b, a)
		}
		p[name] = Add(p[name], MulScalar(product, l.Alpha/float64(l.Rank)))
	}
}

// Merge returns parameters of a layout, with (α/r) B A added to each weight whose factors are
// among p. [Encoder.TuneAll] does it with the trained factors; a caller can with pruned ones.
func (l *LoRA) Merge(p model.Params, layout model.Layout) (model.Params, error) {
	merged, err := part(p, layout)
	if err != nil {
		return model.Params{}, err
	}
	merged = merged.Clone()
	for i, q := range layout {
		at := p.Layout.Index(factorA(q.Name))
		if at < 0 {
			continue
		}
		A, B := p.Values[at], p.Get(factorB(q.Name))
		in := q.Shape[1]
		for o := range q.Shape[0] {
			row := merged.Values[i][o*in : (o+1)*in]
			for k := range l.Rank {
				c := l.Alpha / float64(l.Rank) * B[o*l.Rank+k]
				for j := range row {
					row[j] += c * A[k*in+j]
				}
			}
		}
	}
	return merged, nil
}
