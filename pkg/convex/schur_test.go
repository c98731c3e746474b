package convex

import (
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// TestSchur: rows first and the order of minimum degree solve the same systems, to what refinement leaves, and
// rows that are left out take no part.
func TestSchur(t *testing.T) {
	for seed := range uint64(6) {
		rng := qptest.Rand(seed)
		p := randomQP(seed, 12, 150, 3)
		if seed%2 == 0 { // rows of two runs of neighbours
			g := rowsOf(p.G)
			for i := range 150 {
				row := g.RawRowView(i)
				clear(row[2+i%3 : 6+i%3])
			}
			p.G = FromDense(g)
		}
		p.P = formsOf[seed%2+1].form(rng, 12) // diagonal, dense
		prog, err := p.compile(whole)
		if err != nil {
			t.Fatal(err)
		}
		first, order := newKKT(background, prog), newKKT(background, prog)
		if first.schur == nil {
			t.Fatal("not rows first")
		}
		if order.schur = nil; !order.analyse(background) {
			t.Fatal("no order")
		}
		w := make([]float64, first.m)
		for i := range 150 {
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
		r := make([]float64, len(b))
		if first.residual(r, x, b); !(maxAbs(r) <= 1e-12*maxAbs(b)) {
			t.Errorf("seed %d: residual %v", seed, maxAbs(r))
		}
	}
}
