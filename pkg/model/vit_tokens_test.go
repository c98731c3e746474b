package model

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/random"
)

var tokensNet = ViT{Height: 4, Width: 4, Patch: 2, Layers: 3, Dim: 6, Heads: 2, Hidden: 8, Classes: 3}

// tokensCase returns parameters away from their start, two images, and tokens [2, 2, d].
func tokensCase(t *testing.T) (params []*tensors.Tensor, images, tokens *tensors.Tensor) {
	t.Helper()
	rng := random.Stream(7, "tokens")
	numbers := func(n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		return x
	}
	for _, p := range tokensNet.Params() {
		params = append(params, tensor(numbers(p.Size()), dtypes.Float64, p.Shape))
	}
	return params, tensor(numbers(2*16), dtypes.Float64, []int{2, 16}), tensor(numbers(2*2*6), dtypes.Float64, []int{2, 2, 6})
}

// with is the class token's feature with tokens before some blocks.
func with(in []*Node, first int, at ...int) *Node {
	n := len(tokensNet.Params())
	p := Named("ViT", tokensNet.Params(), in[:n])
	inserted := map[int]*Node{}
	for j, block := range at {
		inserted[block] = in[n+1+j]
	}
	x, _ := tokensNet.Through(p, tokensNet.Tokens(p, in[n]), 0, tokensNet.Layers, inserted)
	return tokensNet.Feature(p, x, first)
}

func TestViTWithoutTokensIsPlain(t *testing.T) {
	params, images, _ := tokensCase(t)
	got := eval(t, func(in []*Node) []*Node {
		n := len(tokensNet.Params())
		p := Named("ViT", tokensNet.Params(), in[:n])
		logits, attention := tokensNet.Apply(in[:n], in[n])
		x := tokensNet.Tokens(p, in[n])
		var seen []*Node
		for i := range tokensNet.Layers { // block by block, as the network is defined
			var a *Node
			x, a = tokensNet.Block(p, i, x)
			seen = append(seen, a)
		}
		return []*Node{logits, Linear(with(in, 1), p["head.w"], p["head.b"]), tokensNet.Head(p, x), attention, Concatenate(seen, 0)}
	}, append(params, images)...)
	for _, pair := range [][2]int{{0, 1}, {0, 2}, {3, 4}} {
		for i, v := range got[pair[0]] {
			if math.Float64bits(v) != math.Float64bits(got[pair[1]][i]) {
				t.Fatalf("outputs %v: entry %d is %v and %v, want the same bits", pair, i, v, got[pair[1]][i])
			}
		}
	}
}

// Tokens have no position: their order does not matter to the class token, nor does who was
// inserted first before one block; before another block it does, and so does a zero token.
func TestInsertedTokens(t *testing.T) {
	params, images, tokens := tokensCase(t)
	n := len(params)
	got := eval(t, func(in []*Node) []*Node {
		tok := in[n+1]
		swapped := Concatenate([]*Node{Slice(tok, AxisRange(), AxisRange(1, 2)), Slice(tok, AxisRange(), AxisRange(0, 1))}, 1)
		base := in[: n+1 : n+1]
		return []*Node{
			with(base, 1),
			with(append(base, tok), 1, 1), with(append(base, swapped), 1, 1), with(append(base, tok), 1, 0),
			with(append(base, ZerosLike(tok)), 1, 1),
			with(append(base, tok, tok), 1, 0, 2),
			with(append(base, Concatenate([]*Node{tok, tok}, 1)), 1, 0),
		}
	}, append(params, images, tokens)...)
	if d := gap(got[1], got[2]); !(d <= round) {
		t.Errorf("two tokens in the other order change the feature by %g", d)
	}
	for i, what := range map[int]string{1: "tokens before block 1", 4: "zero tokens"} {
		if d := gap(got[0], got[i]); !(d > 1e-3) {
			t.Errorf("%s change the feature by %g, want a change", what, d)
		}
	}
	if d := gap(got[1], got[3]); !(d > 1e-3) {
		t.Errorf("tokens before block 1 or 0 differ by %g, want a difference", d)
	}
	if d := gap(got[5], got[6]); !(d > 1e-3) {
		t.Errorf("tokens before blocks 0 and 2 are those before block 0 alone up to %g, want a difference", d)
	}
}

// Tokens that were inserted stay: the sequence grows, and the newest stand behind the class.
func TestTokensStay(t *testing.T) {
	params, images, tokens := tokensCase(t)
	n := len(params)
	got := eval(t, func(in []*Node) []*Node {
		p := Named("ViT", tokensNet.Params(), in[:n])
		x := tokensNet.Tokens(p, in[n])
		out, attention := tokensNet.Through(p, x, 0, 3, map[int]*Node{0: in[n+1], 2: in[n+1]})
		out.AssertDims(2, 1+4+4, 6)
		for i, T := range []int{7, 7, 9} {
			attention[i].AssertDims(2, 2, T, T)
		}
		one := InsertTokens(x, in[n+1])
		return []*Node{Slice(one, AxisRange(), AxisRange(0, 1)), Slice(x, AxisRange(), AxisRange(0, 1)), Slice(one, AxisRange(), AxisRange(1, 3)), in[n+1],
			Slice(one, AxisRange(), AxisRange(3)), Slice(x, AxisRange(), AxisRange(1))}
	}, append(params, images, tokens)...)
	for i := 0; i < len(got); i += 2 {
		if d := gap(got[i], got[i+1]); d != 0 {
			t.Errorf("part %d of the sequence differs by %g", i/2, d)
		}
	}
}

func TestTokensGradient(t *testing.T) {
	params, images, tokens := tokensCase(t)
	n := len(params)
	f := func(in []*Node) *Node { return ReduceAllSum(Sin(with(in, 3, 1))) }
	run := compiled(t, func(in []*Node) []*Node { return []*Node{f(in), Gradient(f(in), in[n+1])[0]} })
	args := append(params, images, tokens)
	gradient := run(args...)[1]
	const h = 1e-5
	for i := range gradient {
		side := func(sign float64) float64 {
			moved, err := tokens.LocalClone()
			if err != nil {
				t.Fatal(err)
			}
			if err := tensors.MutableFlatData(moved, func(flat []float64) { flat[i] += sign * h }); err != nil {
				t.Fatal(err)
			}
			return run(append(args[:n+1:n+1], moved)...)[0][0]
		}
		want := (side(1) - side(-1)) / (2 * h)
		if d := math.Abs(gradient[i] - want); !(d <= 1e-7) { // h² times a third derivative of order one, and 1e-12/h of rounding
			t.Errorf("entry %d: the gradient is %g, differences say %g", i, gradient[i], want)
		}
	}
}

func TestTokensMistakes(t *testing.T) {
	params, images, tokens := tokensCase(t)
	n := len(params)
	b, err := backend()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(in []*Node) *Node{
		"a block too many": func(in []*Node) *Node { return with(in, 1, 3) },
		"no token":         func(in []*Node) *Node { return with(in, 0, 1) },
		"too many tokens":  func(in []*Node) *Node { return with(in, 8, 1) },
		"another width": func(in []*Node) *Node {
			return InsertTokens(in[n+1], Slice(in[n+1], AxisRange(), AxisRange(), AxisRange(0, 3)))
		},
	} {
		exec, err := NewExec(b.Backend, f)
		if err != nil {
			t.Fatal(err)
		}
		var args []any
		for _, x := range append(params[:n:n], images, tokens) {
			args = append(args, x)
		}
		if _, err := exec.Call(args...); err == nil {
			t.Errorf("%s: no error", name)
		}
		exec.Finalize()
	}
}
