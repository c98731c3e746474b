package convex

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// TestCertifyParts compares every part of a certificate with its definition, at points that
// solve nothing: each part then has a size of its own.
func TestCertifyParts(t *testing.T) {
	for seed := range uint64(20) {
		p := randomQP(seed, 4, 3, 2)
		prog, err := p.compiled()
		if err != nil {
			t.Fatal(err)
		}
		rng := qptest.Rand(100 + seed)
		x, y := qptest.NormalVec(rng, 4), qptest.NormalVec(rng, 5)
		c := prog.certify(x, y)

		// In the units of the data, in which x is unit x, and with rows of norm one.
		unit, least := prog.unit, prog.unit/1024
		floats.Scale(unit, x)
		floats.Scale(unit, y)
		g, a := rowsOf(p.G), rowsOf(p.A)
		stationary := floats.AddTo(make([]float64, 4), x, p.Q)
		primal, dual := floats.Dot(x, x)/2+floats.Dot(p.Q, x), -floats.Dot(x, x)/2
		var distances, sizes []float64
		var slack, negative, largest, force float64
		for i, h := range append(append([]float64{}, p.H...), p.B...) {
			row := append([][]float64{g.RawRowView(0), g.RawRowView(1), g.RawRowView(2)}, a.RawRowView(0), a.RawRowView(1))[i]
			norm, value := floats.Norm(row, 2), floats.Dot(row, x)
			floats.AddScaled(stationary, -y[i], row)
			dual += h * y[i]
			largest, force = max(largest, math.Abs(value)/norm), max(force, math.Abs(y[i])*norm)
			sizes = append(sizes, max(least, math.Abs(h)/norm))
			if i < 3 {
				distances = append(distances, (h-value)/norm)
				slack, negative = max(slack, math.Abs((value-h)*y[i])), max(negative, -y[i]*norm)
			} else {
				distances = append(distances, math.Abs(value-h)/norm)
			}
		}
		violation := 0.0
		for i, d := range distances {
			violation = max(violation, d/max(sizes[i], largest))
		}
		size := max(least*least, least*maxAbs(p.Q)/1024, math.Abs(primal), math.Abs(dual), floats.Dot(x, x)/2)
		for name, pair := range map[string][2]float64{
			"primal value":    {c.Primal * unit * unit, primal},
			"dual value":      {c.Dual * unit * unit, dual},
			"violation":       {c.PrimalResidual, violation},
			"complementarity": {c.Complementarity, slack / size},
			"gap":             {c.Gap, math.Abs(primal-dual) / size},
			"stationarity or sign": {c.DualResidual, max(maxAbs(stationary)/max(least, maxAbs(x), maxAbs(p.Q)),
				negative/max(least, force))},
			"residual": {c.Residual, max(c.PrimalResidual, c.DualResidual, c.Complementarity, c.Gap)},
		} {
			if d := math.Abs(pair[0] - pair[1]); !(d <= 1e-12*max(1, math.Abs(pair[1]))) {
				t.Errorf("seed %d: %s is %g, by definition %g", seed, name, pair[0], pair[1])
			}
		}
	}
}

// TestQPFarAway has constraints that a short vector nearly proves infeasible: x + εy ≥ 1 and
// -x ≥ 0 hold at (0, 1/ε) and, within the box of size 1/(2ε), nowhere.
func TestQPFarAway(t *testing.T) {
	for _, eps := range []float64{1e-2, 1e-3, 1e-4} {
		p := &QP{G: fromRows([]float64{1, eps}, []float64{-1, 0}), H: []float64{1, 0}}
		sol, err := p.Solve(background, nil)
		checkOptimal(t, p, sol, err, DefaultTolerance)
		qptest.CheckSame(t, fmt.Sprintf("ε = %g", eps), sol.X, []float64{0, 1 / eps}, qptest.SameTol)
	}
}

