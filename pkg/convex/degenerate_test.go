package convex

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// stack returns the rows of m followed by those of extra.
func stack(m *mat.Dense, extra ...[]float64) *mat.Dense {
	r, c := m.Dims()
	out := mat.NewDense(r+len(extra), c, nil)
	for i := range r {
		out.SetRow(i, m.RawRowView(i))
	}
	for i, row := range extra {
		out.SetRow(r+i, row)
	}
	return out
}

// TestDegenerateRows adds rows that change nothing to a program: its answer
// must not change either.
func TestDegenerateRows(t *testing.T) {
	for seed := range uint64(4) {
		p := randomQP(seed, 30, 60, 8)
		want, err := p.Solve(background, nil)
		checkOptimal(t, p, want, err, DefaultTolerance)
		g, a := rowsOf(p.G), rowsOf(p.A)
		zero := make([]float64, 30)
		scaled := slices.Clone(a.RawRowView(2))
		floats.Scale(-3, scaled)
		sum := floats.AddTo(make([]float64, 30), a.RawRowView(0), a.RawRowView(1))
		all := func(m *mat.Dense) [][]float64 {
			r, _ := m.Dims()
			rows := make([][]float64, r)
			for i := range rows {
				rows[i] = slices.Clone(m.RawRowView(i))
			}
			return rows
		}
		for name, q := range map[string]*QP{
			"every inequality twice": {Q: p.Q, G: FromDense(stack(g, all(g)...)), H: slices.Concat(p.H, p.H), A: p.A, B: p.B},
			"dependent equalities": {Q: p.Q, G: p.G, H: p.H, A: FromDense(stack(a, scaled, sum, zero)),
				B: append(slices.Clone(p.B), -3*p.B[2], p.B[0]+p.B[1], 0)},
			"rows of zeros": {Q: p.Q, G: FromDense(stack(g, zero, zero)), H: append(slices.Clone(p.H), 0, -1), A: p.A, B: p.B},
			"implied inequality": {Q: p.Q, G: FromDense(stack(g, floats.AddTo(make([]float64, 30), g.RawRowView(0), g.RawRowView(1)))),
				H: append(slices.Clone(p.H), p.H[0]+p.H[1]), A: p.A, B: p.B},
			"touching inequalities": {Q: p.Q, G: FromDense(stack(g, a.RawRowView(0), scaled)),
				H: append(slices.Clone(p.H), p.B[0], -3*p.B[2]), A: p.A, B: p.B},
		} {
			t.Run(name, func(t *testing.T) {
				sol, err := q.Solve(background, nil)
				checkOptimal(t, q, sol, err, DefaultTolerance)
				qptest.CheckSame(t, "x", sol.X, want.X, qptest.SameTol)
			})
		}
	}
}

// TestDegenerateVertex has many more rows through its solution than variables,
// so that multipliers are far from unique. All rows point into one half-space:
// otherwise the vertex would be the only feasible point and the multipliers
// unbounded.
func TestDegenerateVertex(t *testing.T) {
	for _, rows := range []int{40, 400} {
		rng := qptest.Rand(uint64(rows))
		const n = 20
		vertex := qptest.NormalVec(rng, n)
		g := qptest.Normals(rng, rows, n)
		for i := range rows {
			g.Set(i, 0, math.Abs(g.At(i, 0)))
		}
		p := &QP{G: FromDense(g), H: make([]float64, rows), Q: make([]float64, n)}
		p.G.MulVecTo(p.H, false, vertex)
		// The gradient at the vertex is a positive combination of all rows.
		p.G.MulVecTo(p.Q, true, func() []float64 {
			w := make([]float64, rows)
			for i := range w {
				w[i] = rng.Float64()
			}
			return w
		}())
		floats.Sub(p.Q, vertex)
		sol, err := p.Solve(background, nil)
		checkOptimal(t, p, sol, err, DefaultTolerance)
		qptest.CheckSame(t, "x", sol.X, vertex, qptest.SameTol)
	}
}

// TestDegenerateWeaklyActive has inequalities that hold with equality at the
// solution without being needed.
func TestDegenerateWeaklyActive(t *testing.T) {
	p := &QP{Q: []float64{-1, -2, 0}, G: fromRows([]float64{1, 0, 0}, []float64{0, 1, 0}, []float64{0, 0, 1}, []float64{1, 1, 1}),
		H: []float64{1, 2, 0, 3}}
	sol, err := p.Solve(background, nil)
	checkOptimal(t, p, sol, err, DefaultTolerance)
	qptest.CheckSame(t, "x", sol.X, []float64{1, 2, 0}, qptest.ExactTol)
	qptest.CheckSame(t, "mu", sol.Mu, make([]float64, 4), qptest.ExactTol)
}

// TestBestOfInaccurate: of the answers of two methods to rows that are a millionth apart, neither within
// the tolerance, the better one is returned, with its own certificate.
func TestBestOfInaccurate(t *testing.T) {
	inaccurate := 0
	for seed := range uint64(8) {
		rng := qptest.Rand(seed)
		d := 2 + rng.IntN(4)
		a := qptest.NormalVec(rng, d)
		b := floats.AddScaledTo(make([]float64, d), a, 1e-6, qptest.NormalVec(rng, d))
		zero := make([]float64, d)
		minus := func(v []float64) []float64 { return floats.ScaleTo(make([]float64, d), -1, v) }
		p := &QP{H: ones(4), G: fromRows(slices.Concat(a, minus(a), zero), slices.Concat(a, zero, minus(a)),
			slices.Concat(minus(b), b, zero), slices.Concat(zero, b, minus(b)))}
		sol, err := p.Solve(background, nil)
		if sol == nil || !(sol.Residual <= 1e-8) {
			t.Errorf("seed %d: %v, %v", seed, sol, err)
			continue
		}
		if err != nil {
			inaccurate++
		}
		if cert, err := p.Certify(sol.X, sol.Mu, sol.Lambda); err != nil || !(cert.Residual <= 1e-8) {
			t.Errorf("seed %d: %v, %v", seed, cert, err)
		}
	}
	if inaccurate == 0 {
		t.Error("all are within the tolerance")
	}
}
