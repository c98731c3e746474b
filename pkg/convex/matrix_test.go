package convex

import (
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// productTol allows for the rounding of sums of some dozen products.
const productTol = 1e-13

// TestMatrices compares every Matrix with its dense rows: both products, the
// rows one by one, and their norms.
func TestMatrices(t *testing.T) {
	rng := qptest.Rand(1)
	for name, x := range map[string]Matrix{
		"dense":               FromDense(qptest.Normals(rng, 6, 9)),
		"a slice of a matrix": FromDense(qptest.Normals(rng, 9, 9).Slice(1, 4, 2, 8)),
		"transposed":          FromDense(qptest.Normals(rng, 6, 9).T()),
		"rows":                fromRows(qptest.NormalVec(rng, 4), qptest.NormalVec(rng, 4)),
		"sparse":              thin(rng, 12, 9),
		"products only":       opaque{FromDense(qptest.Normals(rng, 4, 6))},
	} {
		t.Run(name, func(t *testing.T) {
			r, c := x.Dims()
			// Rows by unit vectors, whatever the matrix knows of itself.
			rows := rowsOf(opaque{x})
			qptest.CheckSame(t, "rows", rowsOf(x).RawMatrix().Data, rows.RawMatrix().Data, productTol)

			in, out := qptest.NormalVec(rng, c), make([]float64, r)
			x.MulVecTo(out, false, in)
			var want mat.VecDense
			want.MulVec(rows, mat.NewVecDense(c, in))
			qptest.CheckSame(t, "product", out, want.RawVector().Data, productTol)

			in, out = qptest.NormalVec(rng, r), make([]float64, c)
			x.MulVecTo(out, true, in)
			var wantT mat.VecDense
			wantT.MulVec(rows.T(), mat.NewVecDense(r, in))
			qptest.CheckSame(t, "transposed product", out, wantT.RawVector().Data, productTol)

			norms, wantNorms := make([]float64, r), make([]float64, r)
			rowNorms(norms, x)
			for i := range wantNorms {
				wantNorms[i] = floats.Norm(rows.RawRowView(i), 2)
			}
			qptest.CheckSame(t, "norms", norms, wantNorms, productTol)

			for _, bad := range []func(){
				func() { x.MulVecTo(make([]float64, r+1), false, make([]float64, c)) },
				func() { x.MulVecTo(make([]float64, r), false, make([]float64, c+1)) },
				func() { x.MulVecTo(make([]float64, c), true, make([]float64, r+1)) },
			} {
				if !panics(bad) {
					t.Error("no panic at a wrong length")
				}
			}
		})
	}
}

func panics(f func()) (yes bool) {
	defer func() { yes = recover() != nil }()
	f()
	return false
}

func TestCSR(t *testing.T) {
	m := NewCSR(3, 2, []Entry{{2, 1, 4}, {0, 0, 1}, {2, 1, 0.5}, {0, 1, 2}})
	want := mat.NewDense(3, 2, []float64{1, 2, 0, 0, 0, 4.5})
	if got := rowsOf(m); !mat.Equal(got, want) {
		t.Errorf("got %v, want %v", mat.Formatted(got), mat.Formatted(want))
	}
	for _, e := range []Entry{{3, 0, 1}, {0, 2, 1}, {-1, 0, 1}, {0, -1, 1}} {
		if !panics(func() { NewCSR(3, 2, []Entry{e}) }) {
			t.Errorf("no panic at entry %v", e)
		}
	}
}
