// Package convex solves the convex programs of the papers on the host, in
// float64, and returns with every answer the numbers that prove it.
//
// # Quadratic programs
//
// [QP] is the strongly convex program
//
//	minimize    1/2 xᵀ P x + qᵀ x
//	subject to  G x ≥ h,  A x = b
//
// with P positive definite (the identity when nil) or semidefinite. With the
// multipliers μ ≥ 0 of the inequalities and λ of the equalities its dual is
//
//	maximize    hᵀ μ + bᵀ λ - 1/2 (Cᵀ y - q)ᵀ P⁻¹ (Cᵀ y - q),   C = [G; A],  y = [μ; λ]
//
// and the two are tied by P x + q = Gᵀ μ + Aᵀ λ. The solver works on the dual:
// a proximal point iteration (Rockafellar, "Augmented Lagrangians and
// applications of the proximal point algorithm", 1976) whose subproblems,
// strictly convex with bounds on μ only, are solved by a semismooth Newton
// method, that is by guessing which inequalities are active, solving a linear
// system for them and correcting the guess (Hintermüller, Ito and Kunisch,
// "The primal-dual active set strategy as a semismooth Newton method", 2002).
// Rows that repeat each other or are not needed cost nothing but time, since
// the proximal term keeps every system definite.
//
// Rows are read through [Matrix]. Those of [Margins], which all next-token
// max-margin programs share, are never formed: their Newton system splits into
// a small one for each token and one that couples them.
//
// # Certificates
//
// A [Certificate] holds the status, both objective values and the KKT
// residual, the largest of
//
//	primal           max( (h - G x)₊, |A x - b| ) / max(1, ‖h‖, ‖b‖, ‖G x‖, ‖A x‖)
//	dual             max( ‖P x + q - Gᵀ μ - Aᵀ λ‖ / max(1, ‖P x‖, ‖q‖), (-μ)₊ / max(1, ‖μ‖) )
//	complementarity  max |μᵢ (G x - h)ᵢ| / max(1, |primal value|)
//	gap              |primal value - dual value| / max(1, |primal value|)
//
// in maximum norms; all of it is evaluated on the program as it was given. A
// program without feasible point is answered by [ErrInfeasible] and a Farkas
// vector, one without finite minimum by [ErrUnbounded] and a ray, both
// verified before they are returned.
//
// # The rest
//
// [MinNorm] and [RowSpace] are minimum-norm least squares and the orthogonal
// projection on the span of the rows of a matrix; [Feasible] decides whether
// linear constraints can be met and proves either answer; [Path] minimizes a
// smooth function plus λ/2 ‖x‖² along decreasing λ.
package convex
