package qptest

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/testkit"
)

// rows is a matrix of which products are known.
type rows struct{ *mat.Dense }

func (r rows) MulVecTo(dst []float64, trans bool, x []float64) {
	m := mat.Matrix(r.Dense)
	if trans {
		m = m.T()
	}
	n, _ := m.Dims()
	mat.NewVecDense(n, dst).MulVec(m, mat.NewVecDense(len(x), x))
}

func matrixOf(r, c int, entries ...float64) rows { return rows{mat.NewDense(r, c, entries)} }

// solved is min ½(2x₀² + x₁²) + x₁ with x₀ ≥ 1, x₁ ≥ −5 (idle) and x₀ + x₁ = 3, by hand:
// x = (4/3, 5/3) without the first row, which holds there; λ = 2x₀ = x₁ + 1 = 8/3.
func solved() (Program[rows], Answer) {
	p := Program[rows]{P: mat.NewDiagDense(2, []float64{2, 1}), Q: []float64{0, 1}, G: matrixOf(2, 2, 1, 0, 0, 1), H: []float64{1, -5}, A: matrixOf(1, 2, 1, 1), B: []float64{3}}
	x := []float64{4. / 3, 5. / 3}
	value := (2*x[0]*x[0]+x[1]*x[1])/2 + x[1]
	return p, Answer{X: x, Mu: []float64{0, 0}, Lambda: []float64{8. / 3}, Primal: value, Dual: value, Residual: 0}
}

// pressed is min ½‖x‖² with x₀ ≥ 2, P = I left out: x = (2, 0), μ = 2.
func pressed() (Program[Matrix], Answer) {
	return Program[Matrix]{Q: []float64{0, 0}, G: matrixOf(1, 2, 1, 0), H: []float64{2}}, Answer{X: []float64{2, 0}, Mu: []float64{2}, Primal: 2, Dual: 2}
}

const tol = 1e-12

// Right answers pass, and each condition that is broken is named.
func TestCheckOptimal(t *testing.T) {
	p, a := solved()
	if said := testkit.Failures(t, func(tb testing.TB) { p.CheckOptimal(tb, a, tol) }); said != nil {
		t.Errorf("the solution: %q", said)
	}
	q, b := pressed()
	if said := testkit.Failures(t, func(tb testing.TB) { q.CheckOptimal(tb, b, tol) }); said != nil {
		t.Errorf("the solution with a row pressed: %q", said)
	}
	for name, c := range map[string]struct {
		change func(a *Answer)
		said   string
	}{
		"off the equality":      {func(a *Answer) { a.X = []float64{4. / 3, 5./3 + 1e-6} }, "violation"},
		"off an inequality":     {func(a *Answer) { a.X = []float64{0.5, 2.5} }, "violation"},
		"not the least":         {func(a *Answer) { a.X = []float64{2, 1} }, "stationarity"},
		"a multiplier too high": {func(a *Answer) { a.Lambda = []float64{2.7} }, "stationarity"},
		"a negative multiplier": {func(a *Answer) { a.Mu = []float64{-1e-6, 0} }, "sign"},
		"an idle row pressed":   {func(a *Answer) { a.Mu = []float64{0, 1e-6} }, "complementarity"},
		"another value":         {func(a *Answer) { a.Primal += 1e-6 }, "primal value"},
		"another dual value":    {func(a *Answer) { a.Dual -= 1e-6 }, "dual value"},
		"a residual":            {func(a *Answer) { a.Residual = 1e-6 }, "residual"},
		"no number":             {func(a *Answer) { a.X = []float64{math.NaN(), 5. / 3} }, "violation"},
		"no number as a value":  {func(a *Answer) { a.Primal = math.NaN() }, "primal value"},
	} {
		_, bad := solved()
		c.change(&bad)
		said := testkit.Failures(t, func(tb testing.TB) { p.CheckOptimal(tb, bad, tol) })
		if !slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, c.said+" is off") }) {
			t.Errorf("%s: %q, want %q", name, said, c.said)
		}
	}
}

// x ≥ 1 and −x ≥ 0 contradict each other by their sum; with x + y = 0, too.
func TestCheckFarkas(t *testing.T) {
	p := Program[Matrix]{G: matrixOf(2, 2, 1, 0, 0, 1), H: []float64{1, 1}, A: matrixOf(1, 2, 1, 1), B: []float64{1}}
	good := [2][]float64{{1, 1}, {-1}}
	if said := testkit.Failures(t, func(tb testing.TB) { p.CheckFarkas(tb, good[0], good[1]) }); said != nil {
		t.Errorf("a proof: %q", said)
	}
	for said, bad := range map[string][2][]float64{
		"multiplier 0 is -1":         {{-1, -1}, {-3}},
		"right side combines to 2":   {{2, 2}, {-2}},
		"rows combine to":            {{1, 0}, {0}},
		"multiplier 0 is NaN":        {{math.NaN(), 1}, {-1}},
		"1 and 1 multipliers for 2 ": {{1}, {-1}},
	} {
		got := testkit.Failures(t, func(tb testing.TB) { p.CheckFarkas(tb, bad[0], bad[1]) })
		if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, said) }) {
			t.Errorf("%v: %q, want %q", bad, got, said)
		}
	}
}

