package convex

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

func TestQPClosedForm(t *testing.T) {
	ones := func(n int) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = 1
		}
		return v
	}
	identity := func(n int) Matrix {
		e := make([]Entry, n)
		for i := range e {
			e[i] = Entry{i, i, 1}
		}
		return NewCSR(n, n, e)
	}
	for _, test := range []struct {
		name   string
		p      *QP
		x      []float64
		mu     []float64
		lambda []float64
	}{
		{
			name: "half-line",
			p:    &QP{G: fromRows([]float64{1}), H: []float64{1}},
			x:    []float64{1}, mu: []float64{1},
		},
		{
			name: "inactive half-line",
			p:    &QP{G: fromRows([]float64{1}), H: []float64{-1}},
			x:    []float64{0}, mu: []float64{0},
		},
		{
			// Stationarity: x = -q.
			name: "no constraints",
			p:    &QP{Q: []float64{1, -2}},
			x:    []float64{-1, 2},
		},
		{
			// The point of the line x+y+z = 1 nearest to the origin.
			name: "equality",
			p:    &QP{A: fromRows(ones(3)), B: []float64{1}},
			x:    []float64{1. / 3, 1. / 3, 1. / 3}, lambda: []float64{1. / 3},
		},
		{
			// The projection of (1, 1/2, -1) on the simplex is (3/4, 1/4, 0): take
			// 1/4 off the positive part.
			name: "simplex",
			p: &QP{Q: []float64{-1, -0.5, 1}, G: identity(3), H: make([]float64, 3),
				A: fromRows(ones(3)), B: []float64{1}},
			x: []float64{0.75, 0.25, 0}, mu: []float64{0, 0, 1.25}, lambda: []float64{-0.25},
		},
		{
			// Curvatures 1, 4 and the line x + y = 5: x = λ, y = λ/4.
			name: "diagonal form",
			p:    &QP{P: mat.NewDiagDense(2, []float64{1, 4}), A: fromRows([]float64{1, 1}), B: []float64{5}},
			x:    []float64{4, 1}, lambda: []float64{4},
		},
		{
			// P⁻¹ = [2 -1; -1 2]/3; only x ≥ 1 is active: x = P⁻¹ (μ, 0).
			name: "dense form",
			p: &QP{P: mat.NewSymDense(2, []float64{2, 1, 1, 2}),
				G: identity(2), H: []float64{1, -1}},
			x: []float64{1, -0.5}, mu: []float64{1.5, 0},
		},
		{
			// max x + y, x + 2y ≤ 4, 2x + y ≤ 4: the corner (4/3, 4/3).
			name: "linear program",
			p: &QP{P: mat.NewDiagDense(2, []float64{0, 0}), Q: []float64{-1, -1},
				G: fromRows([]float64{-1, -2}, []float64{-2, -1}), H: []float64{-4, -4}},
			x: []float64{4. / 3, 4. / 3}, mu: []float64{1. / 3, 1. / 3},
		},
		{
			// Two points -1, 1 on a line with an intercept that costs nothing.
			name: "free intercept",
			p: &QP{P: mat.NewDiagDense(2, []float64{1, 0}),
				G: fromRows([]float64{3, 1}, []float64{-1, -1}), H: []float64{1, 1}},
			x: []float64{1, -2}, mu: []float64{0.5, 0.5},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			sol, err := test.p.Solve(background, nil)
			checkOptimal(t, test.p, sol, err, DefaultTolerance)
			qptest.CheckSame(t, "x", sol.X, test.x, qptest.ExactTol)
			qptest.CheckSame(t, "mu", sol.Mu, test.mu, qptest.ExactTol)
			qptest.CheckSame(t, "lambda", sol.Lambda, test.lambda, qptest.ExactTol)
		})
	}
}

// shapes are programs with fewer and more rows than variables, so that every
// form of the Newton system is used.
var shapes = []struct{ n, mi, me int }{
	{30, 10, 0}, {30, 0, 10}, {30, 25, 10}, {30, 100, 5}, {30, 1000, 0}, {100, 150, 40}, {8, 400, 2},
}

func TestQPRandom(t *testing.T) {
	for i, s := range shapes {
		t.Run(fmt.Sprintf("%d variables, %d + %d rows", s.n, s.mi, s.me), func(t *testing.T) {
			for seed := range uint64(5) {
				p := randomQP(10*seed+uint64(i), s.n, s.mi, s.me)
				sol, err := p.Solve(background, nil)
				checkOptimal(t, p, sol, err, DefaultTolerance)
			}
		})
	}
}

// TestQPForms gives one program random positive definite forms.
func TestQPForms(t *testing.T) {
	for seed := range uint64(5) {
		rng := qptest.Rand(seed)
		p := randomQP(seed, 40, 90, 5)
		f := qptest.Normals(rng, 40, 60)
		sym := mat.NewSymDense(40, nil)
		sym.SymOuterK(1, f)
		p.P = sym
		sol, err := p.Solve(background, nil)
		checkOptimal(t, p, sol, err, DefaultTolerance)

		diag := make([]float64, 40)
		for i := range diag {
			diag[i] = math.Exp(rng.NormFloat64())
		}
		p.P = mat.NewDiagDense(40, diag)
		sol, err = p.Solve(background, nil)
		checkOptimal(t, p, sol, err, DefaultTolerance)

		full := mat.NewSymDense(40, nil)
		for i, d := range diag {
			full.SetSym(i, i, d)
		}
		p.P = full
		other, err := p.Solve(background, nil)
		checkOptimal(t, p, other, err, DefaultTolerance)
		qptest.CheckSame(t, "diagonal form, stored densely", other.X, sol.X, qptest.SameTol)
	}
}

