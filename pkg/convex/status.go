package convex

import (
	"errors"
	"fmt"
)

// Status tells how a solve ended.
type Status int

const (
	// Unsolved is the zero value: nothing was computed.
	Unsolved Status = iota
	// Optimal means that the KKT residual is below the tolerance.
	Optimal
	// Inaccurate means that the iteration stopped improving, or ran out of
	// its limit, above the tolerance.
	Inaccurate
	// PrimalInfeasible means that the duals at hand prove, to the tolerance
	// and relative to the data, that no point satisfies the constraints.
	PrimalInfeasible
	// DualInfeasible means that a direction at hand proves, to the tolerance
	// and relative to the data, that no multipliers satisfy the dual: where
	// some point is feasible, the objective is unbounded below.
	DualInfeasible
	// Canceled means that the context ended first.
	Canceled
)

// String returns the name of the status.
func (s Status) String() string {
	switch s {
	case Unsolved:
		return "unsolved"
	case Optimal:
		return "optimal"
	case Inaccurate:
		return "inaccurate"
	case PrimalInfeasible:
		return "primal infeasible"
	case DualInfeasible:
		return "dual infeasible"
	case Canceled:
		return "canceled"
	}
	return fmt.Sprintf("Status(%d)", int(s))
}

// Errors a solve can end with; test for them with errors.Is.
var (
	// ErrInput reports data that are no program: lengths that do not fit,
	// values that are not finite, options out of range.
	ErrInput = errors.New("convex: malformed problem")
	// ErrNotConvex reports a P that has a negative eigenvalue.
	ErrNotConvex = errors.New("convex: quadratic form is not positive semidefinite")
	// ErrInfeasible reports constraints that no point satisfies.
	ErrInfeasible = errors.New("convex: infeasible")
	// ErrUnbounded reports an objective without finite minimum.
	ErrUnbounded = errors.New("convex: unbounded")
	// ErrInaccurate reports a KKT residual above the tolerance.
	ErrInaccurate = errors.New("convex: tolerance not reached")
)

// Certificate is what proves an answer. Its parts are defined in the package
// documentation.
type Certificate struct {
	Status       Status
	Primal, Dual float64 // objective values
	Residual     float64 // largest of the four parts below

	PrimalResidual  float64
	DualResidual    float64
	Complementarity float64
	Gap             float64

	Iterations int // Newton systems solved
}

// String returns the certificate in one line.
func (c Certificate) String() string {
	return fmt.Sprintf("%v: primal %.12g, dual %.12g, KKT residual %.2g after %d Newton steps",
		c.Status, c.Primal, c.Dual, c.Residual, c.Iterations)
}

// inputError wraps ErrInput with what was found, expected and to be done.
func inputError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInput, fmt.Sprintf(format, args...))
}