// TestRayHasASign: what proves infeasibility has multipliers that are not negative, whatever
// step it was made from.
func TestRayHasASign(t *testing.T) {
	prog, err := (&QP{G: fromRows([]float64{1, 0}, []float64{0, 1}, []float64{-1, -1}), H: []float64{1, 1, -1}}).compiled()
	if err != nil {
		t.Fatal(err)
	}
	s := newSolver(prog, newEngine(background, prog), Options{Tolerance: 1, Iterations: 1})
	sol := s.ray([]float64{3, -1, 1})
	if sol == nil || floats.Min(sol.Mu) < 0 {
		t.Fatalf("multipliers of a proof: %v", sol)
	}
}

// TestSearchStaysInBounds: a step never brings a multiplier of an inequality below zero.
func TestSearchStaysInBounds(t *testing.T) {
	prog, err := randomQP(1, 4, 6, 2).compiled()
	if err != nil {
		t.Fatal(err)
	}
	s := newSolver(prog, newEngine(background, prog), Options{Tolerance: 1, Iterations: 1})
	rng := qptest.Rand(2)
	for range 20 {
		m := len(prog.c)
		e, d, step, image := make([]float64, m), qptest.NormalVec(rng, m), make([]float64, m), make([]float64, m)
		for i := range s.y {
			s.y[i] = rng.Float64()
		}
		floats.Scale(10, d)
		s.search(step, image, e, d, s.gradient(e))
		for i := range s.mi {
			if after := s.y[i] + step[i]; after < -1e-15 {
				t.Fatalf("multiplier %d of %g is brought to %g", i, s.y[i], after)
			}
		}
	}
}

func TestConvexity(t *testing.T) {
	for _, low := range []float64{-1, -1e-2, -1e-6} {
		for _, p := range []mat.Symmetric{mat.NewDiagDense(2, []float64{1, low}), mat.NewSymDense(2, []float64{1 + low, 1, 1, 1 + low})} {
			if _, err := (&QP{P: p}).Solve(background, nil); !errors.Is(err, ErrNotConvex) {
				t.Errorf("curvatures down to %g: %v, want %v", low, err, ErrNotConvex)
			}
		}
	}
}

// TestProxOfUnits: in other units the proximal term of a singular form is the same.
func TestProxOfUnits(t *testing.T) {
	for _, unit := range []float64{1e-6, 1, 1e6} {
		q, err := newQuad(mat.NewDiagDense(2, []float64{3 * unit, 0}), 2, false)
		if err != nil {
			t.Fatal(err)
		}
		if want := 3 * primalProx * unit; !(math.Abs(q.rho-want) <= 1e-15*want) {
			t.Errorf("ρ of P = diag(%g, 0) is %g, want %g", 3*unit, q.rho, want)
		}
	}
}

// TestSecant: B takes the last change of the gradient to the step that made it, whatever the
// steps before.
func TestSecant(t *testing.T) {
	f, _, _ := quadratic(3, 12, 1e3)
	l := &lbfgs{f: f, x: make([]float64, 12), g: make([]float64, 12)}
	l.val = l.f(l.g, l.x)
	for k := range 8 {
		if !l.step() {
			t.Fatalf("no step %d", k)
		}
		last := len(l.s) - 1
		with := &lbfgs{g: l.y[last], s: l.s, y: l.y, rho: l.rho}
		d := with.direction()
		floats.Scale(-1, d)
		qptest.CheckSame(t, fmt.Sprintf("B y after step %d", k), d, l.s[last], 1e-12)
	}
}

// TestPathValue: the values of a path are those of the function, without the regularizer.
func TestPathValue(t *testing.T) {
	f, _, _ := quadratic(4, 6, 10)
	path, err := Path(background, f, decades(0, -3), make([]float64, 6))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range path {
		grad := make([]float64, 6)
		if v := f(grad, p.X); v != p.Value {
			t.Errorf("λ = %g: value %g, but f is %g there", p.Lambda, p.Value, v)
		}
		floats.AddScaled(grad, p.Lambda, p.X)
		if d := math.Abs(floats.Norm(grad, 2) - p.GradNorm); !(d <= 1e-15) || !(math.Abs(p.Error*p.Lambda*p.Norm-p.GradNorm) <= 1e-15) {
			t.Errorf("λ = %g: gradient of norm %g, error %g: they are off by %g", p.Lambda, p.GradNorm, p.Error, d)
		}
	}
}

