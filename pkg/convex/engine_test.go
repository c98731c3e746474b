package convex

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// opaque hides everything of a matrix but its products.
type opaque struct{ Matrix }

// half is a Matrix that knows its other half and has an engine for the two: that of the
// rows, which counts how often it is built.
type half struct {
	Matrix
	whole *pair
}

type pair struct {
	g, a  *half
	built int
}

// paired returns the program with rows of such matrices.
func paired(p *QP) *QP {
	q, w := *p, &pair{}
	w.g, w.a = &half{p.G, w}, &half{p.A, w}
	q.G, q.A = w.g, w.a
	return &q
}

func (h *half) System(g, a Matrix) System {
	if g == Matrix(h.whole.g) && a == Matrix(h.whole.a) {
		return h.whole
	}
	return nil
}

func (w *pair) Dims() (r, c int) {
	mi, c := w.g.Dims()
	me, _ := w.a.Dims()
	return mi + me, c
}

func (w *pair) MulVecTo(dst []float64, trans bool, x []float64) {
	FromDense(stack(rowsOf(w.g.Matrix), rows(w.a.Matrix)...)).MulVecTo(dst, trans, x)
}

func (w *pair) Engine() Engine {
	w.built++
	mi, n := w.g.Dims()
	me, _ := w.a.Dims()
	p, err := (&QP{Q: make([]float64, n), G: w.g.Matrix, H: make([]float64, mi), A: w.a.Matrix, B: make([]float64, me)}).compiled()
	if err != nil {
		panic(err)
	}
	return newRowEngine(p)
}

func rows(m Matrix) [][]float64 {
	dense := rowsOf(m)
	r, _ := dense.Dims()
	out := make([][]float64, r)
	for i := range out {
		out[i] = dense.RawRowView(i)
	}
	return out
}

// contradiction adds the opposite of the first inequality, one above it, to a program.
func contradiction(p *QP) *QP {
	q, g := *p, rowsOf(p.G)
	opposite := slices.Clone(g.RawRowView(0))
	floats.Scale(-1, opposite)
	q.G, q.H = FromDense(stack(g, opposite)), append(slices.Clone(p.H), 1-p.H[0])
	return &q
}

// TestSystem has a program solved by the engine that its rows bring, and by the solver's own
// where that does not fit: another half is missing, or P is not the identity.
func TestSystem(t *testing.T) {
	plain := randomQP(8, 25, 20, 5)
	want, err := plain.Solve(background, nil)
	checkOptimal(t, plain, want, err, DefaultTolerance)
	p := paired(plain)
	whole := p.G.(*half).whole
	got, err := p.Solve(background, nil)
	checkOptimal(t, p, got, err, DefaultTolerance)
	qptest.CheckSame(t, "x", got.X, want.X, qptest.SameTol)
	if whole.built != 1 {
		t.Errorf("the engine was built %d times, want once", whole.built)
	}
	alone := &QP{Q: p.Q, G: p.G, H: p.H}
	sol, err := alone.Solve(background, nil)
	checkOptimal(t, alone, sol, err, DefaultTolerance)
	curved := *p
	diag := make([]float64, 25)
	floats.AddConst(2, diag)
	curved.P = mat.NewDiagDense(25, diag)
	sol, err = curved.Solve(background, nil)
	checkOptimal(t, &curved, sol, err, DefaultTolerance)
	if whole.built != 1 {
		t.Errorf("the engine was built %d times, the last two are not its programs", whole.built)
	}
}

// engines returns every engine that can run the program.
func engines(p *program) map[string]Engine {
	out := map[string]Engine{
		"products":   &cgEngine{program: p, ctx: background},
		"rows":       newRowEngine(p),
		"rows, no Q": &rowEngine{rowStore: newRowStore(p)},
	}
	if p.system != nil {
		out["its own"] = p.system.Engine()
	}
	return out
}

