package convex

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// collected is a problem of testdata/qp: the least of 1/2 xᵀ P x + qᵀ x where l ≤ A x ≤ u.
type collected struct {
	Name    string
	N, M    int
	P, A    [3][]float64 // rows, columns, values; P has its lower triangle
	Q       []float64
	L, U    []*float64 // nil is infinite
	Optimum float64
}

// entries returns the entries of coordinates.
func entries(c [3][]float64) []Entry {
	out := make([]Entry, len(c[0]))
	for k := range out {
		out[k] = Entry{int(c[0][k]), int(c[1][k]), c[2][k]}
	}
	return out
}

// program returns the problem with inequalities of one side, and equalities.
func (c *collected) program() *QP {
	p := &QP{P: mat.NewSymDense(c.N, nil), Q: c.Q}
	for _, e := range entries(c.P) {
		p.P.(*mat.SymDense).SetSym(e.Row, e.Col, e.Value)
	}
	byRow := make([][]Entry, c.M)
	for _, e := range entries(c.A) {
		byRow[e.Row] = append(byRow[e.Row], e)
	}
	var g, a []Entry
	put := func(to []Entry, row int, sign float64, from []Entry) []Entry {
		for _, e := range from {
			to = append(to, Entry{row, e.Col, sign * e.Value})
		}
		return to
	}
	for i := range c.M {
		switch l, u := c.L[i], c.U[i]; {
		case l != nil && u != nil && *l == *u:
			a = put(a, len(p.B), 1, byRow[i])
			p.B = append(p.B, *l)
		default:
			if l != nil {
				g = put(g, len(p.H), 1, byRow[i])
				p.H = append(p.H, *l)
			}
			if u != nil {
				g = put(g, len(p.H), -1, byRow[i])
				p.H = append(p.H, -*u)
			}
		}
	}
	if len(p.H) > 0 {
		p.G = NewCSR(len(p.H), c.N, g)
	}
	if len(p.B) > 0 {
		p.A = NewCSR(len(p.B), c.N, a)
	}
	return p
}

// readCase reads a file of testdata/qp.
func readCase(t testing.TB, path string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestCollection solves problems of the Maros–Mészáros collection. The optimum in the files
// is that of another solver, Clarabel at a tolerance of 1e-11.
func TestCollection(t *testing.T) {
	paths, err := filepath.Glob("testdata/qp/*.json")
	if err != nil || len(paths) < 12 {
		t.Fatalf("%d problems, %v: want twelve", len(paths), err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "near.json") {
			continue
		}
		var c collected
		readCase(t, path, &c)
		begin := time.Now()
		sol, err := c.program().Solve(background, nil)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if d := math.Abs(sol.Primal - c.Optimum); !(d <= 1e-8*math.Abs(c.Optimum)) {
			t.Errorf("%s: minimum %.12g, want %.12g", c.Name, sol.Primal, c.Optimum)
		}
		t.Logf("%s: %v in %v", c.Name, sol.Certificate, time.Since(begin))
	}
}

// TestNearMargins has two classes a thousandth apart, with a free bias and with one that costs.
func TestNearMargins(t *testing.T) {
	var dense []struct {
		Name    string
		N       int
		P, G    [][]float64
		Q, H, X []float64
	}
	readCase(t, "testdata/qp/near.json", &dense)
	for _, c := range dense {
		sym := mat.NewSymDense(c.N, nil)
		for i, row := range c.P {
			for j, v := range row {
				sym.SetSym(i, j, v)
			}
		}
		p := &QP{P: sym, Q: c.Q, G: fromRows(c.G...), H: c.H}
		sol, err := p.Solve(background, nil)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		// Both margins are active: w + b = 1 and 1.001 w + b = -1.
		qptest.CheckSame(t, c.Name, sol.X, []float64{-2000, 2001}, 1e-9)
	}
}

// TestSmallUnits: a unit of 1e-10 or 1e9 is one like others.
func TestSmallUnits(t *testing.T) {
	for _, u := range []float64{1e-10, 1e-5, 1, 1e5, 1e9} {
		p := &QP{G: fromRows([]float64{u, 0}, []float64{0, u}), H: []float64{u, u}}
		sol, err := p.Solve(background, nil)
		if err != nil {
			t.Fatalf("rows of %g: %v", u, err)
		}
		qptest.CheckSame(t, "rows and right sides", sol.X, []float64{1, 1}, qptest.ExactTol)
		p = &QP{G: fromRows([]float64{1, 0}, []float64{0, 1}), H: []float64{u, u}}
		if sol, err = p.Solve(background, nil); err != nil {
			t.Fatalf("right sides of %g: %v", u, err)
		}
		floats.Scale(1/u, sol.X)
		qptest.CheckSame(t, "right sides", sol.X, []float64{1, 1}, qptest.ExactTol)
		p = &QP{G: fromRows([]float64{1}, []float64{-1}), H: []float64{u, -u / 2}}
		if sol, err = p.Solve(background, nil); sol == nil || sol.Status != PrimalInfeasible {
			t.Errorf("x ≥ %g and x ≤ %g: %v, %v", u, u/2, sol, err)
		}
		p = &QP{P: mat.NewDiagDense(1, []float64{0}), Q: []float64{0}, G: fromRows([]float64{1}, []float64{-1}), H: []float64{u, -u / 2}}
		if sol, err = p.Solve(background, nil); sol == nil || sol.Status != PrimalInfeasible {
			t.Errorf("without objective, x ≥ %g and x ≤ %g: %v, %v", u, u/2, sol, err)
		}
	}
}
