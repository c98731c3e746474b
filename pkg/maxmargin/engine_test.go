package maxmargin

import (
	"fmt"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// TestEngine compares the engine with a dense solver: Q = C̃ C̃ᵀ for rows C̃ of norm one.
func TestEngine(t *testing.T) {
	for _, s := range []struct{ v, m, d, s int }{{6, 9, 12, 3}, {6, 9, 4, 3}, {5, 7, 9, 1}} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			m := randomNextToken(6, s.v, s.m, s.d, s.s)
			system := system{m}
			c := qptest.Dense(system)
			r, _ := c.Dims()
			for i := range r {
				floats.Scale(1/floats.Norm(c.RawRowView(i), 2), c.RawRowView(i))
			}
			q := mat.NewSymDense(r, nil)
			q.SymOuterK(1, c)
			qptest.CheckEngine(t, system.Engine(), q, len(m.off))
		})
	}
}

// TestSystem takes the rows of a program for a system only where they are all of it.
func TestSystem(t *testing.T) {
	m, other := randomNextToken(1, 5, 7, 4, 2), randomNextToken(2, 5, 7, 4, 2)
	g, a := m.Inequalities().(*rows), m.Equalities().(*rows)
	if g.System(g, a) == nil || a.System(g, a) == nil {
		t.Error("all rows of a program are no system")
	}
	if g.System(g, nil) != nil || a.System(nil, a) != nil || g.System(a, g) != nil || g.System(g, other.Equalities()) != nil {
		t.Error("rows that are not all of a program are a system")
	}
	if single := randomNextToken(3, 5, 7, 9, 1); single.Equalities() != nil || single.Inequalities().(*rows).System(single.Inequalities(), nil) == nil {
		t.Error("inequalities without equalities are no system")
	}
	// Both products of the system, its rows one by one, and their norms.
	all := system{m}
	c := qptest.Dense(all)
	n, _ := g.Dims()
	for i := range c.RawMatrix().Rows {
		half, k := g, i
		if i >= n {
			half, k = a, i-n
		}
		row, norms := make([]float64, len(c.RawRowView(i))), make([]float64, len(half.rows))
		half.RowTo(row, k)
		half.RowNormsTo(norms)
		qptest.CheckSame(t, "row", row, c.RawRowView(i), qptest.ExactTol)
		qptest.CheckSame(t, "norm", norms[k:k+1], []float64{floats.Norm(row, 2)}, qptest.ExactTol)
	}
	x := qptest.NormalVec(qptest.Rand(4), c.RawMatrix().Cols)
	got, want := make([]float64, c.RawMatrix().Rows), mat.NewVecDense(c.RawMatrix().Rows, nil)
	all.MulVecTo(got, false, x)
	want.MulVec(c, mat.NewVecDense(len(x), x))
	qptest.CheckSame(t, "product", got, want.RawVector().Data, qptest.ExactTol)
}
