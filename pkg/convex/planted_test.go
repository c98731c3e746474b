package convex

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// planted is a program whose answer is known, since it was made of it.
type planted struct {
	*QP
	name   string
	status Status
	x      []float64 // a minimizer, where there is one
	value  float64   // the minimum
	size   float64   // of what cancels in it
}

// plant draws a program of up to twelve variables, as degenerate as it comes: any rank of P,
// more active rows than variables, rows that are repeated, dependent or empty, and multipliers
// that are not unique. For the others a row is added that contradicts a combination of rows,
// or a variable in which nothing holds the objective.
func plant(rng *rand.Rand, status Status) *planted {
	n, mi, me := 1+rng.IntN(12), rng.IntN(24), 0
	if rng.IntN(2) == 0 {
		me = rng.IntN(n + 1)
	}
	draw := rng.NormFloat64
	if rng.IntN(2) == 0 {
		draw = func() float64 { return float64(rng.IntN(7) - 3) }
	}
	rows := func(m int) *mat.Dense {
		g := mat.NewDense(max(m, 1), n, nil)
		for i := range m {
			row := g.RawRowView(i)
			switch kind := rng.IntN(10); {
			case kind == 0: // empty
			case kind <= 2 && i > 0:
				floats.AddScaled(row, float64(1+rng.IntN(3)), g.RawRowView(rng.IntN(i)))
			case kind == 3 && i > 1:
				floats.AddTo(row, g.RawRowView(rng.IntN(i)), g.RawRowView(rng.IntN(i)))
			default:
				for j := range row {
					row[j] = draw()
				}
			}
		}
		return g
	}
	g, a := rows(mi), rows(me)
	form := mat.NewSymDense(n, nil)
	if k := rng.IntN(n + 1); k > 0 {
		half := mat.NewDense(n, k, nil)
		for j := range half.RawMatrix().Data {
			half.RawMatrix().Data[j] = draw()
		}
		form.SymOuterK(1, half)
	}
	p := &planted{QP: &QP{P: form}, status: status, x: make([]float64, n)}
	for j := range p.x {
		p.x[j] = draw()
	}
	if free := rng.IntN(n); status == DualInfeasible {
		for j := range n {
			form.SetSym(free, j, 0)
		}
		for i := range mi {
			g.Set(i, free, math.Abs(g.At(i, free)))
		}
		for i := range me {
			a.Set(i, free, 0)
		}
		defer func() { p.Q[free] = -1 - rng.Float64() }()
	}
	if rng.IntN(3) == 0 {
		diag := mat.NewDiagDense(n, nil)
		for j := range n {
			diag.SetDiag(j, form.At(j, j))
		}
		p.P = diag
	}
	program := qptest.Program[Matrix](*p.QP)
	px := program.Form(p.x)
	p.Q = floats.ScaleTo(make([]float64, n), -1, px)
	p.H, p.B = make([]float64, mi), make([]float64, me)
	for i := range p.H {
		p.H[i] = floats.Dot(g.RawRowView(i), p.x)
		if rng.IntN(2) == 0 {
			p.H[i] -= math.Abs(draw())
		} else if rng.IntN(3) > 0 {
			floats.AddScaled(p.Q, math.Abs(draw()), g.RawRowView(i))
		}
	}
	for i := range p.B {
		p.B[i] = floats.Dot(a.RawRowView(i), p.x)
		floats.AddScaled(p.Q, draw(), a.RawRowView(i))
	}
	if status == PrimalInfeasible {
		row, rhs := make([]float64, n), 0.0
		for i := range mi {
			if w := math.Abs(draw()); rng.IntN(2) == 0 {
				floats.AddScaled(row, -w, g.RawRowView(i))
				rhs -= w * p.H[i]
			}
		}
		for i := range me {
			w := draw()
			floats.AddScaled(row, -w, a.RawRowView(i))
			rhs -= w * p.B[i]
		}
		if floats.Norm(row, 2) < 1e-9 {
			clear(row) // but for rounding
		}
		gap := []float64{1, 1e-2, 1e-4}[rng.IntN(3)] * (1 + floats.Norm(row, 2)*floats.Norm(p.x, 2))
		if mi == 0 {
			g = mat.NewDense(1, n, row)
		} else {
			g = stack(g, row)
		}
		mi++
		p.H = append(p.H, rhs+gap)
	}
	if mi > 0 {
		p.G = FromDense(g)
	}
	if me > 0 {
		p.A = FromDense(a)
	}
	quad, linear := floats.Dot(px, p.x)/2, floats.Dot(p.Q, p.x)
	p.value = quad + linear
	p.size = max(1, quad, math.Abs(linear))
	p.name = fmt.Sprintf("%v of %d variables, %d + %d rows", status, n, mi, me)
	return p
}

