// Package xla opens the device that computes and runs training loops on it.
//
// [Open] finds a backend: the PJRT plugin of XLA for the CPU or for an NVIDIA
// GPU, or the pure-Go backend of GoMLX, which needs neither plugin nor cgo.
//
// A [Loop] runs an iterative algorithm such as gradient descent. Its [Step] is
// a pure GoMLX graph function from the state after k steps to the state after
// k+1 steps:
//
//	step := func(k *Node, state, args []*Node) []*Node {
//		w, x, y, eta := state[0], args[0], args[1], args[2]
//		loss := ReduceAllMean(Square(Sub(MatMul(x, w), y)))
//		return []*Node{Sub(w, Mul(eta, Gradient(loss, w)[0]))}
//	}
//	loop, err := xla.NewLoop(backend, step, measure)
//	err = loop.Start([]*tensors.Tensor{w0}, []*tensors.Tensor{x, y, eta})
//	trace, err := loop.Trace(ctx, xla.LogSteps(1_000_000, 10))
//
// On XLA the steps of one device call are one While: their number is a runtime
// scalar, the state stays on the device, and nothing is compiled twice. The
// pure-Go backend, which cannot run a While, repeats calls of an unrolled
// graph. How the steps are divided into calls never changes a bit of the
// result. Between backends results agree to the rounding of their dtype.
//
// A run goes on where it stood: [Loop.State] after k steps, handed to
// [Loop.StartAt] in this or in another process, gives the bits of a run that was
// not interrupted. [Loop.Restart] begins anew with other parameters and leaves
// the data on the device, as rounds and inner loops want it.
//
// A [Pool] makes many runs at once, on workers that keep what they compiled.
//
// # Rules for a Step
//
// A Step reads k (an Int64 scalar), the state, the args and constants it builds
// itself, nothing else, and returns as many nodes as the state has, of the same
// shapes and dtypes. Scalars among the args have the dtype of what they scale.
//
// It uses no Sort, TopK, If or While: GoMLX makes every closure a child of the
// main function, so that they cannot be nested. Top-k is k rounds of ArgMax,
// OneHot and Where; a conditional is a Where. The pure-Go backend also lacks
// DynamicSlice and the gradient of CumSum: a triangular MatMul and Gather work
// everywhere. Random numbers are drawn on the host: a table of permutations
// among the args, indexed by k, makes minibatches.
//
// # Speed
//
// A small step is as fast as its matrix products and its memory order. On the
// CPU a product A·B of matrices as they lie costs less than one of a transposed
// matrix, so that a constant matrix used both ways is best handed over twice,
// as itself and transposed; and sums run fastest over the leading axis. A
// device call costs some 40 µs, a measurement as much; the steps inside cost
// nothing extra.
//
// Programs outside a Loop are built with the embedded compute.Backend,
// graph.NewExec(b.Backend, f): tensors remember the backend that made them, and
// they know that one, not the wrapper.
package xla