// TestQPIntercept solves support vector machines with an intercept, whose form
// is singular.
func TestQPIntercept(t *testing.T) {
	for seed := range uint64(5) {
		rng := qptest.Rand(seed)
		const n, d = 40, 60
		g := qptest.Normals(rng, n, d+1)
		for i := range n {
			g.Set(i, d, float64(1-2*(i%2))) // label times intercept
		}
		curv := make([]float64, d+1)
		for i := range d {
			curv[i] = 1
		}
		p := &QP{P: mat.NewDiagDense(d+1, curv), G: FromDense(g), H: make([]float64, n)}
		for i := range p.H {
			p.H[i] = 1
		}
		sol, err := p.Solve(background, nil)
		checkOptimal(t, p, sol, err, DefaultTolerance)
	}
}

// TestQPRewritten states one program in several ways: all must have the same
// answer.
func TestQPRewritten(t *testing.T) {
	for i, s := range shapes {
		rng := qptest.Rand(uint64(i))
		p := randomQP(uint64(100+i), s.n, s.mi, s.me)
		want, err := p.Solve(background, nil)
		checkOptimal(t, p, want, err, DefaultTolerance)

		t.Run("rows scaled", func(t *testing.T) {
			q := densely(p)
			for _, part := range []struct {
				m   Matrix
				rhs *[]float64
			}{{q.G, &q.H}, {q.A, &q.B}} {
				if part.m == nil {
					continue
				}
				*part.rhs = slices.Clone(*part.rhs)
				m := part.m.(dense).m
				for i := range m.Rows {
					f := math.Exp(2 * rng.NormFloat64())
					floats.Scale(f, m.Data[i*m.Stride:i*m.Stride+m.Cols])
					(*part.rhs)[i] *= f
				}
			}
			got, err := q.Solve(background, nil)
			checkOptimal(t, q, got, err, DefaultTolerance)
			qptest.CheckSame(t, "x", got.X, want.X, qptest.SameTol)
		})
		t.Run("objective scaled", func(t *testing.T) {
			q := *p
			curv := make([]float64, s.n)
			for i := range curv {
				curv[i] = 100
			}
			q.P = mat.NewDiagDense(s.n, curv)
			q.Q = slices.Clone(p.Q)
			floats.Scale(100, q.Q)
			got, err := q.Solve(background, nil)
			checkOptimal(t, &q, got, err, DefaultTolerance)
			qptest.CheckSame(t, "x", got.X, want.X, qptest.SameTol)
		})
		t.Run("equalities as pairs of inequalities", func(t *testing.T) {
			if s.me == 0 {
				return
			}
			var rows [][]float64
			var h []float64
			if p.G != nil {
				g := rowsOf(p.G)
				for i := range s.mi {
					rows = append(rows, g.RawRowView(i))
				}
				h = append(h, p.H...)
			}
			a := rowsOf(p.A)
			for i := range s.me {
				row := a.RawRowView(i)
				minus := slices.Clone(row)
				floats.Scale(-1, minus)
				rows = append(rows, row, minus)
				h = append(h, p.B[i], -p.B[i])
			}
			q := &QP{Q: p.Q, G: fromRows(rows...), H: h}
			got, err := q.Solve(background, nil)
			checkOptimal(t, q, got, err, DefaultTolerance)
			qptest.CheckSame(t, "x", got.X, want.X, qptest.SameTol)
		})
		t.Run("sparse", func(t *testing.T) {
			q := *p
			q.G, q.A = sparsely(p.G), sparsely(p.A)
			got, err := q.Solve(background, nil)
			checkOptimal(t, &q, got, err, DefaultTolerance)
			qptest.CheckSame(t, "x", got.X, want.X, qptest.SameTol)
		})
	}
}

// sparsely returns m with its entries in a CSR.
func sparsely(m Matrix) Matrix {
	if m == nil {
		return nil
	}
	d := rowsOf(m)
	r, c := d.Dims()
	var entries []Entry
	for i := range r {
		for j := range c {
			if v := d.At(i, j); v != 0 {
				entries = append(entries, Entry{i, j, v})
			}
		}
	}
	return NewCSR(r, c, entries)
}

func TestQPRerun(t *testing.T) {
	for i, s := range shapes {
		p := randomQP(uint64(i), s.n, s.mi, s.me)
		first, err := p.Solve(background, nil)
		if err != nil {
			t.Fatal(err)
		}
		second, err := p.Solve(background, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(first.X, second.X) || !slices.Equal(first.Mu, second.Mu) ||
			!slices.Equal(first.Lambda, second.Lambda) || first.Certificate != second.Certificate {
			t.Errorf("shape %d: a rerun does not give the same bits", i)
		}
	}
}