// inUnits returns the program in the variables x_j / 2^col[j] with its rows and its
// objective multiplied by powers of two, and everything that is measured in the unit of x
// by another.
func inUnits(p *QP, col, row []int, objective, unit int) *QP {
	n := len(col)
	q := &QP{Q: make([]float64, n)}
	for j, v := range p.Q {
		q.Q[j] = math.Ldexp(v, objective+unit+col[j])
	}
	switch form := p.P.(type) {
	case nil:
		d := mat.NewDiagDense(n, nil)
		for j := range n {
			d.SetDiag(j, math.Ldexp(1, objective+2*col[j]))
		}
		q.P = d
	case *mat.DiagDense:
		d := mat.NewDiagDense(n, nil)
		for j := range n {
			d.SetDiag(j, math.Ldexp(form.At(j, j), objective+2*col[j]))
		}
		q.P = d
	default:
		s := mat.NewSymDense(n, nil)
		for i := range n {
			for j := range i + 1 {
				s.SetSym(i, j, math.Ldexp(form.At(i, j), objective+col[i]+col[j]))
			}
		}
		q.P = s
	}
	part := func(m Matrix, rhs []float64, row []int) (Matrix, []float64) {
		if m == nil {
			return nil, nil
		}
		g, h := mat.DenseCopyOf(rowsOf(m)), slices.Clone(rhs)
		for i := range h {
			h[i] = math.Ldexp(h[i], row[i]+unit)
			for j, v := range g.RawRowView(i) {
				g.Set(i, j, math.Ldexp(v, row[i]+col[j]))
			}
		}
		if _, sparse := m.(*CSR); sparse {
			return sparsely(FromDense(g)), h
		}
		return FromDense(g), h
	}
	q.G, q.H = part(p.G, p.H, row[:len(p.H)])
	q.A, q.B = part(p.A, p.B, row[len(p.H):])
	return q
}

// check solves the program in other units and tests the answer in those of the planting.
func (p *planted) check(t *testing.T, col, row []int, objective, unit int) {
	t.Helper()
	sol, err := inUnits(p.QP, col, row, objective, unit).Solve(background, nil)
	if sol == nil || sol.Status != p.status {
		t.Errorf("%s: %v, %v", p.name, sol, err)
		return
	}
	switch p.status {
	case Optimal:
		value := math.Ldexp(sol.Primal, -objective-2*unit)
		if d := math.Abs(value - p.value); !(d <= 1e-8*p.size) {
			t.Errorf("%s: minimum %.12g, want %.12g beside %.3g", p.name, value, p.value, p.size)
		}
	case PrimalInfeasible:
		mu, lambda := slices.Clone(sol.Mu), slices.Clone(sol.Lambda)
		for i := range mu {
			mu[i] = math.Ldexp(mu[i], row[i]+unit)
		}
		for i := range lambda {
			lambda[i] = math.Ldexp(lambda[i], row[len(mu)+i]+unit)
		}
		checkFarkas(t, p.QP, mu, lambda)
	case DualInfeasible:
		x := slices.Clone(sol.X)
		for j := range x {
			x[j] = math.Ldexp(x[j], col[j]+objective+unit)
		}
		checkRay(t, p.QP, x)
	}
	if t.Failed() {
		t.Logf("that was %s", p.name)
	}
}

// checkRay tests that the objective falls along d and nothing is in its way.
func checkRay(t *testing.T, p *QP, d []float64) {
	t.Helper()
	program := qptest.Program[Matrix](*p)
	if v := floats.Dot(p.Q, d); !(math.Abs(v+1) <= 1e-9) {
		t.Errorf("objective changes by %g along the ray, want -1", v)
	}
	worst, size := maxAbs(program.Form(d)), floats.Norm(d, 1)
	for i := range p.H {
		row := rowsOf(p.G).RawRowView(i)
		worst, size = max(worst, -floats.Dot(row, d)), max(size, floats.Norm(row, 2)*floats.Norm(d, 2))
	}
	for i := range p.B {
		row := rowsOf(p.A).RawRowView(i)
		worst, size = max(worst, math.Abs(floats.Dot(row, d))), max(size, floats.Norm(row, 2)*floats.Norm(d, 2))
	}
	if !(worst <= 10*rayTol*size) {
		t.Errorf("the ray is off by %g beside %g", worst, size)
	}
}

// exponents draws n exponents from -most to most.
func exponents(rng *rand.Rand, n, most int) []int {
	e := make([]int, n)
	for i := range e {
		e[i] = rng.IntN(2*most+1) - most
	}
	return e
}

// FuzzPlanted solves programs whose answer is known, in units of all sizes. The seeds are two
// hundred of each kind.
func FuzzPlanted(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed, uint8(60*(seed%3)/2))
	}
	f.Fuzz(func(t *testing.T, seed uint64, most uint8) {
		for _, status := range []Status{Optimal, PrimalInfeasible, DualInfeasible} {
			rng := qptest.Rand(seed)
			p := plant(rng, status)
			u := exponents(rng, len(p.Q)+len(p.H)+len(p.B)+2, int(most%61))
			p.check(t, u[2:2+len(p.Q)], u[2+len(p.Q):], u[0], u[1])
		}
	})
}
