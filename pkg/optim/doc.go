// Package optim has first-order optimizers as pure graph functions for the
// loops of package xla.
//
// An [Optimizer] is a pair: the slots it keeps beside the parameters (moments,
// velocities), and an update that maps gradients, parameters and slots to new
// parameters and slots. [Step] joins one with an [Objective] to the step of a
// loop whose state is the parameters followed by the slots, as [State] makes it:
//
//	opt := optim.Adam(optim.Constant(0.01), 0.9, 0.999, 1e-8)
//	step := optim.Step(optim.Autodiff(loss), opt, 1)
//	loop, err := xla.NewLoop(backend, step, measure)
//	err = loop.Start(optim.State(opt, w0), data)
//
// A [Spec] is an optimizer as data, in JSON: its method, rate, schedule, decay,
// clipping, and which parameters of a layout it trains. Its numbers are inputs of
// the compiled program, so that a sweep over rates compiles once:
//
//	spec := optim.Spec{Method: "adamw", Rate: 3e-4, Decay: 0.01, Clip: 1,
//		Schedule: optim.ScheduleSpec{Kind: "cosine", Warmup: 100, Total: 5000},
//		NoDecay:  []string{"*.bias", "*.gain"}}
//	opt, err := spec.New(net.Params())
//
// Notation: θ_k are the parameters after k steps, g_k the gradient at θ_k, η_k
// the step size of the step from θ_k to θ_{k+1}, so that the first step has
// k = 0. Norms are over all parameters together. Constants that make no sense
// (a negative ε, β outside [0, 1)) panic.
package optim
