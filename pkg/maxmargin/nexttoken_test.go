package maxmargin

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// TestNextTokenToy solves the instance of Figure 1 of Thrampoulidis (2024) with
// unit contexts at 90, 210 and 330 degrees, whose solution is derived by hand:
// by symmetry in the vertical axis and 1ᵀ W = 0 the active margins leave two
// unknowns.
func TestNextTokenToy(t *testing.T) {
	m := toyAt(t, 90, 210, 330)
	got, err := m.Solve(background, nil)
	if err != nil {
		t.Fatal(err)
	}
	r3 := math.Sqrt(3)
	qptest.CheckSame(t, "W", got.W.RawMatrix().Data, []float64{0, -1.2, -2 / r3, 0.8, 0, 0.8, 2 / r3, 0.8, 0, -1.2}, qptest.ExactTol)
	if v := 2 * got.Primal; !(math.Abs(v-112./15) <= qptest.ExactTol) {
		t.Errorf("‖W‖² = %v, want 112/15", v)
	}
	// ‖W‖² is also minus the sum of the multipliers off the supports.
	sum := 0.0
	for _, c := range m.off {
		sum -= got.U.At(c.token, c.context)
	}
	if !(math.Abs(sum-112./15) <= qptest.ExactTol) {
		t.Errorf("multipliers sum to %v, want 112/15", sum)
	}
}

// TestNextTokenOrthonormal compares with the closed form for HᵀH = I,
// W = (I - 11ᵀ/V) S Hᵀ, where S is the 0/1 matrix of the supports.
func TestNextTokenOrthonormal(t *testing.T) {
	const v, m, d = 7, 9, 12
	rng := qptest.Rand(8)
	var qr mat.QR
	qr.Factorize(qptest.Normals(rng, d, m))
	var q mat.Dense
	qr.QTo(&q)
	h := mat.DenseCopyOf(q.Slice(0, d, 0, m))
	supports := make([][]int, m)
	s := mat.NewDense(v, m, nil)
	norm := 0.0
	for j := range supports {
		k := 1 + rng.IntN(v-1)
		supports[j] = rng.Perm(v)[:k]
		for z := range v {
			s.Set(z, j, -float64(k)/v)
		}
		for _, z := range supports[j] {
			s.Set(z, j, 1-float64(k)/v)
		}
		norm += float64(k*(v-k)) / v
	}
	var want mat.Dense
	want.Mul(s, h.T())
	mg, err := NewNextToken(h, v, supports)
	if err != nil {
		t.Fatal(err)
	}
	got, err := mg.Solve(background, nil)
	if err != nil {
		t.Fatal(err)
	}
	qptest.CheckSame(t, "W", got.W.RawMatrix().Data, want.RawMatrix().Data, qptest.ExactTol)
	if !(math.Abs(2*got.Primal-norm) <= qptest.ExactTol*norm) {
		t.Errorf("‖W‖² = %v, want Σ s (V-s)/V = %v", 2*got.Primal, norm)
	}
}

// TestNextTokenStructure solves instances with and without their structure: many
// and few dimensions, single tokens, and the shape of the paper's main
// instance.
func TestNextTokenStructure(t *testing.T) {
	for _, s := range []struct{ v, m, d, s int }{
		{10, 50, 60, 6}, {6, 12, 12, 2}, {8, 20, 19, 1}, {5, 30, 29, 3}, {4, 9, 3, 3}, {12, 10, 40, 11},
	} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			p := randomNextToken(uint64(s.m), s.v, s.m, s.d, s.s).QP()
			sol, err := p.Solve(background, nil)
			hidden, err2 := densely(p).Solve(background, nil)
			if sol != nil && sol.Status == convex.PrimalInfeasible {
				checkFarkas(t, p, sol.Mu, sol.Lambda)
				checkFarkas(t, p, hidden.Mu, hidden.Lambda)
				return
			}
			checkOptimal(t, p, sol, err, convex.DefaultTolerance)
			checkOptimal(t, p, hidden, err2, convex.DefaultTolerance)
			qptest.CheckSame(t, "x", hidden.X, sol.X, qptest.SameTol)
		})
	}
}

// TestNextTokenLarge is the instance of four thousand inequalities: the answer is
// judged by its certificate.
func TestNextTokenLarge(t *testing.T) {
	m := randomNextToken(2, 20, 250, 300, 4)
	got, err := m.Solve(background, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.off) != 4000 {
		t.Errorf("%d inequalities, want 4000", len(m.off))
	}
	if !(got.Residual <= convex.DefaultTolerance) {
		t.Error(got.Certificate)
	}
	// The least margin of W is exactly 1: a larger one would let W shrink.
	s := make([]float64, len(m.off))
	m.Inequalities().MulVecTo(s, false, got.W.RawMatrix().Data)
	if v := floats.Min(s); !(math.Abs(v-1) <= qptest.ExactTol) {
		t.Errorf("least margin %v, want 1", v)
	}
}

// TestNextTokenProcessors solves one instance on one, two and three processors:
// the same bits.
func TestNextTokenProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, shape := range []struct{ v, m, d int }{{8, 80, 90}, {8, 80, 70}} { // Newton only, interior point too
		m := randomNextToken(5, shape.v, shape.m, shape.d, 3)
		var want *NextTokenSolution
		for procs := 1; procs <= 3; procs++ {
			runtime.GOMAXPROCS(procs)
			got, err := m.Solve(background, nil)
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got
			}
			if !mat.Equal(got.W, want.W) || !mat.Equal(got.U, want.U) || got.Certificate != want.Certificate {
				t.Errorf("%v: another answer on %d processors", shape, procs)
			}
		}
	}
}

