// Package geometry is the implicit geometry of next-token prediction with free
// embeddings: words W (V×d) and contexts H (d×m) are both trained, the logits are L = W H,
// and the labels are those of package softlabel.
//
// The regularized problem, the unconstrained features model (NTP-UFM),
//
//	minimize CE(W H) + λ/2 ‖W‖² + λ/2 ‖H‖²,
//
// is a factorization of the convex one CE(L) + λ ‖L‖_*, which [ConvexOptimum] solves and
// whose duality [Gap] proves minima found by [RegularizationPath]. As λ goes to zero, or
// training goes on,
//
//	L ≈ L^in + R L^mm,   R → ∞,
//
// where L^in = P_F(log P) is sparse and finite and L^mm, the max-margin logits of least
// nuclear norm ([Lmm]), depends on the supports alone. It is near the centred support
// matrix, the proxy, and equal to it where [ProxyCertificate] says so.
//
// A [Geometry] is what logits imply for the lengths and angles of words and contexts: with
// L = U Σ Qᵀ, W Wᵀ = U Σ Uᵀ and Hᵀ H = Q Σ Qᵀ. An [Observer] compares embeddings in
// training with it, by cosines and by [SIM], the structural similarity that the paper
// reports; [Embedding] trains them, freely or by a small transformer.
//
// Source: Y. Zhao, T. Behnia, V. Vakilian, C. Thrampoulidis, Implicit Geometry of
// Next-token Prediction: From Language Sparsity Patterns to Model Representations, COLM
// 2024, arXiv 2408.15417. What is not in the paper is marked "derived here" where it
// stands.
package geometry
