package convex

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

const (
	// sameTol is how far two solutions of one strongly convex program may lie
	// apart, relative to their size, when both have a KKT residual below
	// DefaultTolerance: the distance grows like the square root of the gap, but
	// answers end with an exact Newton step and lie much closer.
	sameTol = 1e-8
	// exactTol is for answers known in closed form.
	exactTol = 1e-9
)

var background = context.Background()

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 17)) }

// normals returns an r by c matrix of standard normal numbers.
func normals(rng *rand.Rand, r, c int) *mat.Dense {
	m := mat.NewDense(r, c, nil)
	for i := range r {
		for j := range c {
			m.Set(i, j, rng.NormFloat64())
		}
	}
	return m
}

func normalVec(rng *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	return v
}

// randomQP returns a feasible program with n variables, mi inequalities, me
// equalities and P = I.
func randomQP(seed uint64, n, mi, me int) *QP {
	rng := newRand(seed)
	x := normalVec(rng, n) // feasible
	p := &QP{Q: normalVec(rng, n)}
	floats.Scale(5, p.Q)
	if mi > 0 {
		g := normals(rng, mi, n)
		p.G, p.H = FromDense(g), make([]float64, mi)
		p.G.MulVecTo(p.H, false, x)
		for i := range p.H {
			p.H[i] -= 3 * rng.Float64()
		}
	}
	if me > 0 {
		a := normals(rng, me, n)
		p.A, p.B = FromDense(a), make([]float64, me)
		p.A.MulVecTo(p.B, false, x)
	}
	return p
}

// densely returns the program with every entry of its rows stored, which hides
// their structure from the solver.
func densely(p *QP) *QP {
	q := *p
	if p.G != nil {
		q.G = FromDense(rowsOf(p.G))
	}
	if p.A != nil {
		q.A = FromDense(rowsOf(p.A))
	}
	return &q
}

// formTimes returns P x.
func formTimes(p *QP, x []float64) []float64 {
	out := make([]float64, len(x))
	if p.P == nil {
		copy(out, x)
		return out
	}
	for i := range out {
		for j := range x {
			out[i] += p.P.At(i, j) * x[j]
		}
	}
	return out
}

// checkOptimal tests the KKT conditions of sol in plain loops, apart from the
// solver's own certificate: status first, then feasibility, multipliers,
// stationarity, complementarity, and both objective values.
func checkOptimal(t *testing.T, p *QP, sol *Solution, err error, tol float64) {
	t.Helper()
	if err != nil || sol == nil || sol.Status != Optimal {
		t.Fatalf("got %v, error %v: want an optimal solution", sol, err)
	}
	x := sol.X
	stat := formTimes(p, x)
	primal := 0.5 * floats.Dot(x, stat)
	dual := -primal
	scale := 1.0
	for i, q := range p.Q {
		stat[i] += q
		primal += q * x[i]
		scale = max(scale, math.Abs(q))
	}
	worst := map[string]float64{}
	note := func(name string, v float64) { worst[name] = max(worst[name], v) }
	rowScale := 1.0
	rows := func(m Matrix, rhs, mult []float64, eq bool) {
		if m == nil {
			return
		}
		dense := rowsOf(m)
		for i, b := range rhs {
			row := dense.RawRowView(i)
			value := floats.Dot(row, x)
			rowScale = max(rowScale, math.Abs(b), math.Abs(value))
			if eq {
				note("violation", math.Abs(value-b))
			} else {
				note("violation", b-value)
				note("sign", -mult[i])
				note("complementarity", math.Abs((value-b)*mult[i])/max(1, math.Abs(primal)))
			}
			floats.AddScaled(stat, -mult[i], row)
			dual += b * mult[i]
		}
	}
	px := maxAbs(formTimes(p, x))
	rows(p.G, p.H, sol.Mu, false)
	rows(p.A, p.B, sol.Lambda, true)
	worst["violation"] /= rowScale
	note("stationarity", maxAbs(stat)/max(scale, px))
	note("primal value", math.Abs(sol.Primal-primal)/max(1, math.Abs(primal)))
	note("dual value", math.Abs(sol.Dual-dual)/max(1, math.Abs(primal)))
	note("gap", math.Abs(primal-dual)/max(1, math.Abs(primal)))
	note("residual", sol.Residual)
	for name, v := range worst {
		if !(v <= tol) {
			t.Errorf("%s is off by %g, more than %g (%v)", name, v, tol, sol.Certificate)
		}
	}
}

// checkFarkas tests that mu and lambda prove the constraints infeasible: a
// point x would have 0 < 1 ≤ (Gᵀ mu + Aᵀ lambda)ᵀ x.
func checkFarkas(t *testing.T, p *QP, mu, lambda []float64) {
	t.Helper()
	n, _ := p.variables()
	sum := make([]float64, n)
	value, size := 0.0, 0.0
	add := func(m Matrix, rhs, mult []float64) {
		if m == nil {
			return
		}
		dense := rowsOf(m)
		for i, v := range mult {
			floats.AddScaled(sum, v, dense.RawRowView(i))
			value += v * rhs[i]
			size = max(size, math.Abs(v))
		}
	}
	add(p.G, p.H, mu)
	add(p.A, p.B, lambda)
	if len(mu) != len(p.H) || len(lambda) != len(p.B) {
		t.Fatalf("%d and %d multipliers for %d and %d rows", len(mu), len(lambda), len(p.H), len(p.B))
	}
	for i, v := range mu {
		if !(v >= 0) {
			t.Errorf("multiplier %d is %g", i, v)
		}
	}
	if !(math.Abs(value-1) <= 1e-9) {
		t.Errorf("right side combines to %g, want 1", value)
	}
	if !(maxAbs(sum) <= farkasTol*(1+1e-6)) {
		t.Errorf("rows combine to %g, want 0", maxAbs(sum))
	}
}

// checkSame tests that two points agree.
func checkSame(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: length %d, want %d", what, len(got), len(want))
	}
	if d := floats.Distance(got, want, math.Inf(1)); !(d <= tol*max(1, maxAbs(want))) {
		t.Errorf("%s: off by %g, more than %g", what, d, tol*max(1, maxAbs(want)))
	}
}

// lessons are the supports of sixteen contexts over 31 tokens: a recorded draw of
// three next words for each of sixteen short sentences (the "synthetic" data of Zhao
// et al.), in which two pairs share their support.
var lessons = [][]int{
	{2, 5, 6}, {2, 5, 6}, {1, 4, 9}, {5, 18, 30}, {10, 12, 29}, {10, 21, 27}, {1, 3, 4}, {1, 3, 17},
	{0, 8, 16}, {13, 26, 28}, {2, 7, 22}, {2, 7, 24}, {1, 3, 4}, {20, 23, 25}, {8, 11, 14}, {8, 15, 19},
}

// randomSupports returns m supports of least to most tokens.
func randomSupports(rng *rand.Rand, tokens, m, least, most int) [][]int {
	out := make([][]int, m)
	for j := range out {
		out[j] = rng.Perm(tokens)[:least+rng.IntN(most-least+1)]
	}
	return out
}

func values(t *testing.T, x *mat.Dense) []float64 {
	t.Helper()
	v, err := matrix.SingularValues(x)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sum(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s
}

func distance(a, b *mat.Dense) float64 {
	var d mat.Dense
	d.Sub(a, b)
	return mat.Norm(&d, 2)
}