// Dense and Densely know a matrix by its products.
func TestDense(t *testing.T) {
	m := rows{Normals(Rand(1), 3, 4)}
	if d := Distance(Dense(m), m.Dense); d != 0 {
		t.Errorf("Dense is off by %g", d)
	}
	stored := Program[Matrix]{G: m}.Densely(func(m mat.Matrix) Matrix { return rows{mat.DenseCopyOf(m)} })
	if stored.A != nil || Distance(stored.G.(rows), m.Dense) != 0 {
		t.Errorf("stored as %v", stored)
	}
	for _, P := range []mat.Symmetric{nil, mat.NewSymDense(2, []float64{2, 1, 1, 3})} {
		want := []float64{5, 7}
		if P != nil {
			want = []float64{17, 26}
		}
		if got := (Program[Matrix]{P: P}).Form([]float64{5, 7}); !floats.Equal(got, want) {
			t.Errorf("P x with %v is %v, want %v", P, got, want)
		}
	}
}

func TestCheckSame(t *testing.T) {
	for _, c := range []struct {
		got, want []float64
		good      bool
	}{
		{[]float64{1, 2}, []float64{1, 2}, true},
		{[]float64{1, 200.001}, []float64{1, 200}, true}, // relative to the largest
		{[]float64{1.001, 0.1}, []float64{1, 0.1}, true}, // but not to less than one
		{[]float64{1.1, 2}, []float64{1, 2}, false},
		{[]float64{math.NaN(), 2}, []float64{1, 2}, false},
		{[]float64{1}, []float64{1, 2}, false},
		{nil, nil, true},
	} {
		said := testkit.Failures(t, func(tb testing.TB) { CheckSame(tb, "x", c.got, c.want, 0.01) })
		if (len(said) == 0) != c.good {
			t.Errorf("%v and %v: %q", c.got, c.want, said)
		}
	}
}

// engine solves the systems of Q + δ I by a general solver, with a fault if asked.
type engine struct {
	q     *mat.SymDense
	fault string
	full  *mat.Dense
}

func (e *engine) Mul(dst, y []float64, delta float64) {
	if e.fault == "product" {
		delta *= 1.001
		dst[0] = 1e-6
	}
	n := len(y)
	mat.NewVecDense(n, dst).MulVec(e.q, mat.NewVecDense(n, y))
	floats.AddScaled(dst, delta, y)
	if e.fault == "product" {
		dst[0] += 1e-3 * y[0] * y[0]
	}
}

func (e *engine) Factorize(weight []float64, delta float64) error {
	n := len(weight)
	e.full = mat.NewDense(n, n, nil)
	e.full.Copy(e.q)
	for i, w := range weight {
		e.full.Set(i, i, e.full.At(i, i)+delta)
		if e.fault == "weights are ignored" {
			continue
		}
		if !math.IsInf(w, 1) {
			e.full.Set(i, i, e.full.At(i, i)+w)
			continue
		}
		for j := range n {
			e.full.Set(i, j, 0)
			e.full.Set(j, i, 0)
		}
		e.full.Set(i, i, math.Inf(1))
	}
	return nil
}

func (e *engine) Solve(d, r []float64) {
	n := len(r)
	a, b := mat.DenseCopyOf(e.full), mat.NewVecDense(n, slices.Clone(r))
	for i := range n {
		if math.IsInf(a.At(i, i), 1) {
			a.Set(i, i, 1)
			b.SetVec(i, 0)
		}
	}
	var x mat.VecDense
	if err := x.SolveVec(a, b); err != nil {
		panic(err)
	}
	copy(d, x.RawVector().Data)
	if e.fault == "solution" {
		d[n-1] += 1e-6
	}
}

func TestCheckEngine(t *testing.T) {
	half := Normals(Rand(2), 6, 6)
	q := mat.NewSymDense(6, nil)
	q.SymOuterK(1, half)
	for fault, begins := range map[string]string{"": "", "product": "product", "weights are ignored": "solution", "solution": "solution"} {
		said := testkit.Failures(t, func(tb testing.TB) { CheckEngine(tb, &engine{q: q, fault: fault}, q, 4) })
		if (len(said) == 0) != (fault == "") || (fault != "" && !slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, begins) })) {
			t.Errorf("fault %q: %q", fault, said)
		}
	}
}

// Supports are of the sizes asked for, of tokens that there are, none twice.
func TestSupports(t *testing.T) {
	sizes := map[int]bool{}
	for _, s := range Supports(Rand(3), 7, 200, 2, 5) {
		sizes[len(s)] = true
		sorted := slices.Sorted(slices.Values(s))
		if len(slices.Compact(sorted)) != len(s) || sorted[0] < 0 || sorted[len(sorted)-1] > 6 {
			t.Fatalf("support %v", s)
		}
	}
	if len(sizes) != 4 || !sizes[2] || !sizes[5] {
		t.Errorf("sizes %v", sizes)
	}
	if len(Lessons) != 16 || !slices.Equal(Lessons[0], Lessons[1]) || !slices.Equal(Lessons[6], Lessons[12]) {
		t.Error("two pairs of lessons share their support")
	}
}

func TestSingularValues(t *testing.T) {
	got := SingularValues(t, mat.NewDense(2, 3, []float64{3, 0, 0, 0, -4, 0}))
	if !floats.EqualApprox(got, []float64{4, 3}, 1e-15) {
		t.Errorf("got %v", got)
	}
	if d := Distance(mat.NewDense(1, 2, []float64{1, 1}), mat.NewDense(1, 2, []float64{4, 5})); d != 5 {
		t.Errorf("distance %g", d)
	}
}
