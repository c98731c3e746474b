package convex

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

func TestQPInfeasible(t *testing.T) {
	for _, test := range []struct {
		name string
		p    *QP
	}{
		{"opposite half-lines", &QP{G: FromRows([]float64{1}, []float64{-1}), H: []float64{1, 0}}},
		{"hardly opposite half-lines", &QP{G: FromRows([]float64{1}, []float64{-1}), H: []float64{1, -1 + 1e-6}}},
		{"parallel equalities", &QP{A: FromRows([]float64{1, 1}, []float64{2, 2}), B: []float64{1, 3}}},
		{"equality against inequality", &QP{G: FromRows([]float64{1, 1}), H: []float64{2}, A: FromRows([]float64{1, 1}), B: []float64{1}}},
		{"row of zeros, inequality", &QP{G: FromRows([]float64{1, 0}, []float64{0, 0}), H: []float64{0, 1}}},
		{"row of zeros, equality", &QP{A: FromRows([]float64{0, 0}, []float64{1, 0}), B: []float64{-1, 0}}},
		{"triangle turned inside out", &QP{
			G: FromRows([]float64{1, 0}, []float64{0, 1}, []float64{-1, -1}), H: []float64{1, 1, -1}}},
		{"linear objective", &QP{P: mat.NewDiagDense(1, []float64{0}), Q: []float64{1},
			G: FromRows([]float64{1}, []float64{-1}), H: []float64{1, 0}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			sol, err := test.p.Solve(background, nil)
			if !errors.Is(err, ErrInfeasible) || sol == nil || sol.Status != PrimalInfeasible || sol.X != nil {
				t.Fatalf("got %v, error %v: want %v", sol, err, ErrInfeasible)
			}
			checkFarkas(t, test.p, sol.Mu, sol.Lambda)
		})
	}
}

// TestQPInfeasibleRandom mixes a Farkas vector into random rows: one row is
// minus a positive combination of others, with a right side that contradicts
// them by gap.
func TestQPInfeasibleRandom(t *testing.T) {
	for _, gap := range []float64{1, 1e-3} {
		for i, s := range shapes {
			if s.mi < 2 {
				continue
			}
			p := densely(randomQP(uint64(i), s.n, s.mi, s.me))
			rng := newRand(uint64(50 + i))
			g := rowsOf(p.G)
			last := g.RawRowView(s.mi - 1)
			clear(last)
			h := 0.0
			for k := range s.mi - 1 {
				w := rng.Float64()
				floats.AddScaled(last, -w, g.RawRowView(k))
				h -= w * p.H[k]
			}
			p.G, p.H[s.mi-1] = FromDense(g), h+gap
			sol, err := p.Solve(background, nil)
			if !errors.Is(err, ErrInfeasible) {
				t.Fatalf("shape %d, gap %g: got %v, want %v", i, gap, err, ErrInfeasible)
			}
			checkFarkas(t, p, sol.Mu, sol.Lambda)
		}
	}
}

func TestQPUnbounded(t *testing.T) {
	for _, test := range []struct {
		name string
		p    *QP
	}{
		{"no constraints", &QP{P: mat.NewDiagDense(2, []float64{1, 0}), Q: []float64{0, 1}}},
		{"open direction", &QP{P: mat.NewDiagDense(2, []float64{1, 0}), Q: []float64{0, -1}, G: FromRows([]float64{1, 1}), H: []float64{1}}},
		{"along an equality", &QP{P: mat.NewSymDense(2, []float64{1, -1, -1, 1}), Q: []float64{1, 1}, A: FromRows([]float64{1, -1}), B: []float64{2}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			sol, err := test.p.Solve(background, nil)
			if !errors.Is(err, ErrUnbounded) || sol == nil || sol.Status != DualInfeasible {
				t.Fatalf("got %v, error %v: want %v", sol, err, ErrUnbounded)
			}
			d := sol.X
			tol := rayTol * maxAbs(d)
			if v := floats.Dot(test.p.Q, d); !(v < 0) {
				t.Errorf("objective changes by %g along the ray", v)
			}
			if v := maxAbs(formTimes(test.p, d)); !(v <= tol) {
				t.Errorf("curvature along the ray: %g", v)
			}
			if test.p.G != nil {
				s := make([]float64, len(test.p.H))
				test.p.G.MulVecTo(s, false, d)
				if v := floats.Min(s); !(v >= -tol) {
					t.Errorf("ray leaves the inequalities: %g", v)
				}
			}
			if test.p.A != nil {
				s := make([]float64, len(test.p.B))
				test.p.A.MulVecTo(s, false, d)
				if v := maxAbs(s); !(v <= tol) {
					t.Errorf("ray leaves the equalities: %g", v)
				}
			}
		})
	}
}

