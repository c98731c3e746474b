package imbalance

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/marginalia-ml/marginalia/pkg/model"
)

// AdjustedCrossEntropies returns CE(Δ ⊙ f + l, y) of each example, [B], with two derivatives on every backend. Of R runs all
// have a leading axis: [R, B] of scores and adjustments [R, B, K].
//
//	scores  [B, K]  f
//	l, Δ    [K], or [B, K] for adjustments of each example's own
//	y       [B]     classes, of an integer type
func AdjustedCrossEntropies(scores, l, delta, y *Node) *Node {
	row := func(x *Node) *Node {
		if x.Rank() == 1 {
			return ExpandDims(x, 0)
		}
		return x
	}
	z := Add(Mul(scores, row(delta)), row(l)) // [B, K]
	z = Sub(z, StopGradient(ReduceAndKeep(z, ReduceMax, -1)))
	own := OneHot(y, scores.Shape().Dim(-1), scores.DType())
	return Sub(Log(ReduceSum(Exp(z), -1)), ReduceSum(Mul(z, own), -1))
}

// searchGraph is the graph side of a [Search]: all its functions are of parameters θ, and coefficients v of l and Δ.
type searchGraph struct {
	net       model.MLP
	inner, T  int
	batch     int
	momentum  float64
	decay     float64
	upperRate float64
	etaMax    float64
	feat      int // columns of F_l, and of F_Δ
}

// link returns l = F_l v_l and Δ = σ(1 + F_Δ v_Δ)/σ(1), which is positive, and 1 at v = 0.
func (g *searchGraph) link(v, Fl, Fd *Node) (l, delta *Node) {
	l = MatMul(Fl, ExpandDims(Slice(v, AxisRange(0, g.feat)), -1))
	u := MatMul(Fd, ExpandDims(Slice(v, AxisRange(g.feat, 2*g.feat)), -1))
	return Reshape(l, -1), MulScalar(Sigmoid(AddScalar(Reshape(u, -1), 1)), 1+math.Exp(-1))
}

// lower is the training loss with its decay, whose Hessian is that of the lower problem.
func (g *searchGraph) lower(theta []*Node, l, delta, x, y *Node) *Node {
	value := ReduceAllMean(AdjustedCrossEntropies(g.net.Apply(theta, x), l, delta, y))
	for _, p := range theta {
		value = Add(value, MulScalar(ReduceAllSum(Square(p)), g.decay/2))
	}
	return value
}

// upper is the validation loss Σ_i h_i CE(f_i, y_i), without adjustments.
func (g *searchGraph) upper(theta []*Node, x, y, h *Node) *Node {
	scores := g.net.Apply(theta, x)
	zero, one := ZerosLike(scores), OnesLike(scores)
	return ReduceAllSum(Mul(h, AdjustedCrossEntropies(scores, zero, one, y)))
}

// product returns H c from the gradient of the training loss: the gradient of ⟨∇L, c⟩.
func product(grads, theta, c []*Node) []*Node {
	return Gradient(inner(grads, c), theta...)
}

func inner(a, b []*Node) *Node {
	var sum *Node
	for i := range a {
		s := ReduceAllSum(Mul(a[i], b[i]))
		if sum == nil {
			sum = s
		} else {
			sum = Add(sum, s)
		}
	}
	return sum
}

func stopped(all []*Node) []*Node {
	out := make([]*Node, len(all))
	for i, x := range all {
		out[i] = StopGradient(x)
	}
	return out
}

// fresh returns variables of the same values, which can be differentiated in, and through which nothing is.
func fresh(all []*Node) []*Node {
	out := make([]*Node, len(all))
	for i, x := range stopped(all) {
		out[i] = Identity(x)
	}
	return out
}

