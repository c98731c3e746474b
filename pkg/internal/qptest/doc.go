// Package qptest judges answers of quadratic programs in tests, apart from the solver that
// gave them: every condition is evaluated in plain loops from the program's own rows.
//
// A [Program] is
//
//	minimize    1/2 xᵀ P x + qᵀ x
//	subject to  G x ≥ h,  A x = b
//
// whose matrices are known by their products with vectors alone. [Program.CheckOptimal]
// tests the conditions of Karush, Kuhn and Tucker, [Program.CheckFarkas] a proof that there
// is no feasible point, [CheckEngine] the Newton systems of an engine of package convex
// against a dense solver. Package convex itself is not imported, so that its own tests can
// use this one.
package qptest
