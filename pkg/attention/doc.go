// Package attention is one softmax attention layer on labelled sequences: data
// with one token that matters, the max-margin directions that training converges
// to, gradients that stay exact when the attention has saturated, and the
// quantities that the proofs bound.
//
// # Data and model
//
// A Data set has n sequences X_i of T tokens in R^d (the rows x_{i,t}) with
// labels y_i = ±1. The first token is the query. With key-query matrix W in
// R^{d×d} and decoder u in R^d,
//
//	h_i = X_i W x_{i,1}             logits, length T
//	φ_i = softmax(h_i)              attention
//	g_i = y_i X_i u                 scores of the tokens
//	z_i = φ_iᵀ g_i                  margin, y_i times the model's output
//	L   = 1/n Σ_i log(1 + e^{-z_i}) training loss, e_i = 1/(1 + e^{z_i}) = -ℓ'(z_i)
//
// A Problem fixes u. The optimal token of a sequence has the largest score, its
// gaps are Γ_{i,t} = g_{i,opt} - g_{i,t}, and the infimum of L over W,
//
//	L* = 1/n Σ_i log(1 + e^{-g_{i,opt}}),
//
// is approached as all attention moves to the optimal tokens, in the direction of
//
//	W_mm = argmin ‖W‖_F  subject to  (x_{i,opt} - x_{i,t})ᵀ W x_{i,1} ≥ 1, t ≠ opt_i.
//
// The assumptions of the theorems are measured by [Problem.Assumptions] and never
// enforced: (A1) the other tokens of a sequence share one score, (A2) tokens are
// bounded, (A3) tokens are nearly orthogonal.
//
// # The logarithmic domain
//
// The textbook gradient subtracts z_i from g_{i,opt}. Once 1 - φ_{i,opt} is below
// the spacing of float64 the difference is rounding noise, and a normalized step
// follows it at full length. Everything here is therefore written in pairs,
//
//	∂L/∂h_{i,t} = -e_i/n φ_{i,t} Σ_s φ_{i,s} (g_{i,t} - g_{i,s}),
//
// with φ kept as its logarithm and a common factor e^M, M the largest log φ_t φ_s of two
// tokens whose scores differ, taken out: see [Point.Direction]. The naive form is
// kept beside it, as [Naive], to show what happens without.
//
// # Runs
//
// [Observe] runs gradient descent, normalized gradient descent and the Polyak step as
// steps of an xla.Loop, many runs at once; [TrainJointly] trains W and u together.
// [Classify] trains small attention networks on minibatches, with pkg/train.
//
// Matrices are gonum's, norms are Frobenius norms, logarithms natural, tokens and
// sequences are counted from 0 (so the query is token 0).
//
// Source: B. Vasudeva, P. Deora, C. Thrampoulidis, Implicit Bias and Fast
// Convergence Rates for Self-attention, TMLR 2025, arXiv 2402.05738. What is
// marked "derived here" is not in the paper or could not be compared with it.
package attention
