package generalization

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// graphs are the graph functions of runs of one form.
type graphs struct {
	net           *Net
	k, n          int
	shared        bool // one X for all networks
	test, anchors bool
	first         bool // test network 0 alone

	// blocks is how many Runs the loop makes. If there are several, all of state and args has
	// them as a leading axis, before that of their networks.
	blocks int
}

// name is that of all runs whose graph functions are the same.
func (g *graphs) name(single bool) string {
	return fmt.Sprint(g.net.D, g.net.M, g.net.L, g.net.Sigma.Name, g.k, g.n, g.shared, g.test, g.first, g.anchors, single, g.blocks)
}

func (g *graphs) tested() int {
	if g.first {
		return 1
	}
	return g.k
}

// leaves says that there is a network for all examples and one for each that is left out.
func (g *graphs) leaves() bool { return g.k == g.n+1 && g.shared }

// forward returns the inputs of the layers, σ' at each, [K, m, n], and Φ [K, n]. Neurons stand before examples, so that products are
// of matrices as they lie: W X.
func (g *graphs) forward(w []*Node, xt *Node) (h, first []*Node, phi *Node) {
	h = []*Node{xt}
	root := 1 / math.Sqrt(float64(g.net.M))
	for l := range g.net.L {
		var z *Node
		switch {
		case l == 0 && xt.Rank() == 2:
			z = Einsum("kmd,dn->kmn", w[0], xt)
		case l == 0 && g.blocks > 1 && g.shared:
			z = g.flat(Einsum("gkmd,gdn->gkmn", g.tall(w[0]), xt))
		default:
			z = Einsum("kmi,kin->kmn", w[l], h[l])
		}
		if l > 0 {
			z = MulScalar(z, root)
		}
		value, slope := g.net.Sigma.onDevice(z)
		h, first = append(h, value), append(first, slope)
	}
	phi = MulScalar(ReduceSum(Mul(h[g.net.L], g.signs(xt)), 1), root)
	return h, first, phi
}

// signs returns a [1, m, 1].
func (g *graphs) signs(like *Node) *Node {
	return ExpandAxes(ConvertDType(Const(like.Graph(), g.net.Signs), like.DType()), 0, 2)
}

// losses returns f(y Φ) and f'(y Φ).
func losses(y, phi *Node) (f, slope *Node) {
	u := Mul(y, phi)
	f = Add(MaxScalar(Neg(u), 0), Log1P(Exp(Neg(Abs(u)))))
	return f, Neg(Logistic(Neg(u)))
}

// gradient returns F̂ [K], f_i [K, n] and the gradient of the sum of all F̂ by each layer.
func (g *graphs) gradient(w, args []*Node) (value, f *Node, grads []*Node) {
	x, xt, y, c := args[0], args[1], args[2], args[3]
	h, first, phi := g.forward(w, xt)
	f, slope := losses(y, phi)
	root := 1 / math.Sqrt(float64(g.net.M))
	by := MulScalar(Mul(c, Mul(y, slope)), root) // ∂F̂/∂Φ/√m, [K, n]
	delta := Mul(Mul(first[g.net.L-1], g.signs(x)), ExpandDims(by, 1))
	grads = make([]*Node, g.net.L)
	for l := g.net.L - 1; l > 0; l-- {
		grads[l] = MulScalar(Einsum("kmn,kin->kmi", delta, h[l]), root)
		delta = Mul(MulScalar(Einsum("kmi,kmn->kin", w[l], delta), root), first[l-1])
	}
	switch {
	case x.Rank() == 2:
		grads[0] = Einsum("kmn,nd->kmd", delta, x)
	case g.blocks > 1 && g.shared:
		grads[0] = g.flat(Einsum("gkmn,gnd->gkmd", g.tall(delta), x))
	default:
		grads[0] = Einsum("kmn,knd->kmd", delta, x)
	}
	return ReduceSum(Mul(c, f), -1), f, grads
}

// flat and tall join the axes of blocks and networks, and part them.
func (g *graphs) flat(x *Node) *Node {
	return Reshape(x, append([]int{g.blocks * g.k}, x.Shape().Dimensions[2:]...)...)
}

func (g *graphs) tall(x *Node) *Node {
	return Reshape(x, append([]int{g.blocks, g.k}, x.Shape().Dimensions[1:]...)...)
}

// steps is step for several blocks at once.
func (g *graphs) steps(k *Node, state, args []*Node) []*Node {
	var w, data []*Node
	for _, x := range state {
		w = append(w, g.flat(x))
	}
	for i, x := range args[:4] {
		if i > 1 || !g.shared {
			x = g.flat(x)
		}
		data = append(data, x)
	}
	eta := BroadcastToDims(ExpandDims(args[4], -1), g.blocks, g.k) // one a block
	next := g.step(k, w, append(data, Reshape(eta, g.blocks*g.k, 1, 1)))
	for i, x := range next {
		next[i] = g.tall(x)
	}
	return next
}

// measures is measure, block after block.
func (g *graphs) measures(k *Node, state, args []*Node) (row []*Node) {
	one := *g
	one.blocks = 1
	for b := range g.blocks {
		of := func(all []*Node) (out []*Node) {
			for _, x := range all {
				out = append(out, Squeeze(Slice(x, AxisElem(b)), 0))
			}
			return out
		}
		row = append(row, one.measure(k, of(state), of(args))...)
	}
	return row
}

func (g *graphs) step(_ *Node, state, args []*Node) []*Node {
	w := state[:g.net.L]
	value, _, grads := g.gradient(w, args)
	next := make([]*Node, 0, len(state))
	for l, grad := range grads {
		next = append(next, Sub(w[l], Mul(args[4], grad)))
	}
	return append(next, Add(state[g.net.L], value))
}

func (g *graphs) measure(_ *Node, state, args []*Node) []*Node {
	w, layers := state[:g.net.L], g.net.L
	value, f, grads := g.gradient(w, args)
	norm := func(of func(l int) *Node) *Node { // over all layers, [k]
		var sum *Node
		for l := range layers {
			s := ReduceSum(Square(of(l)), 1, 2)
			if sum == nil {
				sum = s
			} else {
				sum = Add(sum, s)
			}
		}
		return Sqrt(sum)
	}
	start := args[5 : 5+layers]
	rest := args[5+layers:]
	out := []*Node{value, state[layers],
		norm(func(l int) *Node { return grads[l] }),
		norm(func(l int) *Node { return Sub(w[l], start[l]) }),
		norm(func(l int) *Node { return Sub(w[l], Slice(w[l], AxisRange(0, 1))) }),
		Slice(f, AxisElem(0))}
	if g.leaves() { // the diagonal of rows 1 to n
		eye := ConvertDType(Diagonal(value.Graph(), g.n), f.DType())
		out = append(out, ReduceSum(Mul(Slice(f, AxisRange(1)), eye), -1))
	}
	if g.anchors {
		anchor := rest[:layers]
		out, rest = append(out, norm(func(l int) *Node { return Sub(w[l], anchor[l]) })), rest[layers:]
	}
	if g.test {
		tested := w
		if g.first {
			tested = nil
			for _, layer := range w {
				tested = append(tested, Slice(layer, AxisRange(0, 1)))
			}
		}
		_, _, phi := g.forward(tested, Transpose(rest[0], 0, 1))
		y := ExpandLeftToRank(rest[1], 2)
		loss, _ := losses(y, phi)
		wrong := ConvertDType(LessOrEqual(Mul(y, phi), ZerosLike(phi)), phi.DType())
		out = append(out, ReduceMean(loss, -1), ReduceMean(wrong, -1))
	}
	return out
}
