package maxmargin

import (
	"context"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

var background = context.Background()

// checkOptimal tests the KKT conditions of sol apart from the solver's own certificate.
func checkOptimal(t *testing.T, p *convex.QP, sol *convex.Solution, err error, tol float64) {
	t.Helper()
	if err != nil || sol == nil || sol.Status != convex.Optimal {
		t.Fatalf("got %v, error %v: want an optimal solution", sol, err)
	}
	qptest.Program[convex.Matrix](*p).CheckOptimal(t, qptest.Answer{X: sol.X, Mu: sol.Mu, Lambda: sol.Lambda, Primal: sol.Primal, Dual: sol.Dual, Residual: sol.Residual}, tol)
}

// checkFarkas tests that mu and lambda prove the constraints infeasible.
func checkFarkas(t *testing.T, p *convex.QP, mu, lambda []float64) {
	t.Helper()
	qptest.Program[convex.Matrix](*p).CheckFarkas(t, mu, lambda)
}

// densely returns the program with every entry of its rows stored, which hides their
// structure from the solver.
func densely(p *convex.QP) *convex.QP {
	q := convex.QP(qptest.Program[convex.Matrix](*p).Densely(convex.FromDense))
	return &q
}
