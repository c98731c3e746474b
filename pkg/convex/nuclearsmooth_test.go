package convex

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// softLabels is a cross-entropy of contexts with random counts in {1, 2} of the
// tokens of their supports, less its infimum, so that it is a divergence.
type softLabels struct {
	p  *mat.Dense
	pi []float64
}

func newSoftLabels(seed uint64, tokens int, supports [][]int) *softLabels {
	rng := qptest.Rand(seed)
	s := &softLabels{mat.NewDense(tokens, len(supports), nil), make([]float64, len(supports))}
	for j, support := range supports {
		for _, z := range support {
			s.p.Set(z, j, float64(1+rng.IntN(2)))
			s.pi[j] += s.p.At(z, j)
		}
		for _, z := range support {
			s.p.Set(z, j, s.p.At(z, j)/s.pi[j])
		}
	}
	floats.Scale(1/floats.Sum(s.pi), s.pi)
	return s
}

func (s *softLabels) value(grad, l *mat.Dense) float64 {
	tokens, m := l.Dims()
	total := 0.0
	column := make([]float64, tokens)
	for j := range m {
		mat.Col(column, j, l)
		normal := floats.LogSumExp(column)
		for v, x := range column {
			p := s.p.At(v, j)
			if p > 0 {
				total += s.pi[j] * p * (math.Log(p) - (x - normal))
			}
			grad.Set(v, j, s.pi[j]*(math.Exp(x-normal)-p))
		}
	}
	return total
}

func (s *softLabels) program() *NuclearSmooth {
	rows, cols := s.p.Dims()
	return &NuclearSmooth{Rows: rows, Cols: cols, F: s.value, Lipschitz: floats.Max(s.pi) / 2}
}

// checkMinimum tests an answer apart from the solver's own certificate: the largest
// singular value of the gradient is λ, and ⟨-∇F, L⟩ = λ ‖L‖_*, which together are the
// conditions for a minimum.
func checkMinimum(t *testing.T, p *NuclearSmooth, m *NuclearMinimum, err error, tol float64) {
	t.Helper()
	if err != nil || m == nil || m.Status != Optimal {
		t.Fatalf("got %v, error %v: want an optimal solution", m, err)
	}
	grad := mat.NewDense(p.Rows, p.Cols, nil)
	value := p.F(grad, m.L)
	singular := qptest.SingularValues(t, m.L)
	norm := m.Lambda * floats.Sum(singular)
	primal := value + norm
	size := primal - p.Lower
	var inner mat.Dense
	inner.Mul(m.L.T(), grad)
	for name, v := range map[string]float64{
		"‖∇F‖₂/λ - 1":     qptest.SingularValues(t, grad)[0]/m.Lambda - 1,
		"complementarity": math.Abs(mat.Trace(&inner)+norm) / size,
		"primal value":    math.Abs(m.Primal-primal) / size,
		"gap":             (primal - m.Dual) / size,
		"order of values": (m.Dual - primal) / size,
		"residual":        math.Max(m.Residual, m.Subgradient),
	} {
		if !(v <= tol) {
			t.Errorf("%s is off by %g, more than %g (%v)", name, v, tol, m)
		}
	}
	if k := rank(singular); k != m.Rank {
		t.Errorf("rank %d, want %d", m.Rank, k)
	}
}

// lambdaMax returns ‖∇F(0)‖₂: from this λ on the solution is exactly zero.
func lambdaMax(t *testing.T, p *NuclearSmooth) float64 {
	t.Helper()
	grad := mat.NewDense(p.Rows, p.Cols, nil)
	p.F(grad, mat.NewDense(p.Rows, p.Cols, nil))
	return qptest.SingularValues(t, grad)[0]
}

