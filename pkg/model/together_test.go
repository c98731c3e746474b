package model

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/xla"
)

// Networks on a leading axis are each network on its own inputs, in outputs, attention and
// gradients.
func TestTogetherIsApply(t *testing.T) {
	const runs, n = 3, 2
	b, err := xla.Open("go")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	vit := ViT{Height: 4, Width: 4, Patch: 2, Layers: 2, Dim: 4, Heads: 2, Hidden: 6, Classes: 3}
	mlp := MLP{Widths: []int{16, 5, 3}, Activation: "tanh"}
	bert := BERT{Words: 7, Positions: 6, Segments: 2, Dim: 4, Layers: 2, Heads: 2, Hidden: 6}
	// texts are made of numbers x [n, 16]: five words, perhaps with segments, and a length.
	texts := func(x *Node, segments bool) Texts {
		whole := func(x *Node, below float64) *Node {
			return ConvertDType(Floor(MinScalar(Abs(MulScalar(x, below/2)), below-1)), dtypes.Int32)
		}
		words := Slice(x, AxisRange(), AxisRange(0, 5))
		made := Texts{Tokens: whole(words, 7), Lengths: AddScalar(Squeeze(whole(Slice(x, AxisRange(), AxisRange(7, 8)), 5), 1), 1)}
		if segments {
			made.Segments = whole(Slice(x, AxisRange(), AxisRange(8, 13)), 2)
		}
		return made
	}
	for name, c := range map[string]struct {
		layout          Layout
		alone, together func(params []*Node, x *Node) []*Node
	}{
		"ViT": {vit.Params(), func(p []*Node, x *Node) []*Node { a, b := vit.Apply(p, x); return []*Node{a, b} },
			func(p []*Node, x *Node) []*Node { a, b := vit.Together(p, x); return []*Node{a, b} }},
		"MLP": {mlp.Params(), func(p []*Node, x *Node) []*Node { return []*Node{mlp.Apply(p, x)} },
			func(p []*Node, x *Node) []*Node { return []*Node{mlp.Together(p, x)} }},
		"BERT": {bert.Params(), func(p []*Node, x *Node) []*Node {
			return []*Node{bert.Encode(Named("BERT", bert.Params(), p), texts(x, true))}
		},
			func(p []*Node, x *Node) []*Node {
				hidden := bert.Encode(NamedTogether("BERT", bert.Params(), p), texts(Reshape(x, runs*n, 16), true))
				return []*Node{Reshape(hidden, runs, n, 5, 4)}
			}},
		"BERT without segments": {bert.Params(), func(p []*Node, x *Node) []*Node {
			return []*Node{bert.EncodeFirst(Named("BERT", bert.Params(), p), texts(x, false))}
		},
			func(p []*Node, x *Node) []*Node {
				first := bert.EncodeFirst(NamedTogether("BERT", bert.Params(), p), texts(Reshape(x, runs*n, 16), false))
				return []*Node{Reshape(first, runs, n, 4)}
			}},
	} {
		rng := random.Stream(1, "model/together")
		draw := func(size int) []float64 {
			v := make([]float64, size)
			for i := range v {
				v[i] = rng.NormFloat64()
			}
			return v
		}
		// A scalar that sees every entry of every output, and its gradients.
		judged := func(out, params []*Node) []*Node {
			f := ScalarZero(out[0].Graph(), out[0].DType())
			for _, x := range out {
				f = Add(f, ReduceAllSum(Sin(MulScalar(x, 3))))
			}
			return append(out, Gradient(f, params...)...)
		}
		var inputs []any
		for _, p := range c.layout {
			inputs = append(inputs, tensors.FromFlatDataAndDimensions(draw(runs*p.Size()), append([]int{runs}, p.Shape...)...))
		}
		inputs = append(inputs, tensors.FromFlatDataAndDimensions(draw(runs*n*16), runs, n, 16))
		last := len(c.layout)
		out, err := CallOnceN(b.Backend, func(in []*Node) []*Node {
			all := judged(c.together(in[:last], in[last]), in[:last])
			for r := range runs {
				one := make([]*Node, len(in))
				for i, x := range in {
					one[i] = Squeeze(Slice(x, AxisElem(r)), 0)
				}
				all = append(all, judged(c.alone(one[:last], one[last]), one[:last])...)
			}
			return all
		}, inputs...)
		if err != nil {
			t.Fatal(err)
		}
		many := len(out) / (runs + 1)
		for i := range many {
			got := tensors.MustCopyFlatData[float64](out[i])
			for r := range runs {
				want := tensors.MustCopyFlatData[float64](out[(r+1)*many+i])
				if len(want)*runs != len(got) {
					t.Fatalf("%s: result %d has %d entries, want %d times %d", name, i, len(got), runs, len(want))
				}
				for k, w := range want {
					if g := got[r*len(want)+k]; !(math.Abs(g-w) <= 1e3*round*max(1, math.Abs(w))) { // gradients add up some hundred terms
						t.Fatalf("%s: result %d of network %d: entry %d is %g, want %g", name, i, r, k, g, w)
					}
				}
			}
		}
	}
}

// Parameters of another shape, or without the axis, are errors that say what is wrong.
func TestTogetherMisfits(t *testing.T) {
	b, err := xla.Open("go")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	mlp := MLP{Widths: []int{2, 3}, Activation: "tanh"}
	for want, params := range map[string][]any{
		"has shape [3], want [2 3]": {zeros(2, 2, 3), zeros(3)},
		"has 2 parameters, got 1":   {zeros(2, 2, 3)},
		"want 2 of networks":        {tensors.FromScalar(1.0), zeros(3)},
	} {
		_, err := CallOnceN(b.Backend, func(in []*Node) []*Node {
			x := Reshape(Iota(in[0].Graph(), zeros(8).Shape(), 0), 2, 2, 2)
			return []*Node{mlp.Together(in, x)}
		}, params...)
		fails(t, err, want)
	}
}

func zeros(dims ...int) *tensors.Tensor {
	size := 1
	for _, d := range dims {
		size *= d
	}
	return tensors.FromFlatDataAndDimensions(make([]float64, size), dims...)
}

func fails(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one with %q", err, want)
	}
}