// hyper returns the hyper-gradient in v by T + 1 terms of the Neumann series on one batch, the direction of the next step of
// power iteration, and the estimate ‖H u‖ of the largest eigenvalue in modulus for a u of norm 1. The step of the series is
// the smaller of etaMax and 1/‖H u‖.
func (g *searchGraph) hyper(theta, u []*Node, v, Fl, Fd, x, y, hx, hy, h *Node) (grad *Node, next []*Node, top *Node) {
	l, delta := g.link(v, Fl, Fd)
	grads := Gradient(g.lower(theta, l, delta, x, y), theta...)
	hu := stopped(product(grads, theta, u))
	top = Sqrt(inner(hu, hu))
	safe := AddScalar(top, 1e-12)
	for _, p := range hu {
		next = append(next, Div(p, safe))
	}
	eta := StopGradient(MinScalar(Reciprocal(safe), g.etaMax))
	c := stopped(Gradient(g.upper(theta, hx, hy, h), theta...))
	sum := append([]*Node{}, c...)
	for range g.T {
		hc := product(grads, theta, c)
		for i := range c {
			c[i] = StopGradient(Sub(c[i], Mul(eta, hc[i])))
			sum[i] = Add(sum[i], c[i])
		}
	}
	for i := range sum {
		sum[i] = StopGradient(Mul(sum[i], eta))
	}
	return Neg(Gradient(inner(grads, sum), v)[0]), next, top
}

// Places in the state and the args of step.
const (
	stateV = iota // after parameters, velocities and the vector of the power iteration
	stateM
	stateS
	stateTop
	stateEnd
)

// step makes inner steps of stochastic gradient descent with momentum on the training loss and then, once active, one step
// of Adam on the coefficients.
//
//	args: x, y, hx, hy, h, table [M, inner·B], upper [M, U], rate [M], active [M], Fl, Fd
func (g *searchGraph) step(k *Node, state, args []*Node) []*Node {
	n := len(g.net.Widths)*2 - 2
	if len(state) != 3*n+stateEnd {
		panic(fmt.Errorf("imbalance: a search with a state of %d, want %d", len(state), 3*n+stateEnd))
	}
	state = fresh(state) // pure Go unrolls steps: nothing is differentiated through the one before
	theta, velocity, u, rest := state[:n], state[n:2*n], state[2*n:3*n], state[3*n:]
	x, y, hx, hy, h, table, upper, rates, active, Fl, Fd := args[0], args[1], args[2], args[3], args[4], args[5], args[6], args[7], args[8], args[9], args[10]
	at := func(t *Node) *Node { return Gather(t, ExpandDims(k, 0)) }
	v, rate, on := rest[stateV], at(rates), at(active)
	l, delta := g.link(v, Fl, Fd)
	rows := at(table)
	for j := range g.inner {
		index := ExpandDims(Slice(rows, AxisRange(j*g.batch, (j+1)*g.batch)), -1)
		grads := Gradient(g.lower(theta, l, delta, Gather(x, index), Gather(y, index)), theta...)
		for i := range theta {
			velocity[i] = Add(MulScalar(velocity[i], g.momentum), grads[i])
			theta[i] = Sub(theta[i], Mul(rate, velocity[i]))
		}
		theta, velocity = fresh(theta), fresh(velocity)
	}
	index := ExpandDims(at(upper), -1)
	grad, next, top := g.hyper(theta, u, v, Fl, Fd, Gather(x, index), Gather(y, index), hx, hy, h)
	const beta1, beta2, eps = 0.9, 0.999, 1e-8
	m := Add(MulScalar(rest[stateM], beta1), MulScalar(grad, 1-beta1))
	s := Add(MulScalar(rest[stateS], beta2), MulScalar(Square(grad), 1-beta2))
	// on counts the active steps from 1 on; before it is 0, and nothing moves.
	t := MaxScalar(on, 1)
	bias := func(beta float64) *Node { return OneMinus(Exp(MulScalar(t, math.Log(beta)))) }
	move := Div(Div(m, bias(beta1)), AddScalar(Sqrt(Div(s, bias(beta2))), eps))
	gate := MinScalar(on, 1)
	keep := func(old, new *Node) *Node { return Add(old, Mul(gate, Sub(new, old))) }
	out := append(append(theta, velocity...), next...)
	return append(out, keep(v, Sub(v, MulScalar(move, g.upperRate))), keep(rest[stateM], m), keep(rest[stateS], s), top)
}

// measure returns the coefficients, the estimate of the largest eigenvalue and the upper loss.
func (g *searchGraph) measure(_ *Node, state, args []*Node) []*Node {
	n := len(g.net.Widths)*2 - 2
	return []*Node{state[3*n+stateV], state[3*n+stateTop], g.upper(state[:n], args[2], args[3], args[4])}
}