// TestSubgradientDistance: at L = 0 the subgradients of ‖·‖_* are the ball of spectral norm
// one, and -∇F/λ of ½‖L - M‖² is M/λ. Its distance is known from its singular values.
func TestSubgradientDistance(t *testing.T) {
	m := qptest.Normals(qptest.Rand(5), 5, 4)
	p := &NuclearSmooth{Rows: 5, Cols: 4, Lipschitz: 1, F: func(grad, l *mat.Dense) float64 {
		grad.Sub(l, m)
		n := mat.Norm(grad, 2)
		return n * n / 2
	}}
	sigma := qptest.SingularValues(t, m)
	for _, lambda := range []float64{sigma[0] * 1.1, sigma[1], sigma[3] / 2} {
		want := 0.0
		for _, s := range sigma {
			want = math.Hypot(want, max(0, s/lambda-1))
		}
		x, err := p.at(lambda, mat.NewDense(5, 4, nil))
		if err != nil {
			t.Fatal(err)
		}
		if !(math.Abs(x.subgradient-want) <= 1e-12*max(1, want)) {
			t.Errorf("λ = %g: distance %g, want %g", lambda, x.subgradient, want)
		}
		// Dual value and gap, by their definitions.
		got := p.minimum(x, 0, Optimal)
		bound := x.value - max(0, sigma[0]-lambda)*x.value/lambda
		if !(math.Abs(got.Dual-bound) <= 1e-12*math.Abs(bound)) || !(math.Abs(got.Gap-(x.value-bound)/x.value) <= 1e-12) || got.Residual < got.Gap {
			t.Errorf("λ = %g: lower bound %g, gap %g, residual %g; want %g", lambda, got.Dual, got.Gap, got.Residual, bound)
		}
	}
}

// TestFactorsValue: over the balanced factors of L the objective is F(L) + λ ‖L‖_*, and its
// gradient is that of its values.
func TestFactorsValue(t *testing.T) {
	rng := qptest.Rand(6)
	m, l := qptest.Normals(rng, 5, 4), qptest.Normals(rng, 5, 4)
	p := &NuclearSmooth{Rows: 5, Cols: 4, Lipschitz: 1, F: func(grad, l *mat.Dense) float64 {
		grad.Sub(l, m)
		n := mat.Norm(grad, 2)
		return n * n / 2
	}}
	const lambda, h = 0.3, 1e-6
	x, err := p.at(lambda, l)
	if err != nil {
		t.Fatal(err)
	}
	v, err := balanced(x)
	if err != nil {
		t.Fatal(err)
	}
	f := &factored{descent: &descent{NuclearSmooth: p, lambda: lambda}, rank: x.rank, l: mat.NewDense(5, 4, nil), g: mat.NewDense(5, 4, nil)}
	grad := make([]float64, len(v))
	if value := f.value(grad, v); !(math.Abs(value-x.value-lambda*matrix.Nuclear(l)) <= 1e-12*value) {
		t.Errorf("value %g, want %g", value, x.value+lambda*matrix.Nuclear(l))
	}
	for i := range v {
		at := func(d float64) float64 {
			w := append([]float64(nil), v...)
			w[i] += d
			return f.value(make([]float64, len(v)), w)
		}
		if slope := (at(h) - at(-h)) / (2 * h); !(math.Abs(slope-grad[i]) <= 1e-8*max(1, math.Abs(slope))) {
			t.Errorf("entry %d: gradient %g, slope %g", i, grad[i], slope)
		}
	}
}
