// Package ntp is next-token prediction by a linear decoder: contexts with fixed embeddings
// and sparse label distributions, the cross-entropy, and the two matrices that training
// converges to. With free embeddings it is package geometry.
//
// # Data and model
//
// An Instance holds m distinct contexts over a vocabulary of V tokens. Context j has
// a frequency π_j > 0, an embedding h_j in R^d (column j of H) and a distribution p_j
// of the next token (column j of P) with support S_j. A decoder W in R^{V×d} gives
// context j the logits W h_j, and
//
//	CE(W) = - Σ_j π_j Σ_{z∈S_j} p_{j,z} log σ_z(W h_j),      σ the softmax,
//	Hent  = - Σ_j π_j Σ_{z∈S_j} p_{j,z} log p_{j,z},
//	CE(W) - Hent = Σ_j π_j KL(p_j ‖ σ(W h_j)) ≥ 0.
//
// The excess CE - Hent is a sum of nonnegative terms, see package softlabel, and keeps its
// relative accuracy when it is 1e-20.
//
// # The limits
//
// The in-support differences span the data subspace
//
//	F = span{ (e_z - e_z') h_jᵀ : z, z' ∈ S_j, j = 1..m } ⊂ R^{V×d}.
//
// If the log-odds equations (e_z - e_z')ᵀ W h_j = log(p_{j,z}/p_{j,z'}) have a solution
// the data are NTP-compatible; W* is the solution in F. If some W in F⊥ has margins
// (e_z - e_v)ᵀ W h_j ≥ 1 for all z ∈ S_j, v ∉ S_j, they are NTP-separable; W^mm is the
// one of least Frobenius norm, the NTP-SVM. Training drives W along
//
//	W_k ≈ W* + ‖P_⊥ W_k‖ W^mm/‖W^mm‖,      ‖P_⊥ W_k‖ → ∞.
//
// Tokens and contexts are counted from 0. Matrices are gonum's, tokens are rows and
// contexts are columns, norms are Frobenius norms, logarithms natural.
//
// Source: C. Thrampoulidis, Implicit Optimization Bias of Next-token Prediction in
// Linear Models, NeurIPS 2024, arXiv 2402.18551. What is not in the paper is marked
// "derived here" where it stands.
package ntp
