package attention

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// The steps of this file are functions of an xla.Loop in float64. A leading axis R
// holds independent runs of one method on problems of one shape. The arguments of a
// run with fixed decoder are, in this order,
//
//	X      [R, N, T, D]   tokens
//	Q      [R, N, D]      queries
//	gap    [R, N, T, T]   g_{i,t} - g_{i,s}
//	lag    [R, N, T]      Γ_{i,t} = g_{i,opt} - g_{i,t}
//	other  [R, N, T]      1 for tokens that are not optimal, else 0
//	best   [R, N]         g_{i,opt}
//	eta    [R, 1, 1]      step size; of the Polyak steps their factor
//	long   [R]            longest step of the clipped Polyak step

// minusInf stands for -∞ in a maximum: its exponential is zero and, unlike that of
// the infinity, its differences are numbers.
const minusInf = -1e300

// smallest is the least positive float64 with full precision. Below it the excess
// has lost digits, and flushes to zero on some devices.
const smallest = 2.2250738585072014e-308

// gdStep is W - eta ∇L(W).
func gdStep(k *Node, state, args []*Node) []*Node {
	f := fixedForward(state[0], args)
	return []*Node{Add(state[0], Mul(Mul(args[6], Exp(f.scale)), f.dir))}
}

// ngdStep is W - eta ∇L(W)/‖∇L(W)‖, and W where the gradient is zero.
func ngdStep(k *Node, state, args []*Node) []*Node {
	f := fixedForward(state[0], args)
	return []*Node{Add(state[0], Mul(args[6], unit(f.dir)))}
}

// polyakStep is W - c (L(W) - L*)/‖∇L(W)‖² ∇L(W), the length of the step being
// computed as exp(log(c (L - L*)) - log ‖∇L‖). The second part of the state, [R],
// is -1 until the excess is below the smallest float64; then it is the step count
// at which that was found, and W stays.
func polyakStep(k *Node, state, args []*Node) []*Node {
	return polyak(k, state, args, func(length *Node) *Node { return length })
}

// clippedStep is polyakStep with steps no longer than long.
func clippedStep(k *Node, state, args []*Node) []*Node {
	return polyak(k, state, args, func(length *Node) *Node { return Min(length, args[7]) })
}

func polyak(k *Node, state, args []*Node, clip func(length *Node) *Node) []*Node {
	W, stopped := state[0], state[1]
	f := fixedForward(W, args)
	excess := ReduceMean(Log1P(Mul(Sigmoid(Neg(args[5])), expm1(f.lost))), 1) // [R]
	ends := Or(LessThan(excess, Scalar(W.Graph(), W.DType(), smallest)), GreaterOrEqual(stopped, ZerosLike(stopped)))
	length := Exp(Sub(Sub(Log(MaxScalar(excess, smallest)), f.scale3()), Log(frobenius(f.dir))))
	length = clip(Mul(length, Reshape(args[6], -1)))
	length = Where(ends, ZerosLike(length), length)
	now := BroadcastToShape(ConvertDType(k, W.DType()), stopped.Shape())
	first := And(ends, LessThan(stopped, ZerosLike(stopped)))
	W = Add(W, Mul(Reshape(length, -1, 1, 1), unit(f.dir)))
	return []*Node{W, Where(first, now, stopped)}
}

// naiveStep is ngdStep with the gradient of the textbook, in which g_t - z is a
// difference of nearly equal numbers.
func naiveStep(k *Node, state, args []*Node) []*Node {
	W, X, Q, lag, best := state[0], args[0], args[1], args[3], args[5]
	phi := Softmax(logits(W, X, Q), -1) // [R, N, T]
	g := Sub(ExpandDims(best, -1), lag) // [R, N, T]
	z := ReduceSum(Mul(phi, g), -1)     // [R, N]
	e := Sigmoid(Neg(z))
	c := Mul(Mul(phi, Sub(g, ExpandDims(z, -1))), ExpandDims(e, -1))
	return []*Node{Add(W, Mul(args[6], unit(outer(c, X, Q))))}
}

