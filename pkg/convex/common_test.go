package convex

import (
	"context"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

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
func judged(p *QP) qptest.Program {
	return qptest.Program{P: p.P, Q: p.Q, G: p.G, H: p.H, A: p.A, B: p.B}
}

// checkOptimal tests the KKT conditions of sol apart from the solver's own certificate.
func checkOptimal(t *testing.T, p *QP, sol *Solution, err error, tol float64) {
	t.Helper()
	if err != nil || sol == nil || sol.Status != Optimal {
		t.Fatalf("got %v, error %v: want an optimal solution", sol, err)
	}
	judged(p).CheckOptimal(t, qptest.Answer{X: sol.X, Mu: sol.Mu, Lambda: sol.Lambda, Primal: sol.Primal, Dual: sol.Dual, Residual: sol.Residual}, tol)
}

// checkFarkas tests that mu and lambda prove the constraints infeasible.
func checkFarkas(t *testing.T, p *QP, mu, lambda []float64) {
	t.Helper()
	judged(p).CheckFarkas(t, mu, lambda)
}

// fromRows returns the matrix with the given rows.
func fromRows(rows ...[]float64) Matrix {
	m := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, r := range rows {
		m.SetRow(i, r)
	}
	return FromDense(m)
}

// densely returns the program with every entry of its rows stored, which hides their
// structure from the solver.
func densely(p *QP) *QP {
	q := *p
	if p.G != nil {
		q.G = FromDense(qptest.Dense(p.G))
	}
	if p.A != nil {
		q.A = FromDense(qptest.Dense(p.A))
	}
	return &q
}

// randomQP returns a feasible program with n variables, mi inequalities, me
// equalities and P = I.
func randomQP(seed uint64, n, mi, me int) *QP {
	rng := newRand(seed)
	x := normalVec(rng, n) // feasible
	p := &QP{Q: normalVec(rng, n)}
	floats.Scale(5, p.Q)
	if mi > 0 {
		g := normals(rng, mi, n)
		p.G, p.H = FromDense(g), make([]float64, mi)
		p.G.MulVecTo(p.H, false, x)
		for i := range p.H {
			p.H[i] -= 3 * rng.Float64()
		}
	}
	if me > 0 {
		a := normals(rng, me, n)
		p.A, p.B = FromDense(a), make([]float64, me)
		p.A.MulVecTo(p.B, false, x)
	}
	return p
}
