// Package convex solves convex programs on the host, in float64, and returns
// with every answer the numbers that prove it. The programs of the papers that
// are made of it are in package maxmargin.
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
// and the two are tied by P x + q = Gᵀ μ + Aᵀ λ. The solver works on the dual, by
// up to six methods, each where it is the best:
//
//   - Principal pivoting solves programs whose P is diagonal and zero for a few
//     variables, such as an intercept, and that have fewer rows than variables:
//     one matrix of inner products, and about six systems.
//   - A proximal point iteration (Rockafellar, "Augmented Lagrangians and
//     applications of the proximal point algorithm", 1976) makes every
//     subproblem strictly convex, so that rows that repeat each other or are not
//     needed do no harm. Two or three iterations are usual.
//   - A semismooth Newton method solves the subproblems: it guesses which
//     inequalities are active, solves a linear system for them and corrects the
//     guess (Hintermüller, Ito and Kunisch, "The primal-dual active set strategy
//     as a semismooth Newton method", 2002). On well conditioned rows this is
//     all that happens, ten to twenty systems, and the last one is exact.
//     Programs of more than 10,000 inequalities come to it from accelerated
//     projected gradients, which leave it about five.
//   - A homogeneous interior point method on sparse factors of the optimality
//     conditions solves programs whose P is singular, and those of 256 rows and more
//     that have four times as many rows as variables; where it is cheap it takes
//     over when guesses do not settle. It proves that there is no solution as readily
//     as it finds one, and ends with the active rows as equalities.
//     Where rows are many times as many as variables they are eliminated first, which leaves a
//     dense system; where active rows are nearly parallel the factor becomes a preconditioner.
//     Multipliers on their way to a proof that there is no feasible point are projected on it.
//   - Another on the dual does so where such a factor would be too large. It
//     needs twenty to thirty systems.
//   - A refinement of x and the multipliers together, where large multipliers
//     cancel in x.
//
// Rows are read through [Matrix]. Linear systems are as large as the smaller of
// the number of active rows and of variables; sparse rows ([CSR]) enter them
// sparsely, and beyond 8,000 systems are solved by conjugate gradients from
// products alone. Rows with a structure of their own bring the [Engine] that
// solves their systems: they implement [Structured].
//
// A run is deterministic: the same program gives the same bits, whatever the
// number of processors.
//
// # Certificates
//
// A [Certificate], which [QP.Certify] gives for anybody's answer, holds the status, both objective values and the KKT
// residual, the largest of
//
//	primal           max( (c_i - C_i x)₊ or |c_i - C_i x| )/‖C_i‖ relative to |c_i|/‖C_i‖ and max |C_k x|/‖C_k‖
//	dual             max( ‖P x + q - Cᵀ y‖ / max(‖P x‖, ‖q‖), (-μ)₊ / ‖μ‖ ),  multipliers times the norms of their rows
//	complementarity  max |μᵢ (G x - h)ᵢ| / value,  value = max(|primal value|, |dual value|, 1/2 xᵀ P x)
//	gap              |primal value - dual value| / value
//
// in maximum norms and in units in which no unit of the data matters: columns are scaled by
// the diagonal of P or, where P is singular or nothing else leads to an answer, rows and columns
// balanced, all by powers of two. What is below 1/1024 of the median distance |c_i|/‖C_i‖ is
// measured by that. Rows, columns, the objective or the unit of x times powers of two give the
// same answer, to 1e-8. A
// program without feasible point is answered by [ErrInfeasible] and a Farkas
// vector, one without finite minimum by [ErrUnbounded] and a ray, both
// verified before they are returned. An answer that violates rows beside their own terms, which the residual
// beside the farthest row does not see, is one only if these do not contradict each other.
//
// # Smooth functions
//
// [LBFGS] minimizes a smooth function; [Path] does so for one plus λ/2 ‖x‖²
// along decreasing λ. [NuclearSmooth] is a smooth function plus a multiple of
// the nuclear norm: FISTA finds the rank, L-BFGS on factors of that rank the
// solution, and a subgradient and a lower bound prove it.
//
// # The rest
//
// [MinNorm] and [RowSpace] are minimum-norm least squares and the orthogonal
// projection on the span of the rows of a matrix; [SpectralBall] and [Polar]
// are the projection on a ball of the spectral norm and a subgradient of the
// nuclear one; [Anderson] accelerates fixed-point iterations.
package convex