// TestNextTokenObjective gives the structured rows another objective and other
// right sides than the max-margin program's.
func TestNextTokenObjective(t *testing.T) {
	m := randomNextToken(4, 6, 10, 14, 3)
	rng := qptest.Rand(4)
	p := m.QP()
	p.Q = qptest.NormalVec(rng, len(p.Q))
	p.H = qptest.NormalVec(rng, len(p.H))
	p.B = qptest.NormalVec(rng, len(p.B))
	sol, err := p.Solve(background, nil)
	checkOptimal(t, p, sol, err, convex.DefaultTolerance)
	hidden, err := densely(p).Solve(background, nil)
	checkOptimal(t, p, hidden, err, convex.DefaultTolerance)
	qptest.CheckSame(t, "x", hidden.X, sol.X, qptest.SameTol)

	// Inequalities alone are a family that must not be taken for the whole.
	q := &convex.QP{Q: p.Q, G: p.G, H: p.H}
	sol, err = q.Solve(background, nil)
	checkOptimal(t, q, sol, err, convex.DefaultTolerance)
}

// TestNextTokenApproach solves programs so large that gradients come first: Newton's
// method, which takes twenty systems and more from zero, is left a few.
func TestNextTokenApproach(t *testing.T) {
	const few = 10
	m := randomNextToken(6, 120, 90, 100, 2)
	if n, _ := m.Inequalities().Dims(); n < 10000 { // from there package convex starts with gradients
		t.Fatalf("%d inequalities are too few for the approach", n)
	}
	mm, err := m.Solve(background, nil)
	if err != nil || !(mm.Residual <= convex.DefaultTolerance) {
		t.Fatalf("got %v, error %v", mm.Certificate, err)
	}
	if mm.Iterations > few {
		t.Errorf("%d systems, want at most %d", mm.Iterations, few)
	}
	// W is feasible and W = U Hᵀ with U ≤ 0 off the supports, by their definitions.
	var l, w mat.Dense
	l.Mul(mm.W, m.h)
	w.Mul(mm.U, m.h.T())
	if d := qptest.Distance(&w, mm.W) / mat.Norm(mm.W, 2); !(d <= qptest.ExactTol) {
		t.Errorf("W differs from U Hᵀ by %g", d)
	}
	for _, c := range m.off {
		if margin := l.At(m.supports[c.context][0], c.context) - l.At(c.token, c.context); !(margin >= 1-qptest.ExactTol) {
			t.Fatalf("margin %v of %v", margin, c)
		}
		if u := mm.U.At(c.token, c.context); !(u <= qptest.ExactTol) {
			t.Fatalf("multiplier %v of %v", u, c)
		}
	}
	// Infeasible programs of that size are recognised all the same.
	m = randomNextToken(6, 120, 90, 3, 2)
	_, err = m.Solve(background, nil)
	if !errors.Is(err, convex.ErrInfeasible) {
		t.Errorf("error %v, want %v", err, convex.ErrInfeasible)
	}
}

func TestNextTokenInput(t *testing.T) {
	h := mat.NewDense(2, 2, []float64{1, 2, 3, 4})
	for _, test := range []struct {
		name     string
		h        *mat.Dense
		supports [][]int
		says     string
	}{
		{"no embeddings", nil, nil, "no embeddings"},
		{"NaN", mat.NewDense(1, 1, []float64{math.NaN()}), [][]int{{0}}, "element (0, 0)"},
		{"too few supports", h, [][]int{{0}}, "1 supports for 2 contexts"},
		{"empty support", h, [][]int{{0}, {}}, "context 1"},
		{"token out of range", h, [][]int{{3}, {0}}, "context 0"},
		{"negative token", h, [][]int{{0}, {-1}}, "context 1"},
		{"token twice", h, [][]int{{0, 2, 0}, {1}}, "context 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := NewNextToken(test.h, 3, test.supports)
			if !errors.Is(err, convex.ErrInput) || m != nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, error %v: want an error that names %q", m, err, test.says)
			}
		})
	}
}

// TestNextTokenRows checks the rows against their definition.
func TestNextTokenRows(t *testing.T) {
	h := mat.NewDense(2, 2, []float64{1, 3, 2, 4}) // h_0 = (1, 2), h_1 = (3, 4)
	m, err := NewNextToken(h, 3, [][]int{{2, 1}, {0}})
	if err != nil {
		t.Fatal(err)
	}
	// Context 0: anchor 1, equality with 2, inequality with 0. Context 1: anchor
	// 0, inequalities with 1 and 2. Columns are W[0,:], W[1,:], W[2,:].
	wantG := mat.NewDense(3, 6, []float64{
		-1, -2, 1, 2, 0, 0,
		3, 4, -3, -4, 0, 0,
		3, 4, 0, 0, -3, -4,
	})
	wantA := mat.NewDense(1, 6, []float64{0, 0, 1, 2, -1, -2})
	if g := qptest.Dense(m.Inequalities()); !mat.Equal(g, wantG) {
		t.Errorf("inequalities %v", mat.Formatted(g))
	}
	if a := qptest.Dense(m.Equalities()); !mat.Equal(a, wantA) {
		t.Errorf("equalities %v", mat.Formatted(a))
	}
	p := m.QP()
	if math.Abs(floats.Sum(p.H)-3) > 0 || floats.Sum(p.B) != 0 {
		t.Errorf("right sides %v and %v, want ones and zeros", p.H, p.B)
	}
}
