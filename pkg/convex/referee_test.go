package convex

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// wholeProgram is a program of small whole numbers, whose answer is known without rounding: the gap of
// a contradiction and the slope of a ray are one.
type wholeProgram struct {
	P     *mat.SymDense
	q     []float64
	G, A  [][]float64
	h, b  []float64
	value float64 // the minimum, where there is one
}

// wholeNumbers draws one of at most most variables: rows are empty, repeated, sums of others,
// units or anything, P has any rank, and the objective is zero or not.
func wholeNumbers(rng *rand.Rand, status Status, most int) *wholeProgram {
	n := 1 + rng.IntN(most)
	w := &wholeProgram{P: mat.NewSymDense(n, nil), q: make([]float64, n)}
	draw := func() float64 { return float64(rng.IntN(9) - 4) }
	vector := func() []float64 {
		v := make([]float64, n)
		for j := range v {
			v[j] = draw()
		}
		return v
	}
	row := func(before [][]float64) []float64 {
		v := make([]float64, n)
		switch k := rng.IntN(12); {
		case k == 0:
		case k <= 2 && len(before) > 0:
			floats.AddScaled(v, float64(1+rng.IntN(3)), before[rng.IntN(len(before))])
		case k == 3 && len(before) > 1:
			floats.AddTo(v, before[rng.IntN(len(before))], before[rng.IntN(len(before))])
		case k == 4:
			v[rng.IntN(n)] = 1
		default:
			v = vector()
		}
		return v
	}
	for range rng.IntN(n + 1) {
		w.P.SymRankOne(w.P, 1, mat.NewVecDense(n, vector()))
	}
	x, free := vector(), rng.IntN(n)
	for range rng.IntN(3 * most) {
		w.G = append(w.G, row(w.G))
	}
	if rng.IntN(3) == 0 {
		for range rng.IntN(n + 1) {
			w.A = append(w.A, row(w.A))
		}
	}
	if status == DualInfeasible {
		for j := range n {
			w.P.SetSym(free, j, 0)
		}
		for _, g := range w.G {
			g[free] = math.Abs(g[free])
		}
		for _, a := range w.A {
			a[free] = 0
		}
	}
	px := qptest.Program[Matrix]{P: w.P}.Form(x)
	floats.AddScaled(w.q, -1, px)
	for _, g := range w.G {
		h := floats.Dot(g, x)
		switch rng.IntN(4) {
		case 0, 1:
			h -= float64(rng.IntN(5))
		case 2:
			floats.AddScaled(w.q, float64(rng.IntN(4)), g)
		}
		w.h = append(w.h, h)
	}
	for _, a := range w.A {
		w.b = append(w.b, floats.Dot(a, x))
		floats.AddScaled(w.q, draw(), a)
	}
	switch status {
	case DualInfeasible:
		w.q[free] = -1
	case PrimalInfeasible:
		last, rhs := make([]float64, n), 1.0
		for i, g := range w.G {
			if f := float64(rng.IntN(3)); rng.IntN(2) == 0 {
				floats.AddScaled(last, -f, g)
				rhs -= f * w.h[i]
			}
		}
		for i, a := range w.A {
			f := draw()
			floats.AddScaled(last, -f, a)
			rhs -= f * w.b[i]
		}
		w.G, w.h = append(w.G, last), append(w.h, rhs)
	}
	w.value = floats.Dot(px, x)/2 + floats.Dot(w.q, x)
	return w
}

// program returns the QP.
func (w *wholeProgram) program() *QP {
	p := &QP{P: w.P, Q: w.q, H: w.h, B: w.b}
	if len(w.G) > 0 {
		p.G = fromRows(w.G...)
	}
	if len(w.A) > 0 {
		p.A = fromRows(w.A...)
	}
	return p
}

// TestVerdictsOfWholeNumbers: no program gets a verdict of another kind. One that has a ray may
// stay undecided.
func TestVerdictsOfWholeNumbers(t *testing.T) {
	for _, most := range []int{2, 4, 12} {
		for _, status := range []Status{Optimal, PrimalInfeasible, DualInfeasible} {
			undecided := 0
			for seed := range uint64(200) {
				rng := rand.New(rand.NewPCG(seed, uint64(10*most)+uint64(status)))
				w := wholeNumbers(rng, status, most)
				p := w.program()
				name := fmt.Sprintf("%v, seed %d of %d variables", status, seed, most)
				sol, err := p.Solve(background, nil)
				switch {
				case sol == nil:
					t.Errorf("%s: %v", name, err)
				case status == DualInfeasible && sol.Status == Inaccurate:
					undecided++
				case status == PrimalInfeasible && sol.Status == DualInfeasible:
					checkRay(t, p, sol.X) // true as well: such a program has no finite minimum either way
				case sol.Status != status:
					t.Errorf("%s: %v, %v", name, sol.Certificate, err)
				case status == Optimal && !(math.Abs(sol.Primal-w.value) <= 1e-8*max(1, math.Abs(w.value))):
					t.Errorf("%s: minimum %v, want %v", name, sol.Primal, w.value)
				case status == PrimalInfeasible:
					checkFarkas(t, p, sol.Mu, sol.Lambda)
				case status == DualInfeasible:
					checkRay(t, p, sol.X)
				}
			}
			if undecided > 4 {
				t.Errorf("%d of 200 programs of at most %d variables that have a ray are undecided", undecided, most)
			}
		}
	}
}