// toyAt returns three contexts in the plane at the given angles, with the
// supports that the caption of Figure 1 of Thrampoulidis (2024) forces.
func toyAt(t *testing.T, degrees ...float64) *Margins {
	t.Helper()
	h := mat.NewDense(2, 3, nil)
	for j, a := range degrees {
		h.Set(0, j, math.Cos(a*math.Pi/180))
		h.Set(1, j, math.Sin(a*math.Pi/180))
	}
	m, err := NewMargins(h, 5, [][]int{{1, 2, 3}, {0, 1, 4}, {0, 3, 4}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestMarginsInfeasible uses contexts in a half-plane: with these supports the
// origin must lie inside their triangle.
func TestMarginsInfeasible(t *testing.T) {
	m := toyAt(t, 0, 60, 120)
	got, err := m.Solve(background, nil)
	if !errors.Is(err, ErrInfeasible) || got.Status != PrimalInfeasible || got.W != nil {
		t.Fatalf("got %v, error %v: want %v", got, err, ErrInfeasible)
	}
	if !strings.Contains(err.Error(), "no point") {
		t.Errorf("error does not say what it proves: %v", err)
	}
	sum := make([]float64, m.v*m.d)
	m.combine(sum, got.U)
	if v := maxAbs(sum); !(v <= farkasTol) {
		t.Errorf("U Hᵀ = %g, want 0", v)
	}
	off := 0.0
	for _, c := range m.off {
		v := got.U.At(c.token, c.context)
		if !(v <= 0) {
			t.Errorf("U%v = %g, want at most 0", c, v)
		}
		off += v
	}
	if !(math.Abs(off+1) <= 1e-9) {
		t.Errorf("entries off the support sum to %g, want -1", off)
	}
	for j := range m.m {
		if v := mat.Sum(got.U.ColView(j)); !(math.Abs(v) <= 1e-9) {
			t.Errorf("column %d sums to %g, want 0", j, v)
		}
	}
}

// TestMarginsTransition decides instances on both sides of the transition from
// infeasible to feasible, and near it, with the structure seen and hidden:
// every answer is proved, and both must agree.
func TestMarginsTransition(t *testing.T) {
	count := map[bool]int{}
	for _, s := range []int{1, 2, 4, 6} {
		for d := 5; d <= 19; d += 2 {
			m := randomMargins(uint64(100*s+d), 8, 20, d, s)
			p := m.QP()
			t.Run(fmt.Sprintf("s=%d, d=%d", s, d), func(t *testing.T) {
				sol, err := p.Solve(background, nil)
				hidden, err2 := densely(p).Solve(background, nil)
				switch {
				case err == nil:
					checkOptimal(t, p, sol, err, DefaultTolerance)
					checkOptimal(t, p, hidden, err2, DefaultTolerance)
					checkSame(t, "x", hidden.X, sol.X, sameTol)
				case errors.Is(err, ErrInfeasible) && errors.Is(err2, ErrInfeasible):
					checkFarkas(t, p, sol.Mu, sol.Lambda)
					checkFarkas(t, p, hidden.Mu, hidden.Lambda)
				default:
					t.Errorf("undecided: %v, and %v with the structure hidden", err, err2)
				}
				count[err == nil]++
			})
		}
	}
	if count[true] == 0 || count[false] == 0 {
		t.Errorf("all instances on one side: %v", count)
	}
}
