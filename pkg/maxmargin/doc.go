// Package maxmargin solves the max-margin programs of the papers, in float64 on the host,
// by package convex: every answer carries its certificate.
//
// [NextToken] is the margin program of next-token prediction over decoders W (V×d) of
// contexts with embeddings h_j and supports S_j,
//
//	minimize    1/2 ‖W‖²
//	subject to  (e_z - e_z')ᵀ W h_j = 0,   z, z' ∈ S_j
//	            (e_z - e_v)ᵀ W h_j ≥ 1,    z ∈ S_j, v ∉ S_j.
//
// Its rows are never formed: the Newton systems of its dual split into a small one for each
// token and one that couples them, which is the engine that its rows bring to the solver.
//
// [Nuclear] is the same over the logits L (V×m) themselves, with the sum of their singular
// values in the place of 1/2 ‖W‖². Repeated supports and tokens are merged, and
// Douglas–Rachford splitting with Anderson's acceleration needs a few dozen small
// eigenvalue decompositions. Its certificate is a pair of feasible matrices, made exactly
// so, between whose values the optimum lies.
//
// [Kernel] is the program of which only the inner products of the rows are known,
//
//	minimize  1/2 ‖w‖²  subject to  ⟨f_i, w⟩ ≥ 1,      K_ij = ⟨f_i, f_j⟩,
//
// as it is for the rank-one matrices f_i = Δ_i q_iᵀ of an attention head.
package maxmargin
