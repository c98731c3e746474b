// Package contrastive is the supervised contrastive loss on embeddings that are free
// variables (unconstrained features), its convex relaxation, and the proofs that a point is a
// solution (T. Behnia, C. Thrampoulidis, Supervised Contrastive Representation Learning:
// Landscape Analysis with Unconstrained Features, ISIT 2024, arXiv 2402.18884).
//
// # Loss
//
// n samples carry labels y_i; class c has n_c ≥ 2 of them. Embeddings are the columns of
// H = [h_1 .. h_n], d by n, G = HᵀH is their Gram matrix and r = 1/τ the inverse temperature:
//
//	L(H) = Σ_i 1/(n_{y_i}-1) Σ_{j≠i, y_j=y_i} log Σ_{l≠i} exp(r h_iᵀh_l - r h_iᵀh_j)
//
// It depends on G alone, and is the cross-entropy of the softmax P of the rows of rG, the
// diagonal left out, against the soft labels Q:
//
//	P_il = exp(r G_il) / Σ_{m≠i} exp(r G_im),   Q_ij = 1/(n_c-1) where y_i = y_j = c, i ≠ j
//	L = Σ_i KL(Q_i ‖ P_i) + Σ_c n_c log(n_c-1)
//
// The sum of divergences is the excess. It is computed without cancellation, since at large
// r all that tells one geometry from another is a small part of it.
//
// # Programs
//
// Embeddings lie on the unit sphere (‖h_i‖ = 1), in the ball (‖h_i‖ ≤ 1), or anywhere under a
// ridge λ/2 ‖H‖². The relaxation drops the rank and keeps G ⪰ 0, G_ii ≤ 1. Its solution has one
// point for each class, so that the Gram matrix M of k class means solves the reduced program
//
//	minimize  Σ_c n_c log( n_c - 1 + Σ_{c'≠c} n_c' exp(r (M_cc' - 1)) ),  M ⪰ 0, M_cc = 1
//
// With two sizes of classes (STEP imbalance) two numbers are left of it.
//
// # Certificates
//
// With A = ∇L(G), λ_i = -(AG)_ii and S = A + diag(λ), G is a solution of the relaxation if and
// only if S Hᵀ = 0 and S ⪰ 0; and whatever G is, no feasible point has less than
//
//	L(G) - n max(0, -λ_min(S))
//
// Every solver's answer can be asked for this number.
package contrastive