// TestFeasiblePointsInAnyUnits asks for a point of whole numbers' constraints, with no objective,
// in units from 2^-60 to 2^60.
func TestFeasiblePointsInAnyUnits(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 778))
		w := wholeNumbers(rng, Optimal, 6)
		n := len(w.q)
		w.P, w.q = mat.NewSymDense(n, nil), make([]float64, n)
		u := exponents(rng, 2+n+len(w.h)+len(w.b), 60)
		sol, err := inUnits(w.program(), u[2:2+n], u[2+n:], u[0], u[1]).Solve(background, nil)
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			continue
		}
		x := make([]float64, n)
		for j := range x {
			x[j] = math.Ldexp(sol.X[j], u[2+j]-u[1])
		}
		for i, g := range w.G {
			if v := floats.Dot(g, x); !(v >= w.h[i]-1e-6) {
				t.Errorf("seed %d: row %d is %v, want at least %v", seed, i, v, w.h[i])
			}
		}
		for i, a := range w.A {
			if v := floats.Dot(a, x); !(math.Abs(v-w.b[i]) <= 1e-6) {
				t.Errorf("seed %d: equality %d is %v, want %v", seed, i, v, w.b[i])
			}
		}
	}
}

// TestEndsOfTheExponents: units of 2^1000 and 2^-1000 are units, too.
func TestEndsOfTheExponents(t *testing.T) {
	for _, e := range []int{-1000, -600, -200, 200, 600, 1000} {
		u := math.Ldexp(1, e)
		rows := fromRows([]float64{1, 0}, []float64{0, 1})
		for name, c := range map[string]struct {
			p *QP
			x float64
		}{
			"rows":        {&QP{G: fromRows([]float64{u, 0}, []float64{0, u}), H: []float64{u, u}}, 1},
			"right sides": {&QP{G: rows, H: []float64{u, u}}, u},
			"form":        {&QP{P: mat.NewDiagDense(2, []float64{u, u}), G: rows, H: ones(2)}, 1},
			"cost":        {&QP{P: mat.NewDiagDense(2, nil), Q: []float64{u, u}, G: rows, H: ones(2)}, 1},
		} {
			sol, err := c.p.Solve(background, nil)
			if err != nil {
				t.Errorf("%s of 2^%d: %v", name, e, err)
				continue
			}
			qptest.CheckSame(t, fmt.Sprintf("%s of 2^%d", name, e), []float64{sol.X[0] / c.x, sol.X[1] / c.x}, ones(2), qptest.ExactTol)
		}
	}
}

// TestContradictionsWithoutObjective: far away, where an unbounded direction leads, two rows that
// contradict each other by any gap both hold beside the distance. That is no feasible point.
func TestContradictionsWithoutObjective(t *testing.T) {
	for name, p := range map[string]*QP{
		"x ≥ 3, x ≤ 2, 2x + y ≥ 3": {G: fromRows([]float64{1, 0}, []float64{1, 0}, []float64{2, 1}, []float64{-1, 0}), H: []float64{1, 3, 3, -2}},
		"x - y ≥ 5, x - y ≤ 4.5":   {G: fromRows([]float64{-1, 2}, []float64{1, -1}, []float64{2, -2}, []float64{-2, 2}), H: []float64{-9, 2, 10, -9}},
	} {
		p.P, p.Q = mat.NewDiagDense(2, nil), make([]float64, 2)
		sol, err := p.Solve(background, nil)
		if sol == nil || sol.Status != PrimalInfeasible {
			t.Errorf("%s: %v, %v", name, sol, err)
			continue
		}
		checkFarkas(t, p, sol.Mu, sol.Lambda)
	}
	for _, gap := range []float64{1, 1e-2, 1e-4} {
		for seed := range uint64(300) {
			rng := rand.New(rand.NewPCG(seed, 991))
			w := wholeNumbers(rng, PrimalInfeasible, 1+int(seed%8))
			n := len(w.q)
			w.P, w.q = mat.NewSymDense(n, nil), make([]float64, n)
			w.h[len(w.h)-1] -= 1 - gap
			sol, err := w.program().Solve(background, nil)
			if sol == nil || sol.Status != PrimalInfeasible {
				t.Errorf("gap %g, seed %d: %v, %v", gap, seed, sol, err)
				continue
			}
			checkFarkas(t, w.program(), sol.Mu, sol.Lambda)
		}
	}
}
