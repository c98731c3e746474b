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
}

// name is that of all runs whose graph functions are the same.
func (g *graphs) name(single bool) string {
	return fmt.Sprint(g.net.D, g.net.M, g.net.L, g.net.Sigma.Name, g.k, g.n, g.shared, g.test, g.first, g.anchors, single)
}

func (g *graphs) tested() int {
	if g.first {
		return 1
	}
	return g.k
}

// leaves says that there is a network for all examples and one for each that is left out.
func (g *graphs) leaves() bool { return g.k == g.n+1 && g.shared }

// forward returns the inputs of the layers, σ' at each, and Φ [k, n].
func (g *graphs) forward(w []*Node, x *Node) (h, first []*Node, phi *Node) {
	h = []*Node{x}
	root := 1 / math.Sqrt(float64(g.net.M))
	for l := range g.net.L {
		var z *Node
		if l == 0 && x.Rank() == 2 {
			z = Einsum("nd,kmd->knm", x, w[0])
		} else {
			z = Einsum("kni,kmi->knm", h[l], w[l])
		}
		if l > 0 {
			z = MulScalar(z, root)
		}
		value, slope := g.net.Sigma.onDevice(z)
		h, first = append(h, value), append(first, slope)
	}
	phi = MulScalar(Einsum("knm,m->kn", h[g.net.L], g.signs(x)), root)
	return h, first, phi
}

func (g *graphs) signs(like *Node) *Node {
	return ConvertDType(Const(like.Graph(), g.net.Signs), like.DType())
}

// losses returns f(y Φ) and f'(y Φ).
func losses(y, phi *Node) (f, slope *Node) {
	u := Mul(y, phi)
	f = Add(MaxScalar(Neg(u), 0), Log1P(Exp(Neg(Abs(u)))))
	return f, Neg(Logistic(Neg(u)))
}

// gradient returns F̂ [k], f_i [k, n] and the gradient of the sum of all F̂ by each layer.
func (g *graphs) gradient(w, args []*Node) (value, f *Node, grads []*Node) {
	x, y, c := args[0], args[1], args[2]
	h, first, phi := g.forward(w, x)
	f, slope := losses(y, phi)
	root := 1 / math.Sqrt(float64(g.net.M))
	by := Mul(c, Mul(y, slope)) // ∂F̂/∂Φ, [k, n]
	delta := MulScalar(Mul(Mul(ExpandDims(by, -1), ExpandLeftToRank(g.signs(x), 3)), first[g.net.L-1]), root)
	grads = make([]*Node, g.net.L)
	for l := g.net.L - 1; l >= 0; l-- {
		if l == 0 && x.Rank() == 2 {
			grads[0] = Einsum("knm,nd->kmd", delta, x)
			break
		}
		grads[l] = Einsum("knm,kni->kmi", delta, h[l])
		if l > 0 {
			grads[l] = MulScalar(grads[l], root)
			delta = Mul(MulScalar(Einsum("knm,kmi->kni", delta, w[l]), root), first[l-1])
		}
	}
	return ReduceSum(Mul(c, f), -1), f, grads
}

func (g *graphs) step(_ *Node, state, args []*Node) []*Node {
	w := state[:g.net.L]
	value, _, grads := g.gradient(w, args)
	next := make([]*Node, 0, len(state))
	for l, grad := range grads {
		next = append(next, Sub(w[l], Mul(args[3], grad)))
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
	start := args[4 : 4+layers]
	rest := args[4+layers:]
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
		_, _, phi := g.forward(tested, rest[0])
		y := ExpandLeftToRank(rest[1], 2)
		loss, _ := losses(y, phi)
		wrong := ConvertDType(LessOrEqual(Mul(y, phi), ZerosLike(phi)), phi.DType())
		out = append(out, ReduceMean(loss, -1), ReduceMean(wrong, -1))
	}
	return out
}
