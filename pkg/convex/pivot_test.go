package convex

import (
	"context"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// withFree returns a program of n variables with curvature and k without, the free ones among
// the others. Its dual has the free variables' q as a combination of rows with multipliers
// that are not negative, so that it is bounded.
func withFree(seed uint64, n, k, mi, me int) *QP {
	rng := qptest.Rand(seed)
	p := randomQP(seed, n+k, mi, me)
	curvature := make([]float64, n+k)
	for i, j := range rng.Perm(n + k) {
		if i >= k {
			curvature[j] = math.Exp(rng.NormFloat64())
		}
	}
	y := qptest.NormalVec(rng, mi+me)
	for i := range mi {
		y[i] = math.Abs(y[i])
	}
	bounded := make([]float64, n+k)
	for first, part := range []Matrix{p.G, p.A} {
		if part != nil {
			add := make([]float64, n+k)
			part.MulVecTo(add, true, y[first*mi:][:[]int{mi, me}[first]])
			floats.Add(bounded, add)
		}
	}
	for j, c := range curvature {
		if c == 0 {
			p.Q[j] = bounded[j]
		}
	}
	p.P = mat.NewDiagDense(n+k, curvature)
	return p
}

// TestPivoting: programs of the form are solved by principal pivoting, to round-off, and as
// the other methods solve them.
func TestPivoting(t *testing.T) {
	const (
		programs = 300
		exact    = 1e-11 // the condition of A, up to 1e4 here, times round-off
		same     = 1e-5  // of x: the other methods stop at a gap of 1e-10
	)
	left, alone := 0, 0
	for seed := range uint64(programs) {
		rng := qptest.Rand(seed)
		k := 1 + rng.IntN(3)
		mi, me := k+rng.IntN(12), rng.IntN(3)
		p := withFree(seed, mi+me+rng.IntN(5), k, mi, me)
		prog, err := p.compiled()
		if err != nil {
			t.Fatal(err)
		}
		sol := prog.pivoted(background, Options{Tolerance: DefaultTolerance, Iterations: 1000})
		if sol == nil {
			left++
			continue
		}
		checkOptimal(t, p, prog.restore(sol), nil, exact)
		s := newSolver(prog, newEngine(background, prog), Options{Tolerance: DefaultTolerance, Iterations: 1000})
		other, err := s.run(background)
		if err != nil {
			alone++
			continue
		}
		if s.found != nil {
			prog = s.found
		}
		prog.restore(other)
		qptest.CheckSame(t, fmt.Sprintf("seed %d: minimum", seed), []float64{sol.Primal}, []float64{other.Primal}, 1e-8)
		for j, c := range p.P.(*mat.DiagDense).RawBand().Data {
			if c > 0 && !(math.Abs(sol.X[j]-other.X[j]) <= same*max(1, maxAbs(other.X))) { // the free ones need not be unique
				t.Errorf("seed %d: x[%d] is %g, %g by the other methods", seed, j, sol.X[j], other.X[j])
			}
		}
	}
	if left > programs/50 || alone > programs/50 { // a guess may have fewer active rows than there are free variables
		t.Errorf("of %d programs %d were left to the other methods, and %d they did not solve: want one in fifty at most", programs, left, alone)
	}
}

// TestPivotingDegenerate: rows that repeat each other, rows of zeros, rows that are active
// with multiplier zero, and what is infeasible or unbounded, come out as without pivoting.
func TestPivotingDegenerate(t *testing.T) {
	P := mat.NewDiagDense(4, []float64{1, 1, 1, 0})
	for name, p := range map[string]*QP{
		"repeated":      {P: P, G: fromRows([]float64{1, 2, 0, 1}, []float64{1, 2, 0, 1}, []float64{0, 1, 1, -1}), H: []float64{1, 1, 1}},
		"zeros":         {P: P, G: fromRows([]float64{1, 2, 0, 1}, []float64{0, 0, 0, 0}, []float64{0, 1, 1, -1}), H: []float64{1, -1, 1}},
		"multiplier 0":  {P: P, G: fromRows([]float64{1, 0, 0, 1}, []float64{1, 0, 0, -1}, []float64{0, 1, 0, 1}), H: []float64{1, 1, 0}},
		"one side":      {P: P, G: fromRows([]float64{1, 0, 0, 1}, []float64{0, 1, 0, 1}), H: []float64{1, 1}},
		"three columns": {P: mat.NewDiagDense(4, []float64{1, 0, 0, 0}), G: fromRows([]float64{1, 0, 0, 1}), H: []float64{1}},
		"as many rows":  {P: P, G: fromRows([]float64{1, 2, 0, 1}, []float64{3, 1, 0, 1}, []float64{0, 1, 1, -1}), H: []float64{1, 1, 1}},
	} {
		sol, err := p.Solve(background, nil)
		checkOptimal(t, p, sol, err, DefaultTolerance)
		prog, err := p.compiled()
		if err != nil {
			t.Fatal(err)
		}
		other, err := newSolver(prog, newEngine(background, prog), Options{Tolerance: DefaultTolerance, Iterations: 1000}).run(background)
		if err != nil {
			t.Fatal(err)
		}
		prog.restore(other)
		if !(math.Abs(sol.Primal-other.Primal) <= 1e-8*max(1, other.Primal)) {
			t.Errorf("%s: minimum %g, %g by the other methods", name, sol.Primal, other.Primal)
		}
	}

	apart := &QP{P: P, G: fromRows([]float64{1, 1, 1, 1}, []float64{-1, -1, -1, -1}), H: []float64{1, 1}}
	if sol, err := apart.Solve(background, nil); err == nil {
		t.Errorf("x ≥ 1 and −x ≥ 1: %v", sol)
	} else {
		checkFarkas(t, apart, sol.Mu, sol.Lambda)
	}
	falling := &QP{P: P, Q: []float64{0, 0, 0, 1}, G: fromRows([]float64{1, 0, 0, 0}), H: []float64{1}}
	if _, err := falling.Solve(background, nil); err == nil {
		t.Error("a free variable that no row holds has a minimum")
	}
	canceled, cancel := context.WithCancel(background)
	cancel()
	if sol, err := withFree(1, 8, 1, 6, 0).Solve(canceled, nil); err == nil || sol.Status != Canceled {
		t.Errorf("canceled: %v, %v", sol, err)
	}
}

// TestPivotingFactor: for any set of dropped rows the conditions hold but for the signs.
func TestPivotingFactor(t *testing.T) {
	p := withFree(3, 12, 2, 8, 1)
	prog, err := p.compiled()
	if err != nil {
		t.Fatal(err)
	}
	h := prog.newPivoting()
	right, g := h.right()
	for drop := range 1 << 6 { // all sets of six of the inequalities
		dropped := make([]bool, len(prog.c))
		for i := range 6 {
			dropped[i] = drop>>i&1 == 1
		}
		if !h.factorize(dropped) {
			t.Fatalf("set %b: not definite", drop)
		}
		y, v := h.solve(right, g)
		slack := h.slacks(y, v, right)
		x := h.point(y, v, g)
		at := make([]float64, len(prog.c))
		prog.mulC(at, x)
		floats.Sub(at, prog.c)
		for i, s := range at {
			want := 0.0
			if dropped[i] {
				want = slack[i]
				if y[i] != 0 {
					t.Errorf("set %b: multiplier %d is %g", drop, i, y[i])
				}
			}
			if !(math.Abs(s-want) <= 1e-9) {
				t.Errorf("set %b: slack %d is %g, want %g", drop, i, s, want)
			}
		}
		stationary := make([]float64, len(x))
		prog.mulCT(stationary, y)
		floats.Sub(stationary, prog.q)
		for j, c := range prog.quad.diag {
			if d := stationary[j] - c*x[j]; !(math.Abs(d) <= 1e-9) {
				t.Errorf("set %b: derivative by x[%d] is %g", drop, j, d)
			}
		}
	}
}