// TestNuclearSmoothQuadratic has F = 1/2 ‖L - Y‖², whose solution is Y with λ taken
// off its singular values.
func TestNuclearSmoothQuadratic(t *testing.T) {
	y := qptest.Normals(qptest.Rand(1), 7, 5)
	p := &NuclearSmooth{Rows: 7, Cols: 5, Lipschitz: 1, F: func(grad, l *mat.Dense) float64 {
		grad.Sub(l, y)
		n := mat.Norm(grad, 2)
		return n * n / 2
	}}
	most := lambdaMax(t, p)
	if !(math.Abs(most-qptest.SingularValues(t, y)[0]) <= qptest.ExactTol) {
		t.Fatalf("λ_max = %v, want ‖Y‖₂", most)
	}
	want := mat.NewDense(7, 5, nil)
	for _, share := range []float64{0.9, 0.5, 0.1, 1e-3} {
		m, err := p.Solve(background, nil, share*most, nil)
		checkMinimum(t, p, m, err, smoothTolerance)
		if err := shrink(want, y, share*most); err != nil {
			t.Fatal(err)
		}
		if d := qptest.Distance(m.L, want); !(d <= qptest.ExactTol) {
			t.Errorf("λ = %g λ_max: off by %g", share, d)
		}
	}
}

func TestNuclearSmoothPath(t *testing.T) {
	p := newSoftLabels(1, 31, qptest.Lessons).program()
	most := lambdaMax(t, p)
	for _, lambda := range []float64{2 * most, most} {
		m, err := p.Solve(background, nil, lambda, qptest.Normals(qptest.Rand(2), 31, 16))
		checkMinimum(t, p, m, err, smoothTolerance)
		if m.Rank != 0 || mat.Norm(m.L, 2) != 0 || m.Iterations != 0 {
			t.Errorf("λ = %g: rank %d after %d iterations, want exactly zero at once", lambda, m.Rank, m.Iterations)
		}
	}
	m, err := p.Solve(background, nil, 0.999*most, nil)
	checkMinimum(t, p, m, err, smoothTolerance)
	if m.Rank == 0 {
		t.Error("zero just below λ_max")
	}
	var start *mat.Dense
	for _, lambda := range []float64{1e-2, 1e-3, 1e-4, 1e-5} {
		cold, err := p.Solve(background, nil, lambda, nil)
		checkMinimum(t, p, cold, err, smoothTolerance)
		warm, err := p.Solve(background, nil, lambda, start)
		checkMinimum(t, p, warm, err, smoothTolerance)
		if d := qptest.Distance(cold.L, warm.L) / mat.Norm(cold.L, 2); !(d <= 1e-5) { // the softest directions have curvature λ
			t.Errorf("λ = %g: two starts end %g apart", lambda, d)
		}
		for j := range p.Cols {
			if s := mat.Sum(cold.L.ColView(j)); !(math.Abs(s) <= 1e-6) { // as the gradient's columns
				t.Errorf("λ = %g: column %d sums to %g", lambda, j, s)
			}
		}
		start = warm.L
	}
}

// TestNuclearSmoothRank starts at matrices whose rank is too low for the factors.
func TestNuclearSmoothRank(t *testing.T) {
	rng := qptest.Rand(3)
	p := newSoftLabels(2, 10, qptest.Supports(rng, 10, 12, 1, 4)).program()
	want, err := p.Solve(background, nil, 1e-3, nil)
	checkMinimum(t, p, want, err, smoothTolerance)
	for r := 1; r < want.Rank; r++ {
		var start mat.Dense
		start.Mul(qptest.Normals(rng, 10, r), qptest.Normals(rng, r, 12))
		got, err := p.Solve(background, nil, 1e-3, &start)
		checkMinimum(t, p, got, err, smoothTolerance)
		if d := math.Abs(got.Primal - want.Primal); !(d <= 2*smoothTolerance*want.Primal) {
			t.Errorf("from rank %d: value %v, want %v", r, got.Primal, want.Primal)
		}
	}
	again, err := p.Solve(background, nil, 1e-3, nil)
	if err != nil || !mat.Equal(again.L, want.L) || again.Certificate != want.Certificate {
		t.Errorf("a rerun does not give the same bits (error %v)", err)
	}
}

