package convex

import (
	"context"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

var background = context.Background()

// checkOptimal tests the KKT conditions of sol apart from the solver's own certificate.
func checkOptimal(t *testing.T, p *QP, sol *Solution, err error, tol float64) {
	t.Helper()
	if err != nil || sol == nil || sol.Status != Optimal {
		t.Fatalf("got %v, error %v: want an optimal solution", sol, err)
	}
	qptest.Program[Matrix](*p).CheckOptimal(t, qptest.Answer{X: sol.X, Mu: sol.Mu, Lambda: sol.Lambda, Primal: sol.Primal, Dual: sol.Dual, Residual: sol.Residual}, tol)
}

// checkFarkas tests that mu and lambda prove the constraints infeasible.
func checkFarkas(t *testing.T, p *QP, mu, lambda []float64) {
	t.Helper()
	qptest.Program[Matrix](*p).CheckFarkas(t, mu, lambda)
}

// fromRows returns the matrix with the given rows.
func fromRows(rows ...[]float64) Matrix {
	m := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, r := range rows {
		m.SetRow(i, r)
	}
	return FromDense(m)
}

// compiled returns the program in its units, with the scales of its rows.
func (p *QP) compiled() (*program, error) {
	prog, err := p.compile(plain)
	if err == nil {
		prog.scaleRows()
	}
	return prog, err
}

// densely returns the program with every entry of its rows stored, which hides their
// structure from the solver.
func densely(p *QP) *QP {
	q := QP(qptest.Program[Matrix](*p).Densely(FromDense))
	return &q
}

// randomQP returns a feasible program with n variables, mi inequalities, me
// equalities and P = I.
func randomQP(seed uint64, n, mi, me int) *QP {
	rng := qptest.Rand(seed)
	x := qptest.NormalVec(rng, n) // feasible
	p := &QP{Q: qptest.NormalVec(rng, n)}
	floats.Scale(5, p.Q)
	if mi > 0 {
		g := qptest.Normals(rng, mi, n)
		p.G, p.H = FromDense(g), make([]float64, mi)
		p.G.MulVecTo(p.H, false, x)
		for i := range p.H {
			p.H[i] -= 3 * rng.Float64()
		}
	}
	if me > 0 {
		a := qptest.Normals(rng, me, n)
		p.A, p.B = FromDense(a), make([]float64, me)
		p.A.MulVecTo(p.B, false, x)
	}
	return p
}
