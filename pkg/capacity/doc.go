// Package capacity counts how many contexts a next-token model can hold: bounds from
// above and below, the constructions that prove them, and the transformer they speak of.
//
// # Contexts and targets
//
// Tokens are 0..ζ-1; a context is a sequence of at most T of them. A Corpus is a set of
// documents; its contexts are the proper prefixes α of the documents, c(α) counts the
// documents that begin with α, and p̂(γ|α) = c(α,γ)/c(α). The loss of a model q is a sum
// over documents and positions, and splits exactly into
//
//	L(q) = H + Σ_α c(α) KL(p̂(·|α) ‖ q(·|α)),      H = -Σ_α Σ_γ c(α,γ) log p̂(γ|α),
//
// so that H, the entropy bound, is reached by q = p̂ only.
//
// # The transformer
//
// Config and Params are equation (4) of the paper: one layer of attention with m0 heads,
// of which only the last position is queried, and a network with one hidden layer,
//
//	X      = Z[:,α] + U[:,1:t]                                 d×t
//	head_r = W3rᵀ X softmax(Xᵀ W1r W2rᵀ X[:,t])                d0
//	x      = W0ᵀ vec(head_1 ... head_m0)                       d
//	h(α)   = softmax(Vᵀ ψ(Wᵀ x + b))                           ζ
//	k      = ζ m + m(d+1) + 2 m0 (d0+d1) d + (ζ+T) d           parameters.
//
// # Capacity
//
// The capacity is the largest n such that every n distinct contexts and every n targets
// inside the simplex are matched exactly by some θ. By Sard's theorem it is at most
// k/(ζ-1) (Upper); if ψ is analytic somewhere and no polynomial there it is at least m
// (Interpolate builds the model, in float64 or to any number of bits).
//
// # Arithmetic
//
// A generic matrix of the theory has full rank with singular values far below the
// round-off of float64, so numeric rank is no evidence. Ranks here are exact: rationals
// (Rank), or floats of many bits with a certificate (Nonsingular). The functions exp, log,
// erf and what is made of them come to any precision from Prec.
//
// Source: L. Madden, C. Fox, C. Thrampoulidis, Next-token Prediction Capacity: General
// Upper Bounds and a Lower Bound for Transformers, IEEE Transactions on Information
// Theory 2025, arXiv 2405.13718v3, whose numbers of theorems and equations are used.
// What is not in the paper is marked "derived here" where it stands.
package capacity
