package convex

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// quadratic is 1/2 xᵀ P x - bᵀ x for a positive definite P with the given condition number
// along random axes.
func quadratic(seed uint64, n int, cond float64) (f Smooth, p *mat.SymDense, b []float64) {
	rng := qptest.Rand(seed)
	var qr mat.QR
	qr.Factorize(qptest.Normals(rng, n, n))
	var q mat.Dense
	qr.QTo(&q)
	scaled := mat.DenseCopyOf(&q)
	scaled.Apply(func(_, j int, v float64) float64 {
		return v * math.Pow(cond, -float64(j)/float64(n-1)/2)
	}, scaled)
	p = mat.NewSymDense(n, nil)
	p.SymOuterK(1, scaled)
	b = qptest.NormalVec(rng, n)
	return func(grad, x []float64) float64 {
		g := mat.NewVecDense(n, grad)
		g.MulVec(p, mat.NewVecDense(n, x))
		value := floats.Dot(grad, x)/2 - floats.Dot(b, x)
		floats.Sub(grad, b)
		return value
	}, p, b
}

// TestLBFGSQuadratic compares with the solution of P x = b, to the distance that the norm of
// the gradient allows.
func TestLBFGSQuadratic(t *testing.T) {
	for _, cond := range []float64{1, 1e2, 1e4} {
		f, p, b := quadratic(1, 20, cond)
		m, err := (&LBFGS{F: f}).Minimize(background, nil, make([]float64, 20))
		if err != nil || m.Status != Optimal {
			t.Fatalf("condition %g: %v, error %v", cond, m, err)
		}
		var want mat.VecDense
		if err := want.SolveVec(p, mat.NewVecDense(20, b)); err != nil {
			t.Fatal(err)
		}
		grad := make([]float64, 20)
		if v := f(grad, m.X); v != m.Value || floats.Norm(grad, 2) != m.GradNorm || !floats.Equal(grad, m.Grad) {
			t.Errorf("condition %g: value %g and gradient %g are said to be %g and %g", cond, v, floats.Norm(grad, 2), m.Value, m.GradNorm)
		}
		if d := floats.Distance(m.X, want.RawVector().Data, 2); !(d <= m.GradNorm*cond*(1+qptest.ExactTol)+qptest.ExactTol) {
			t.Errorf("condition %g: off by %g, the gradient allows %g", cond, d, m.GradNorm*cond)
		}
		again, err := (&LBFGS{F: f}).Minimize(background, nil, make([]float64, 20))
		if err != nil || !floats.Equal(again.X, m.X) || again.Iterations != m.Iterations {
			t.Errorf("condition %g: a rerun does not give the same bits (error %v)", cond, err)
		}
	}
}

// TestLBFGSMemory has more memory pay on a badly conditioned quadratic.
func TestLBFGSMemory(t *testing.T) {
	f, _, _ := quadratic(2, 12, 1e3)
	var steps []int
	for _, memory := range []int{1, 12} {
		m, err := (&LBFGS{F: f, Memory: memory}).Minimize(background, nil, make([]float64, 12))
		if err != nil {
			t.Fatal(err)
		}
		steps = append(steps, m.Iterations)
	}
	if !(2*steps[1] < steps[0]) {
		t.Errorf("%d iterations with a memory of one, %d with a memory of all variables", steps[0], steps[1])
	}
}

// TestLBFGSRosenbrock minimizes a function that is not convex far from its minimum (1, 1).
func TestLBFGSRosenbrock(t *testing.T) {
	f := func(grad, x []float64) float64 {
		u, v := 1-x[0], x[1]-x[0]*x[0]
		grad[0], grad[1] = -2*u-400*x[0]*v, 200*v
		return u*u + 100*v*v
	}
	start := []float64{-1.2, 1}
	m, err := (&LBFGS{F: f}).Minimize(background, &Options{Tolerance: 1e-10}, start)
	if err != nil {
		t.Fatal(err)
	}
	qptest.CheckSame(t, "x", m.X, []float64{1, 1}, qptest.ExactTol)
	if start[0] != -1.2 {
		t.Error("the start has moved")
	}
}

func TestLBFGSStops(t *testing.T) {
	f, _, _ := quadratic(3, 10, 1e4)
	ctx, cancel := context.WithCancel(background)
	cancel()
	m, err := (&LBFGS{F: f}).Minimize(ctx, nil, make([]float64, 10))
	if !errors.Is(err, context.Canceled) || m == nil || m.Status != Canceled {
		t.Errorf("got %v, error %v: want %v", m, err, context.Canceled)
	}
	for name, o := range map[string]*Options{"iterations": {Iterations: 3}, "tolerance": {Tolerance: 1e-300}} {
		m, err := (&LBFGS{F: f}).Minimize(background, o, make([]float64, 10))
		if !errors.Is(err, ErrInaccurate) || m == nil || m.Status != Inaccurate {
			t.Errorf("%s: got %v, error %v: want %v", name, m, err, ErrInaccurate)
		}
	}
	calls := 0
	_, err = (&LBFGS{F: f, Done: func(grad, x float64) bool { calls++; return calls == 4 }}).Minimize(background, nil, make([]float64, 10))
	if err != nil || calls != 4 {
		t.Errorf("%d calls of Done, error %v", calls, err)
	}
}

func TestLBFGSInput(t *testing.T) {
	nan := func(grad, x []float64) float64 { grad[0] = math.NaN(); return 1 }
	good := func(grad, x []float64) float64 { copy(grad, x); return floats.Dot(x, x) / 2 }
	for _, test := range []struct {
		name string
		m    LBFGS
		opts *Options
		x0   []float64
		says string
	}{
		{"no function", LBFGS{}, nil, []float64{1}, "function"},
		{"no variables", LBFGS{F: good}, nil, nil, "0 variables"},
		{"negative memory", LBFGS{F: good, Memory: -1}, nil, []float64{1}, "memory of -1"},
		{"start", LBFGS{F: good}, nil, []float64{0, math.Inf(1)}, "x0[1]"},
		{"gradient", LBFGS{F: nan}, nil, []float64{1}, "gradient of norm NaN"},
		{"options", LBFGS{F: good}, &Options{Tolerance: -1}, []float64{1}, "tolerance"},
	} {
		m, err := test.m.Minimize(background, test.opts, test.x0)
		if !errors.Is(err, ErrInput) || m != nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got %v, error %v: want an error that names %q", test.name, m, err, test.says)
		}
	}
}
