package maxmargin

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// TestNextTokenDegenerate covers embeddings that depend on each other and
// supports without inequalities or without equalities.
func TestNextTokenDegenerate(t *testing.T) {
	rng := qptest.Rand(3)
	h := qptest.Normals(rng, 6, 4)
	for i := range 6 {
		h.Set(i, 3, h.At(i, 0)) // contexts 0 and 3 look alike
	}
	for name, test := range map[string]struct {
		supports [][]int
		feasible bool
	}{
		"twins with one support":           {[][]int{{0, 1}, {2}, {1, 2}, {0, 1}}, true},
		"twins with different supports":    {[][]int{{0, 1}, {2}, {1, 2}, {2}}, false},
		"no inequality":                    {[][]int{{0, 1, 2}, {2, 1, 0}, {0, 1, 2}, {0, 1, 2}}, true},
		"no equality":                      {[][]int{{0}, {1}, {2}, {0}}, true},
		"full support among others":        {[][]int{{0, 1, 2}, {1}, {2}, {2, 0, 1}}, true},
		"twin of a full support separated": {[][]int{{0, 1, 2}, {1}, {2}, {0}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := NewNextToken(h, 3, test.supports)
			if err != nil {
				t.Fatal(err)
			}
			p := m.QP()
			sol, err := p.Solve(background, nil)
			if !test.feasible {
				if sol == nil || sol.Status != convex.PrimalInfeasible {
					t.Fatalf("got %v, error %v: want infeasible", sol, err)
				}
				checkFarkas(t, p, sol.Mu, sol.Lambda)
				return
			}
			checkOptimal(t, p, sol, err, convex.DefaultTolerance)
			hidden, err := densely(p).Solve(background, nil)
			checkOptimal(t, p, hidden, err, convex.DefaultTolerance)
			qptest.CheckSame(t, "x", hidden.X, sol.X, qptest.SameTol)
		})
	}
}

// TestNextTokenZeroContext gives a context no embedding: it cannot be separated
// unless nothing is asked of it.
func TestNextTokenZeroContext(t *testing.T) {
	h := mat.NewDense(2, 2, []float64{1, 0, 0, 0})
	m, err := NewNextToken(h, 2, [][]int{{0}, {1}})
	if err != nil {
		t.Fatal(err)
	}
	sol, err := m.QP().Solve(background, nil)
	if sol == nil || sol.Status != convex.PrimalInfeasible {
		t.Fatalf("got %v, error %v: want infeasible", sol, err)
	}
	checkFarkas(t, m.QP(), sol.Mu, sol.Lambda)

	m, err = NewNextToken(h, 2, [][]int{{0}, {0, 1}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Solve(background, nil)
	if err != nil {
		t.Fatal(err)
	}
	qptest.CheckSame(t, "W", got.W.RawMatrix().Data, []float64{0.5, 0, -0.5, 0}, qptest.ExactTol)
	if !(math.Abs(got.Margin-math.Sqrt2) <= qptest.ExactTol) {
		t.Errorf("margin %g, want √2", got.Margin)
	}
}

// toyAt returns three contexts in the plane at the given angles, with the
// supports that the caption of Figure 1 of Thrampoulidis (2024) forces.
func toyAt(t *testing.T, degrees ...float64) *NextToken {
	t.Helper()
	h := mat.NewDense(2, 3, nil)
	for j, a := range degrees {
		h.Set(0, j, math.Cos(a*math.Pi/180))
		h.Set(1, j, math.Sin(a*math.Pi/180))
	}
	m, err := NewNextToken(h, 5, [][]int{{1, 2, 3}, {0, 1, 4}, {0, 3, 4}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestNextTokenInfeasible uses contexts in a half-plane: with these supports the
// origin must lie inside their triangle.
func TestNextTokenInfeasible(t *testing.T) {
	m := toyAt(t, 0, 60, 120)
	got, err := m.Solve(background, nil)
	if !errors.Is(err, convex.ErrInfeasible) || got.Status != convex.PrimalInfeasible || got.W != nil {
		t.Fatalf("got %v, error %v: want %v", got, err, convex.ErrInfeasible)
	}
	if !strings.Contains(err.Error(), "no point") {
		t.Errorf("error does not say what it proves: %v", err)
	}
	sum := make([]float64, m.v*m.d)
	m.combine(sum, got.U)
	if v := floats.Norm(sum, math.Inf(1)); !(v <= qptest.FarkasTol) {
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

// TestNextTokenTransition decides instances on both sides of the transition from
// infeasible to feasible, and near it, with the structure seen and hidden:
// every answer is proved, and both must agree.
func TestNextTokenTransition(t *testing.T) {
	count := map[bool]int{}
	for _, s := range []int{1, 2, 4, 6} {
		for d := 5; d <= 19; d += 2 {
			m := randomNextToken(uint64(100*s+d), 8, 20, d, s)
			p := m.QP()
			t.Run(fmt.Sprintf("s=%d, d=%d", s, d), func(t *testing.T) {
				sol, err := p.Solve(background, nil)
				hidden, err2 := densely(p).Solve(background, nil)
				switch {
				case err == nil:
					checkOptimal(t, p, sol, err, convex.DefaultTolerance)
					checkOptimal(t, p, hidden, err2, convex.DefaultTolerance)
					qptest.CheckSame(t, "x", hidden.X, sol.X, qptest.SameTol)
				case errors.Is(err, convex.ErrInfeasible) && errors.Is(err2, convex.ErrInfeasible):
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
