package maxmargin

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// engineTol bounds the difference of the engine and a dense solver on systems whose
// condition number is below 1e4.
const engineTol = 1e-9

// TestEngine compares the products and the Newton systems of the engine with the dense
// matrix Q + δ R of the scaled rows, R from the engine's own products: active sets of all
// sizes, with and without weights.
func TestEngine(t *testing.T) {
	for _, s := range []struct{ v, m, d, s int }{{6, 9, 12, 3}, {6, 9, 4, 3}, {5, 7, 9, 1}} {
		m := randomNextToken(6, s.v, s.m, s.d, s.s)
		system := system{m}
		c := rowsOf(system)
		r, _ := c.Dims()
		for i := range r {
			floats.Scale(1/floats.Norm(c.RawRowView(i), 2), c.RawRowView(i))
		}
		var q mat.Dense
		q.Mul(c, c.T())
		e := system.Engine()
		metric := mat.NewDense(r, r, nil)
		unit, one, zero := make([]float64, r), make([]float64, r), make([]float64, r)
		for j := range r {
			unit[j] = 1
			e.Mul(one, unit, 1)
			e.Mul(zero, unit, 0)
			unit[j] = 0
			for i := range r {
				metric.Set(i, j, one[i]-zero[i])
			}
		}
		rng := newRand(9)
		for _, share := range []float64{1, 0.8, 0.3, 0} {
			for _, finite := range []bool{false, true} {
				const delta = 1e-3
				var full mat.Dense
				full.Scale(delta, metric)
				full.Add(&full, &q)
				y, right := normalVec(rng, r), normalVec(rng, r)
				got, want := make([]float64, r), mat.NewVecDense(r, nil)
				e.Mul(got, y, delta)
				want.MulVec(&full, mat.NewVecDense(r, y))
				checkSame(t, "product", got, want.RawVector().Data, engineTol)

				weight := make([]float64, r)
				for i := range m.off {
					switch {
					case rng.Float64() > share:
						weight[i] = math.Inf(1)
					case finite:
						weight[i] = math.Exp(3 * rng.NormFloat64())
					}
				}
				if err := e.Factorize(weight, delta); err != nil {
					t.Fatal(err)
				}
				e.Solve(got, right)
				for i, w := range weight {
					if math.IsInf(w, 1) {
						if got[i] != 0 {
							t.Errorf("%v: row %d is fixed and moves by %g", s, i, got[i])
						}
						for j := range r {
							full.Set(i, j, 0)
							full.Set(j, i, 0)
						}
						full.Set(i, i, 1)
						right[i] = 0
						continue
					}
					full.Set(i, i, full.At(i, i)+w)
				}
				if err := want.SolveVec(&full, mat.NewVecDense(r, right)); err != nil {
					t.Fatal(err)
				}
				checkSame(t, fmt.Sprintf("%v: solution for a share of %g", s, share), got, want.RawVector().Data, engineTol)
			}
		}
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
	c := rowsOf(all)
	n, _ := g.Dims()
	for i := range c.RawMatrix().Rows {
		half, k := g, i
		if i >= n {
			half, k = a, i-n
		}
		row, norms := make([]float64, len(c.RawRowView(i))), make([]float64, len(half.rows))
		half.RowTo(row, k)
		half.RowNormsTo(norms)
		checkSame(t, "row", row, c.RawRowView(i), exactTol)
		checkSame(t, "norm", norms[k:k+1], []float64{floats.Norm(row, 2)}, exactTol)
	}
	x := normalVec(newRand(4), c.RawMatrix().Cols)
	got, want := make([]float64, c.RawMatrix().Rows), mat.NewVecDense(c.RawMatrix().Rows, nil)
	all.MulVecTo(got, false, x)
	want.MulVec(c, mat.NewVecDense(len(x), x))
	checkSame(t, "product", got, want.RawVector().Data, exactTol)
}
