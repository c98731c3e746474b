package convex

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// TestSchur: rows first and the order of minimum degree solve the same systems, to what refinement leaves, and
// rows that are left out take no part.
func TestSchur(t *testing.T) {
	for seed := range uint64(8) {
		rng := qptest.Rand(seed)
		n, m := 12, 300
		var without func(i int) (first, end int) // entries of row i that are zero
		switch seed / 2 {
		case 1: // some
			without = func(i int) (int, int) { return 2 + i%3, 6 + i%3 }
		case 2: // most
			without = func(i int) (int, int) { return 1 + i%3, 9 + i%3 }
		case 3: // most, beside many neighbours
			n = 40
			without = func(i int) (int, int) { return 1 + i%3, 26 + i%3 }
		}
		p := randomQP(seed, n, m, 3)
		if without != nil {
			g := rowsOf(p.G)
			for i := range m {
				first, end := without(i)
				clear(g.RawRowView(i)[first:end])
			}
			p.G = NewCSR(m, n, entriesOf(g))
		}
		p.P = formsOf[seed%2+1].form(rng, n) // diagonal, dense
		prog, err := p.compile(whole)
		if err != nil {
			t.Fatal(err)
		}
		first, order := newKKT(background, prog), newKKT(background, prog)
		if first.schur == nil {
			t.Fatal("not rows first")
		}
		if dense := first.schur.dense != nil; dense != (seed < 4) {
			t.Fatalf("seed %d: every entry is multiplied: %v", seed, dense)
		}
		if order.schur = nil; !order.analyse(background) {
			t.Fatal("no order")
		}
		w := make([]float64, first.m)
		for i := range m {
			w[i] = []float64{rng.Float64(), 1e3 * rng.Float64(), dropped, 1e-3}[i%4]
		}
		b := qptest.NormalVec(rng, first.n+first.m)
		for i, v := range w {
			if v == dropped {
				b[first.n+i] = 0
			}
		}
		x, y := make([]float64, len(b)), make([]float64, len(b))
		for _, k := range []struct {
			*kkt
			z []float64
		}{{first, x}, {order, y}} {
			if err := k.factorize(background, w); err != nil {
				t.Fatal(err)
			}
			k.improve(k.z, b, kktSweeps)
		}
		qptest.CheckSame(t, "solution", x, y, 1e-10)
		size := maxAbs(b) // of the terms that cancel
		for i, v := range w {
			if v < dropped {
				size = max(size, v*math.Abs(x[first.n+i]))
			}
		}
		r := make([]float64, len(b))
		if first.residual(r, x, b); !(maxAbs(r) <= 1e-12*size) {
			t.Errorf("seed %d: residual %v of %v", seed, maxAbs(r), size)
		}
	}
}

// entriesOf returns what is not zero.
func entriesOf(a *mat.Dense) (out []Entry) {
	r, _ := a.Dims()
	for i := range r {
		for j, v := range a.RawRowView(i) {
			if v != 0 {
				out = append(out, Entry{i, j, v})
			}
		}
	}
	return out
}
