package maxmargin

import (
	"context"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

const (
	sameTol  = qptest.SameTol
	exactTol = qptest.ExactTol
)

var (
	background     = context.Background()
	newRand        = qptest.Rand
	normals        = qptest.Normals
	normalVec      = qptest.NormalVec
	randomSupports = qptest.Supports
	lessons        = qptest.Lessons
	checkSame      = qptest.CheckSame
	values         = qptest.SingularValues
	distance       = qptest.Distance
)

// judged is the program as package qptest has it.
func judged(p *convex.QP) qptest.Program {
	return qptest.Program{P: p.P, Q: p.Q, G: p.G, H: p.H, A: p.A, B: p.B}
}

// checkOptimal tests the KKT conditions of sol apart from the solver's own certificate.
func checkOptimal(t *testing.T, p *convex.QP, sol *convex.Solution, err error, tol float64) {
	t.Helper()
	if err != nil || sol == nil || sol.Status != convex.Optimal {
		t.Fatalf("got %v, error %v: want an optimal solution", sol, err)
	}
	judged(p).CheckOptimal(t, qptest.Answer{X: sol.X, Mu: sol.Mu, Lambda: sol.Lambda, Primal: sol.Primal, Dual: sol.Dual, Residual: sol.Residual}, tol)
}

// checkFarkas tests that mu and lambda prove the constraints infeasible.
func checkFarkas(t *testing.T, p *convex.QP, mu, lambda []float64) {
	t.Helper()
	judged(p).CheckFarkas(t, mu, lambda)
}

// densely returns the program with every entry of its rows stored, which hides their
// structure from the solver.
func densely(p *convex.QP) *convex.QP {
	q := *p
	if p.G != nil {
		q.G = convex.FromDense(qptest.Dense(p.G))
	}
	if p.A != nil {
		q.A = convex.FromDense(qptest.Dense(p.A))
	}
	return &q
}
