// Package matrix has what several rooms ask of dense matrices and gonum's mat leaves
// out: the inner product of Frobenius with the norm, the cosine and the unit matrix that
// belong to it, the nuclear and the spectral norm, and random matrices that draw their
// entries in a stated order.
//
//	<A, B> = Σ_ij a_ij b_ij = tr(Aᵀ B),   ‖A‖ = √<A, A>,   cos(A, B) = <A, B>/(‖A‖ ‖B‖),
//	‖A‖_* = Σ_i σ_i(A),   ‖A‖₂ = max_i σ_i(A).
//
// Functions take any mat.Matrix and return new matrices; shapes that do not fit panic
// with mat.ErrShape, as in gonum.
package matrix
