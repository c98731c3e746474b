package model

import (
	"math/rand/v2"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/loss"
)

// hostCounts continue the contexts of the host tests; [ζ, n].
var hostCounts = []float64{
	1, 0, 2, 0,
	0, 3, 0, 1,
	0, 1, 1, 0,
	4, 0, 0, 0,
}

// compactArgs are the args of Compact for the contexts of the host tests.
func compactArgs(c Openings) []*tensors.Tensor {
	n, u := len(hostContexts), Sinusoids(c.T, c.Dim)
	totals, tokens, places := make([]float64, n), make([]int32, c.T*n), make([]float64, c.Dim*c.T)
	last, mask := make([]float64, c.T*n), make([]float64, c.T*n)
	for i, k := range hostCounts {
		totals[i%n] += k
	}
	for i := range places {
		places[i] = u[i%c.T*c.Dim+i/c.T]
	}
	for j, context := range hostContexts {
		last[(len(context)-1)*n+j] = 1
		for s := range c.T {
			if s < len(context) {
				tokens[s*n+j] = int32(context[s])
			} else {
				mask[s*n+j] = Unread
			}
		}
	}
	matrix := tensors.FromFlatDataAndDimensions[float64]
	return []*tensors.Tensor{
		matrix(append([]float64(nil), hostCounts...), c.Zeta, n), matrix(totals, n),
		tensors.FromFlatDataAndDimensions(tokens, c.T*n), matrix(places, c.Dim, c.T), matrix(last, c.T, n), matrix(mask, c.T, n),
	}
}

// The loss and the written gradient are those of the plain network, differentiated; so they
// are with the FNN alone, and with two runs in front.
func TestCompactIsOpenings(t *testing.T) {
	net := Openings{Zeta: 4, Hidden: 5, Dim: 6, T: 3}
	l := net.Params()
	params := draw(1, l)
	args := compactArgs(net)
	out := eval(t, func(in []*Node) []*Node {
		params, tokens, lengths, args := in[:len(l)], in[len(l)], in[len(l)+1], in[len(l)+2:]
		x, logits := net.Apply(params, tokens, lengths)
		p := Transpose(Div(args[argCounts], ExpandDims(args[argTotals], 0)), 0, 1)
		plain := loss.SoftCrossEntropy(logits, p, args[argTotals])
		grads := Gradient(plain, params...)

		whole, fnn := Compact{Openings: net}, Compact{Openings: net, Only: true}
		theta := flat(params)
		value, g := whole.Objective(nil, []*Node{theta}, args)
		head := Slice(theta, AxisRangeToEnd(l.Count()-net.CountFNN()))
		only := []*Node{args[argCounts], args[argTotals], Transpose(x, 0, 1)}
		fnnValue, fnnG := fnn.Objective(nil, []*Node{head}, only)
		both := Stack([]*Node{MulScalar(theta, 0.5), theta}, 0)
		_, two := whole.Objective(nil, []*Node{both}, args)
		return []*Node{
			plain, value, fnnValue, flat(grads), g[0], fnnG[0], Slice(two[0], AxisElem(1)),
		}
	}, append(append(append([]*tensors.Tensor{}, params...), hostTokens, hostLengths), args...)...)

	near(t, "loss", out[1], out[0], round)
	near(t, "loss, FNN", out[2], out[0], round)
	near(t, "gradient", out[4], out[3], round)
	near(t, "gradient, FNN", out[5], out[3][l.Count()-net.CountFNN():], round)
	near(t, "gradient, second of two runs", out[6], out[3], round)
	begin, end := l.Offset("k.b")
	if d := gap(out[4][begin:end], make([]float64, net.Dim)); d != 0 {
		t.Errorf("the derivative by the bias of the keys is %g, want exactly 0", d)
	}
}

// flat is θ, the parameters in the order of the layout.
func flat(params []*Node) *Node {
	var all []*Node
	for _, p := range params {
		all = append(all, Reshape(p, -1))
	}
	return Concatenate(all, 0)
}

// Hidden units whose weights are zero, in and out, have gradient zero, exactly.
func TestCompactWidths(t *testing.T) {
	net := Openings{Zeta: 4, Hidden: 5, Dim: 6, T: 3}
	l := net.Params()
	theta := l.Flat(rand.New(rand.NewPCG(6, 1)))
	silent := func(clear func(i int)) { // the last three units
		begin, end := l.Offset("hidden.w")
		for i := begin; i < end; i++ {
			if (i-begin)%net.Hidden >= 2 {
				clear(i)
			}
		}
		begin, end = l.Offset("hidden.b")
		for i := begin + 2; i < end; i++ {
			clear(i)
		}
		begin, end = l.Offset("out.w")
		for i := begin + 2*net.Zeta; i < end; i++ {
			clear(i)
		}
	}
	silent(func(i int) { theta[i] = 0 })
	out := eval(t, func(in []*Node) []*Node {
		_, g := Compact{Openings: net}.Objective(nil, in[:1], in[1:])
		return g
	}, append([]*tensors.Tensor{tensors.FromFlatDataAndDimensions(theta, len(theta))}, compactArgs(net)...)...)
	cleared := 0
	silent(func(i int) {
		cleared++
		if out[0][i] != 0 {
			t.Errorf("derivative %d is %g", i, out[0][i])
		}
	})
	if want := 3 * (net.Dim + 1 + net.Zeta); cleared != want {
		t.Fatalf("%d parameters were cleared, want %d", cleared, want)
	}
}
