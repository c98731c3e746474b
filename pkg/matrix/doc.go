// Package matrix has what several rooms ask of dense matrices and gonum's mat leaves
// out: the inner product of Frobenius with the norm, the cosine and the unit matrix that
// belong to it, the nuclear and the spectral norm, random matrices that draw their entries
// in a stated order, and blocks of symmetric matrices for solvers that factorize many.
//
//	<A, B> = Σ_ij a_ij b_ij = tr(Aᵀ B),   ‖A‖ = √<A, A>,   cos(A, B) = <A, B>/(‖A‖ ‖B‖),
//	‖A‖_* = Σ_i σ_i(A),   ‖A‖₂ = max_i σ_i(A).
//
// Functions of a mat.Matrix return new matrices; shapes that do not fit panic with
// mat.ErrShape, as in gonum. Symmetric matrices are blas64.Symmetric, stored in the upper
// triangle.
package matrix
