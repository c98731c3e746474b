// Package rate measures slopes: how a claim about a rate becomes a number.
//
// A power law y = c x^a is a line of slope a on two logarithmic axes (LogLog), an
// exponential y = c e^{a x} a line of slope a when ln y is drawn against x (LogLinear),
// and logarithmic growth y = c + a ln x one when y is drawn against ln x (SemiLog).
// Each function returns the least-squares line
//
//	min_{a, b} Σ_i (v_i - a u_i - b)²
//
// in the transformed coordinates (u, v), with the standard error of the slope
//
//	s² = Σ_i (v_i - a u_i - b)² / (n - 2),   SE(a) = s / sqrt(Σ_i (u_i - ū)²)
//
// and the interval a ± t SE(a), where t is the 97.5 % quantile of Student's
// distribution with n - 2 degrees of freedom (Draper and Smith, Applied Regression
// Analysis, ch. 1).
//
// # What the interval means
//
// Where y carries independent noise of equal size, the interval covers the true slope
// in 95 % of cases. The traces of a deterministic run carry no noise: there the
// interval measures how far the points are from a line, that is, the misfit of the law
// in the window (a transient, curvature, oscillation), and successive residuals are
// alike, which makes it too narrow. It then says whether a slope is worth naming at
// all; the tolerance of a claim must come from the theory, and the window, which From
// and To record, from where the law is to hold.
//
// Bad data (unequal lengths, fewer than three points, a value that has no logarithm,
// one single x) give a Fit whose Slope is NaN, which fails every rule, and whose Err
// says why.
package rate