// programs returns a program of every kind of rows.
func programs(t *testing.T) map[string]*program {
	t.Helper()
	rng := qptest.Rand(77)
	sparse := randomQP(3, 60, 40, 5)
	g, a := thin(rng, 40, 60), thin(rng, 5, 60)
	sparse.G, sparse.A = g, a
	diag := make([]float64, 60)
	for i := range diag {
		diag[i] = 0.5 + rng.Float64()
	}
	weighted := *sparse
	weighted.P = mat.NewDiagDense(60, diag)
	hidden := randomQP(4, 20, 30, 3)
	hidden.G, hidden.A = opaque{hidden.G}, opaque{hidden.A}
	full := randomQP(5, 12, 50, 3)
	f := qptest.Normals(rng, 12, 40)
	sym := mat.NewSymDense(12, nil)
	sym.SymOuterK(0.05, f)
	full.P = sym
	out := map[string]*program{}
	for name, p := range map[string]*QP{
		"dense":                 randomQP(1, 30, 25, 5),
		"dense, many rows":      randomQP(2, 10, 60, 2),
		"sparse":                sparse,
		"sparse, diagonal form": &weighted,
		"products only":         hidden,
		"dense form":            full,
		"pair":                  paired(randomQP(6, 25, 20, 5)),
		"contradiction":         contradiction(randomQP(7, 15, 20, 3)),
	} {
		c, err := p.compiled()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = c
	}
	return out
}

// thin returns a matrix with three entries a row.
func thin(rng *rand.Rand, r, c int) *CSR {
	var entries []Entry
	for i := range r {
		for range 3 {
			entries = append(entries, Entry{i, rng.IntN(c), rng.NormFloat64()})
		}
	}
	return NewCSR(r, c, entries)
}

// denseDual returns S C (P + ρ I)⁻¹ Cᵀ S from its definition.
func denseDual(p *program) *mat.SymDense {
	m := len(p.c)
	q := mat.NewSymDense(m, nil)
	unit := make([]float64, m)
	x := make([]float64, p.n)
	col := make([]float64, m)
	for j := range m {
		clear(unit)
		unit[j] = p.scale[j]
		p.mulCT(x, unit)
		p.quad.solve(x)
		p.mulC(col, x)
		for i := range j + 1 {
			q.SetSym(i, j, p.scale[i]*col[i])
		}
	}
	return q
}

// TestEngines compares every engine with a dense solver.
func TestEngines(t *testing.T) {
	for name, p := range programs(t) {
		q := denseDual(p)
		for kind, e := range engines(p) {
			t.Run(name+", "+kind, func(t *testing.T) { qptest.CheckEngine(t, e, q, p.mi) })
		}
	}
}

// TestNormalEquationsRefined has a right side in the span of the rows, whose solution is of
// order one whatever δ is. One sweep through the normal equations leaves ε/δ of it, seen by
// the rows; the second sweep leaves that times ε/δ, and the rounding of the residual.
func TestNormalEquationsRefined(t *testing.T) {
	const delta = 1e-9
	p, err := randomQP(2, 10, 60, 0).compiled()
	if err != nil {
		t.Fatal(err)
	}
	e := &rowEngine{rowStore: newRowStore(p)}
	q, m := denseDual(p), len(p.c)
	var want, r, got mat.VecDense
	want.MulVec(q, mat.NewVecDense(m, qptest.NormalVec(qptest.Rand(5), m)))
	r.MulVec(q, &want)
	r.AddScaledVec(&r, delta, &want)
	if err := e.Factorize(make([]float64, m), delta); err != nil || !e.normal {
		t.Fatalf("normal equations %t, error %v", e.normal, err)
	}
	d := make([]float64, m)
	e.Solve(d, r.RawVector().Data)
	got.MulVec(q, mat.NewVecDense(m, d))
	got.AddScaledVec(&got, delta, mat.NewVecDense(m, d))
	const once = 0x1p-53 / delta // 1e-7
	qptest.CheckSame(t, "right side", got.RawVector().Data, r.RawVector().Data, once/1e3)
}

// TestEnginesSolve runs whole programs on every engine: one answer. That of a
// contradiction is that there is none.
func TestEnginesSolve(t *testing.T) {
	for name, p := range programs(t) {
		var want []float64
		wantErr := name == "contradiction"
		for kind, e := range engines(p) {
			t.Run(name+", "+kind, func(t *testing.T) {
				s := newSolver(p, e, Options{Tolerance: DefaultTolerance, Iterations: defaultIterations})
				s.tried = 2 // by the engine alone
				sol, err := s.run(background)
				if wantErr {
					if !errors.Is(err, ErrInfeasible) {
						t.Errorf("got error %v, want %v", err, ErrInfeasible)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if want == nil {
					want = sol.X
				}
				qptest.CheckSame(t, "x", sol.X, want, qptest.SameTol)
			})
		}
	}
}