// forward is the stable gradient: -∇L = e^scale dir.
type forward struct {
	dir    *Node // [R, D, D]
	scale  *Node // M - log n, [R, 1, 1]
	lost   *Node // δ, [R, N]
	logPhi *Node // [R, N, T]
}

func (f forward) scale3() *Node { return Reshape(f.scale, -1) }

// fixedForward evaluates the gradient with fixed decoder.
func fixedForward(W *Node, args []*Node) forward {
	X, Q, gap, lag, other, best := args[0], args[1], args[2], args[3], args[4], args[5]
	f := attend(W, X, Q, other)
	phi := Exp(f.logPhi)
	f.lost = ReduceSum(Mul(phi, lag), -1) // [R, N]
	e := Sigmoid(Sub(f.lost, best))
	f.finish(phi, gap, e, X, Q, other)
	return f
}

// attend computes log φ, exactly also where φ_{opt} is 1 to the last digit:
// log φ_opt = -log(1 + Σ_{t≠opt} e^{h_t - h_opt}).
func attend(W, X, Q, other *Node) forward {
	h := logits(W, X, Q)
	isOpt := OneMinus(other)
	rel := Sub(h, ReduceAndKeep(Mul(h, isOpt), ReduceSum, -1)) // [R, N, T]
	masked := Add(Mul(rel, other), MulScalar(isOpt, minusInf))
	top := ReduceAndKeep(masked, ReduceMax, -1)                                // [R, N, 1]
	odds := Add(top, Log(ReduceAndKeep(Exp(Sub(masked, top)), ReduceSum, -1))) // log((1-φ)/φ)
	total := Add(MaxScalar(odds, 0), Log1P(Exp(Neg(Abs(odds)))))               // softplus
	logPhi := Sub(rel, total)                                                  // [R, N, T]
	return forward{logPhi: logPhi}
}

// finish computes the direction from the pulls on the logits, in pairs,
//
//	e Σ_s φ_t φ_s (g_t - g_s) e^{-M},   M = max over pairs with g_t ≠ g_s of log φ_t φ_s,
//
// so that the largest term is of the size of a difference of scores however far the
// attention has saturated, on whatever token. Let A be the tokens with the score of the
// one that is attended to most, B the others. No pair within A counts, so that M is the
// largest log φ plus the largest of B, and the exponentials are those of the tokens, not
// of the pairs: with ψ = e^{-M} φ on B, zero on A,
//
//	φ_t Σ_s ψ_s (g_t - g_s)  for t in A,   ψ_t Σ_s φ_s (g_t - g_s)  for t in B.
func (f *forward) finish(phi, gap, e, X, Q, other *Node) {
	n := float64(X.Shape().Dim(1))
	top := ReduceAndKeep(f.logPhi, ReduceMax, -1)                                               // [R, N, 1]
	tops := ConvertDType(Equal(f.logPhi, top), gap.DType())                                     // tops of two scores: all tokens are in B
	inB := GreaterThan(ReduceMax(Mul(Abs(gap), ExpandDims(tops, -2)), -1), ZerosLike(phi))      // [R, N, T]
	ofB := Where(inB, f.logPhi, MulScalar(OnesLike(phi), minusInf))                             // [R, N, T]
	most := ReduceMax(Add(top, ReduceAndKeep(ofB, ReduceMax, -1)), 1, 2)                        // M, [R]
	psi := Where(inB, Exp(Sub(ofB, Reshape(most, -1, 1, 1))), ZerosLike(phi))                   // [R, N, T]
	sum := func(a *Node) *Node { return ReduceSum(Mul(gap, ExpandDims(a, -2)), -1) }            // Σ_s a_s (g_t - g_s)
	c := Mul(Mul(Where(inB, Mul(psi, sum(phi)), Mul(phi, sum(psi))), other), ExpandDims(e, -1)) // [R, N, T]
	c = Sub(c, Mul(ReduceAndKeep(c, ReduceSum, -1), OneMinus(other)))                           // rows sum to zero
	f.dir = outer(c, X, Q)
	f.scale = AddScalar(Reshape(most, -1, 1, 1), -math.Log(n))
}

