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
	index, pairs := map[[2]int]int{}, [][2]int{}
	for _, context := range hostContexts {
		for s, token := range context {
			if _, known := index[[2]int{token, s}]; !known {
				index[[2]int{token, s}] = len(pairs)
				pairs = append(pairs, [2]int{token, s})
			}
		}
	}
	P := len(pairs)
	totals, tokens, places := make([]float64, n), make([]float64, c.Zeta*P), make([]float64, c.Dim*P)
	last, lastAt, mask := make([]float64, c.Zeta*n), make([]float64, c.Dim*n), make([]float64, P*n)
	for i, k := range hostCounts {
		totals[i%n] += k
	}
	for p, pair := range pairs {
		tokens[pair[0]*P+p] = 1
		for i := range c.Dim {
			places[i*P+p] = u[pair[1]*c.Dim+i]
		}
	}
	for i := range mask {
		mask[i] = Unread
	}
	for j, context := range hostContexts {
		end := len(context) - 1
		last[context[end]*n+j] = 1
		for i := range c.Dim {
			lastAt[i*n+j] = u[end*c.Dim+i]
		}
		for s, token := range context {
			mask[index[[2]int{token, s}]*n+j] = 0
		}
	}
	matrix := tensors.FromFlatDataAndDimensions[float64]
	return []*tensors.Tensor{
		matrix(append([]float64(nil), hostCounts...), c.Zeta, n), matrix(totals, n),
		matrix(tokens, c.Zeta, P), matrix(places, c.Dim, P), matrix(last, c.Zeta, n), matrix(lastAt, c.Dim, n), matrix(mask, P, n),
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
		theta := whole.pack(byName(l, params), args[argTotals])
		value, g := whole.Objective([]*Node{theta}, args)
		head := Slice(theta, AxisRangeToEnd(l.Count()-net.CountFNN()))
		only := []*Node{args[argCounts], args[argTotals], Transpose(x, 0, 1)}
		fnnValue, fnnG := fnn.Objective([]*Node{head}, only)
		both := Stack([]*Node{MulScalar(theta, 0.5), theta}, 0)
		_, two := whole.Objective([]*Node{both}, args)
		flat := whole.pack(byName(l, grads), args[argTotals])
		return []*Node{
			plain, value, fnnValue, flat, g[0], fnnG[0], Slice(two[0], AxisElem(1)),
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

func byName(l Layout, nodes []*Node) map[string]*Node { return named("test", l, nodes) }

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
		_, g := Compact{Openings: net}.Objective(in[:1], in[1:])
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