// TestNuclearBound has the lower bound of an unfinished run stay below the minimum,
// and its value above.
func TestNuclearBound(t *testing.T) {
	p := newSoftLabels(1, 31, qptest.Lessons).program()
	best, err := p.Solve(background, nil, 1e-3, nil)
	checkMinimum(t, p, best, err, smoothTolerance)
	for _, k := range []int{1, 5, 20, 60, 100} {
		m, err := p.Solve(background, &Options{Iterations: k}, 1e-3, nil)
		if !errors.Is(err, ErrInaccurate) || m == nil || m.Status != Inaccurate {
			t.Fatalf("%d iterations: got %v, error %v: want %v", k, m, err, ErrInaccurate)
		}
		if gap := (m.Primal - m.Dual) / (m.Primal - p.Lower); m.Residual != max(m.DualResidual, m.Complementarity, m.Gap) || !(m.Residual >= gap*(1-1e-12)) {
			t.Errorf("%d iterations: residual %g for a gap of %g (%+v)", k, m.Residual, gap, m.Certificate)
		}
		if !(m.Dual <= best.Primal && m.Primal >= best.Dual) {
			t.Errorf("%d iterations: [%v, %v] does not hold the minimum %v", k, m.Dual, m.Primal, best.Primal)
		}
	}
}

func TestNuclearSmoothInput(t *testing.T) {
	square := func(grad, l *mat.Dense) float64 {
		grad.Copy(l)
		grad.Set(0, 0, l.At(0, 0)-3)
		return 0.5*floats.Sum(qptest.SingularValues(t, grad)) + 1
	}
	good := NuclearSmooth{Rows: 2, Cols: 3, F: square, Lipschitz: 1}
	bad := func(change func(p *NuclearSmooth)) *NuclearSmooth {
		p := good
		change(&p)
		return &p
	}
	for _, test := range []struct {
		name   string
		p      *NuclearSmooth
		lambda float64
		start  *mat.Dense
		says   string
	}{
		{"no rows", bad(func(p *NuclearSmooth) { p.Rows = 0 }), 1, nil, "0 by 3"},
		{"no function", bad(func(p *NuclearSmooth) { p.F = nil }), 1, nil, "F"},
		{"no Lipschitz", bad(func(p *NuclearSmooth) { p.Lipschitz = 0 }), 1, nil, "Lipschitz"},
		{"NaN bound", bad(func(p *NuclearSmooth) { p.Lower = math.NaN() }), 1, nil, "Lower"},
		{"wrong bound", bad(func(p *NuclearSmooth) { p.Lower = 100 }), 1, nil, "lower bound"},
		{"NaN value", bad(func(p *NuclearSmooth) { p.F = func(_, _ *mat.Dense) float64 { return math.NaN() } }), 1, nil, "finite"},
		{"zero λ", &good, 0, nil, "λ"},
		{"NaN λ", &good, math.NaN(), nil, "λ"},
		{"shape of the start", &good, 1, mat.NewDense(3, 2, nil), "start of 3 by 2"},
		{"NaN start", &good, 1, mat.NewDense(2, 3, slices.Repeat([]float64{math.NaN()}, 6)), "element (0, 0)"},
	} {
		m, err := test.p.Solve(background, nil, test.lambda, test.start)
		if !errors.Is(err, ErrInput) || m != nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got %v, error %v: want an error that names %q", test.name, m, err, test.says)
		}
	}
}

func TestNuclearSmoothCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	cancel()
	smooth := newSoftLabels(1, 31, qptest.Lessons).program()
	m, err := smooth.Solve(ctx, nil, 1e-3, nil)
	if !errors.Is(err, context.Canceled) || m == nil || m.Status != Canceled {
		t.Errorf("got %v, error %v: want %v", m, err, context.Canceled)
	}
}
