package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Central differences of step h err by h²·f”'/6 and by rounding u·|f|/h: at h = 1e-5
// and f of size 10, about 1e-10 each; derivatives are of size 1 to 100.
const (
	differenceStep      = 1e-5
	differenceTolerance = 1e-7
)

// gradientCase is a small network as a function of its parameters.
type gradientCase struct {
	name   string
	layout Layout
	inputs []*tensors.Tensor
	apply  func(params, in []*Node) *Node
}

func gradientCases() []gradientCase {
	decoder := Decoder{Contexts: 5, Words: 4, Layers: 2, Dim: 6, Heads: 2, HeadDim: 2, Hidden: 5, Eps: 1e-5}
	eq4 := Equation4{Zeta: 4, T: 3, Dim: 3, Heads: 2, Key: 2, Value: 3, Hidden: 4, Activation: "tanh"}
	openings := Openings{Zeta: 5, Hidden: 3, Dim: 4, T: 3}
	mlp := MLP{Widths: []int{3, 4, 4, 2}, Activation: "silu"}
	vit := ViT{Height: 4, Width: 6, Patch: 2, Layers: 2, Dim: 4, Heads: 2, Hidden: 5, Classes: 3}
	tokens, lengths := ints([]int{3, 3}, 1, 0, 0, 3, 1, 0, 2, 2, 1), ints([]int{3}, 1, 2, 3)
	rng := rand.New(rand.NewPCG(8, 8))
	gaussian := func(dims ...int) *tensors.Tensor {
		return Layout{{"x", dims, Normal(1)}}.Draw(rng, dtypes.Float64)[0]
	}
	return []gradientCase{
		{"decoder", decoder.Params(), []*tensors.Tensor{tokens}, func(p, in []*Node) *Node { _, y := decoder.Apply(p, in[0]); return y }},
		{"equation (4)", eq4.Params(), []*tensors.Tensor{tokens, lengths}, func(p, in []*Node) *Node { _, y := eq4.Apply(p, in[0], in[1]); return y }},
		{"openings", openings.Params(), []*tensors.Tensor{tokens, lengths}, func(p, in []*Node) *Node { _, y := openings.Apply(p, in[0], in[1]); return y }},
		{"MLP", mlp.Params(), []*tensors.Tensor{gaussian(3, 3)}, func(p, in []*Node) *Node { return mlp.Apply(p, in[0]) }},
		{"BERT", smallBERT.withMasked(), []*tensors.Tensor{bertTokens, bertSegments, bertLengths, bertPlaces}, func(p, in []*Node) *Node {
			named := Named("BERT", smallBERT.withMasked(), p)
			return smallBERT.Masked(named, smallBERT.Encode(named, textsOf(in)), in[3])
		}},
		{"ViT", vit.Params(), []*tensors.Tensor{gaussian(2, 24)}, func(p, in []*Node) *Node { y, _ := vit.Apply(p, in[0]); return y }},
	}
}

// The gradient of a random linear function of the logits is what central differences
// say, along every parameter tensor.
func TestGradients(t *testing.T) {
	for _, c := range gradientCases() {
		t.Run(c.name, func(t *testing.T) { checkGradient(t, c) })
	}
}

func checkGradient(t *testing.T, c gradientCase) {
	n := len(c.layout)
	rng := rand.New(rand.NewPCG(3, 3))
	directions := make([][]float64, n)
	params := make([]*tensors.Tensor, n)
	for i, p := range c.layout { // of order one, so that every part of the network matters
		params[i] = Layout{{p.Name, p.Shape, Normal(0.7)}}.Draw(rng, dtypes.Float64)[0]
		directions[i] = make([]float64, p.Size())
		Normal(1)(rng, directions[i])
	}
	// One program gives f and its derivatives along the directions.
	f := compiled(t, func(in []*Node) []*Node {
		y := c.apply(in[:n:n], in[n:])
		weights := make([]float64, y.Shape().Size())
		Normal(1)(rand.New(rand.NewPCG(4, 4)), weights)
		value := ReduceAllSum(Mul(Reshape(y, -1), Const(y.Graph(), weights)))
		out := []*Node{value}
		for i, g := range Gradient(value, in[:n]...) {
			out = append(out, ReduceAllSum(Mul(Reshape(g, -1), Const(g.Graph(), directions[i]))))
		}
		return out
	})
	all := append(slices.Clone(params), c.inputs...)
	moved := func(i int, step float64) float64 {
		at := slices.Clone(all)
		x, err := tensors.CopyFlatData[float64](params[i])
		if err != nil {
			t.Fatal(err)
		}
		for j := range x {
			x[j] += step * directions[i][j]
		}
		at[i] = tensors.FromFlatDataAndDimensions(x, c.layout[i].Shape...)
		return f(at...)[0][0]
	}
	out := f(all...)
	size := 0.0
	for i, p := range c.layout {
		got := out[1+i][0]
		want := (moved(i, differenceStep) - moved(i, -differenceStep)) / (2 * differenceStep)
		size = math.Max(size, math.Abs(want))
		if d := math.Abs(got - want); !(d <= differenceTolerance*(1+math.Abs(want))) {
			t.Errorf("%s: derivative %g, differences give %g", p.Name, got, want)
		}
	}
	if !(size > 0.1) {
		t.Errorf("all derivatives are below %g: nothing was tested", size)
	}
}