// logits returns x_{i,t}ᵀ W x_{i,1}, [R, N, T].
func logits(W, X, Q *Node) *Node {
	key := Einsum("ref,rnf->rne", W, Q) // [R, N, D]
	return Einsum("rntd,rnd->rnt", X, key)
}

// outer returns Σ c_{i,t} x_{i,t} x_{i,1}ᵀ, [R, D, D].
func outer(c, X, Q *Node) *Node {
	rows := Einsum("rntd,rnt->rnd", X, c)
	return Einsum("rnd,rnf->rdf", rows, Q)
}

// frobenius returns the norms of R matrices, [R].
func frobenius(A *Node) *Node { return Sqrt(ReduceSum(Square(A), 1, 2)) }

// unit divides each of R matrices by its norm and leaves zeros alone.
func unit(A *Node) *Node {
	norm := Reshape(frobenius(A), -1, 1, 1)
	return Where(BroadcastToShape(GreaterThan(norm, ZerosLike(norm)), A.Shape()), Div(A, MaxScalar(norm, smallest)), ZerosLike(A))
}

// expm1 is e^x - 1 for x ≥ 0, written so because not every backend has the function: as
// 2 tanh(x/2)/(1 - tanh(x/2)) below 1, where the difference would lose digits; above, this
// quotient does, all of them at 37.
func expm1(x *Node) *Node {
	t := Tanh(MulScalar(MinScalar(x, 1), 0.5))
	small := Div(MulScalar(t, 2), OneMinus(t))
	return Where(GreaterThan(x, OnesLike(x)), AddScalar(Exp(x), -1), small)
}

// jointStep trains W and u together with normalized steps
//
//	W - η_W (k+1)^{-p} ∇_W L/‖∇_W L‖,   u - η_u (k+1)^{-q} ∇_u L/‖∇_u L‖.
//
// The state is W [R, D, D] and u [R, D]. The arguments are X, Q, y [R, N], other and
// the four numbers η_W, p, η_u, q, each [R]. At u = 0 the gradient of W is zero and W
// stays.
func jointStep(k *Node, state, args []*Node) []*Node {
	W, u := state[0], state[1]
	X, Q, y, other := args[0], args[1], args[2], args[3]
	rate := func(eta, power *Node) *Node {
		logK := Log(AddScalar(ConvertDType(k, W.DType()), 1))
		return Mul(eta, Exp(Neg(Mul(power, logK)))) // [R]
	}
	f := attend(W, X, Q, other)
	phi := Exp(f.logPhi)
	g := Mul(Einsum("rntd,rd->rnt", X, u), ExpandDims(y, -1)) // [R, N, T]
	z := ReduceSum(Mul(phi, g), -1)                           // [R, N]
	loge := Neg(Add(MaxScalar(z, 0), Log1P(Exp(Neg(Abs(z))))))
	e := Exp(Sub(loge, ReduceAndKeep(loge, ReduceMax, -1))) // up to a common factor
	f.finish(phi, Sub(ExpandDims(g, -1), ExpandDims(g, -2)), e, X, Q, other)
	seen := Einsum("rntd,rnt->rnd", X, phi)
	du := Einsum("rnd,rn->rd", seen, Mul(e, y)) // along -∇_u L
	du = Reshape(unit(Reshape(du, du.Shape().Dim(0), 1, -1)), du.Shape().Dimensions...)
	return []*Node{
		Add(W, Mul(Reshape(rate(args[4], args[5]), -1, 1, 1), unit(f.dir))),
		Add(u, Mul(Reshape(rate(args[6], args[7]), -1, 1), du)),
	}
}
