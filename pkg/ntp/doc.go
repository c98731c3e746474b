// Package ntp is next-token prediction: training data as distinct contexts with sparse
// label distributions, the cross-entropy of a linear decoder, or of free embeddings, and
// the two objects that training converges to.
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
// The excess CE - Hent splits into a part inside the supports and a part outside,
//
//	CE(W) - Hent = Σ_j π_j KL(p_j ‖ σ_{S_j}(W h_j)) + Σ_j π_j log(1 + x_j(W)),
//	x_j(W) = Σ_{v∉S_j} exp(l_{j,v}) / Σ_{z∈S_j} exp(l_{j,z}),      l_j = W h_j,
//
// both sums of nonnegative terms, which is how it is computed: it keeps its relative
// accuracy when it is 1e-20.
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
// # Without embeddings
//
// A Soft is the same data with the embeddings of the contexts left free, as the logits
// L (V×m) or as factors L = WH. Its sparse part is L^in = P_F(log P); the max-margin
// logits L^mm, of least nuclear norm, depend on the supports alone, which a Pattern
// holds, and are near the centred support matrix, the proxy. A Geometry is what logits
// imply for the angles of words and contexts.
//
// Tokens and contexts are counted from 0. Matrices are gonum's, tokens are rows and
// contexts are columns, norms are Frobenius norms, logarithms natural.
//
// Source: C. Thrampoulidis, Implicit Optimization Bias of Next-token Prediction in
// Linear Models, NeurIPS 2024, arXiv 2402.18551; Y. Zhao, T. Behnia, V. Vakilian,
// C. Thrampoulidis, Implicit Geometry of Next-token Prediction, COLM 2024, arXiv
// 2408.15417. What is not in the paper is marked
// "derived here" where it stands.
package ntp
