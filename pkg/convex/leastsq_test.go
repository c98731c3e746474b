package convex

import (
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// lsTol is for matrices whose condition number is below 1e4.
const lsTol = 1e-11

// rankOne returns an r by c matrix of rank k.
func rankOf(seed uint64, r, c, k int) *mat.Dense {
	rng := qptest.Rand(seed)
	var m mat.Dense
	m.Mul(qptest.Normals(rng, r, k), qptest.Normals(rng, k, c))
	return &m
}

// leastSquaresCases are wide, square and tall matrices of full and lower rank.
var leastSquaresCases = []struct {
	name string
	a    *mat.Dense
	rank int
}{
	{"wide", rankOf(1, 5, 12, 5), 5},
	{"square", rankOf(2, 6, 6, 6), 6},
	{"tall", rankOf(3, 12, 5, 5), 5},
	{"wide, dependent rows", rankOf(4, 8, 15, 3), 3},
	{"tall, dependent columns", rankOf(5, 15, 8, 3), 3},
	{"row of zeros", stack(rankOf(6, 3, 8, 3), make([]float64, 8)), 3},
	{"zero", mat.NewDense(3, 4, nil), 0},
	{"rows of very different size", func() *mat.Dense {
		m := rankOf(7, 4, 9, 4)
		floats.Scale(1e-5, m.RawRowView(2))
		return m
	}(), 4},
}

// TestMinNorm checks what defines A⁺b: the residual is orthogonal to the
// columns, x lies in the row space, and both hold for consistent and
// inconsistent right sides.
func TestMinNorm(t *testing.T) {
	for _, test := range leastSquaresCases {
		t.Run(test.name, func(t *testing.T) {
			r, c := test.a.Dims()
			rng := qptest.Rand(11)
			inside := make([]float64, r)
			FromDense(test.a).MulVecTo(inside, false, qptest.NormalVec(rng, c))
			for _, b := range [][]float64{inside, qptest.NormalVec(rng, r)} {
				ls, err := MinNorm(test.a, b)
				if err != nil {
					t.Fatal(err)
				}
				if ls.Rank != test.rank {
					t.Errorf("rank %d, want %d", ls.Rank, test.rank)
				}
				res := make([]float64, r)
				FromDense(test.a).MulVecTo(res, false, ls.X)
				floats.Sub(res, b)
				if !(math.Abs(ls.Residual-maxAbs(res)) <= lsTol) {
					t.Errorf("residual %g is said to be %g", maxAbs(res), ls.Residual)
				}
				grad := make([]float64, c)
				FromDense(test.a).MulVecTo(grad, true, res)
				if v := maxAbs(grad); !(v <= lsTol*max(1, maxAbs(b))*10) {
					t.Errorf("not a least squares solution: gradient %g", v)
				}
				p, err := RowSpace(test.a)
				if err != nil {
					t.Fatal(err)
				}
				out := make([]float64, c)
				p.Apply(out, ls.X)
				floats.Sub(out, ls.X)
				if v := maxAbs(out); !(v <= lsTol*max(1, maxAbs(ls.X))) {
					t.Errorf("solution leaves the row space by %g", v)
				}
			}
			if ls, err := MinNorm(test.a, inside); err != nil || !(ls.Residual <= lsTol*max(1, maxAbs(inside))) {
				t.Errorf("consistent right side: residual %g, error %v", ls.Residual, err)
			}
		})
	}
}

// TestRowSpace checks what defines the projection: it keeps the rows, is
// idempotent and symmetric, and has the rank for its trace.
func TestRowSpace(t *testing.T) {
	for _, test := range leastSquaresCases {
		t.Run(test.name, func(t *testing.T) {
			r, c := test.a.Dims()
			p, err := RowSpace(test.a)
			if err != nil {
				t.Fatal(err)
			}
			if p.Rank() != test.rank {
				t.Errorf("rank %d, want %d", p.Rank(), test.rank)
			}
			out := make([]float64, c)
			for i := range r {
				row := test.a.RawRowView(i)
				p.Apply(out, row)
				qptest.CheckSame(t, "row", out, row, lsTol)
			}
			m := mat.NewDense(c, c, nil)
			for i := range c {
				e := make([]float64, c)
				e[i] = 1
				p.Apply(m.RawRowView(i), e)
			}
			var square mat.Dense
			square.Mul(m, m)
			qptest.CheckSame(t, "P²", square.RawMatrix().Data, m.RawMatrix().Data, lsTol)
			qptest.CheckSame(t, "Pᵀ", mat.DenseCopyOf(m.T()).RawMatrix().Data, m.RawMatrix().Data, lsTol)
			if v := mat.Trace(m); !(math.Abs(v-float64(test.rank)) <= lsTol*float64(c)) {
				t.Errorf("trace %v, want %d", v, test.rank)
			}
			x := qptest.NormalVec(qptest.Rand(2), c)
			y := slices.Clone(x)
			p.Apply(out, x)
			p.Apply(y, y)
			if !slices.Equal(out, y) {
				t.Error("in place the projection is another")
			}
		})
	}
}

// TestRankThreshold puts a singular value on either side of 1e-10.
func TestRankThreshold(t *testing.T) {
	for _, test := range []struct {
		small float64
		rank  int
	}{{1e-8, 2}, {1e-9, 2}, {1e-11, 1}, {1e-13, 1}} {
		a := mat.NewDense(2, 3, []float64{1, 0, 0, 1, test.small, 0})
		p, err := RowSpace(a)
		if err != nil {
			t.Fatal(err)
		}
		ls, err := MinNorm(a, []float64{1, 1})
		if err != nil {
			t.Fatal(err)
		}
		if p.Rank() != test.rank || ls.Rank != test.rank {
			t.Errorf("singular value of about %g: ranks %d and %d, want %d", test.small, p.Rank(), ls.Rank, test.rank)
		}
	}
}

func TestLeastSquaresInput(t *testing.T) {
	a := mat.NewDense(2, 2, []float64{1, 2, 3, 4})
	bad := mat.NewDense(1, 2, []float64{1, math.Inf(1)})
	for name, f := range map[string]func() error{
		"no matrix":   func() error { _, err := MinNorm(nil, nil); return err },
		"short b":     func() error { _, err := MinNorm(a, []float64{1}); return err },
		"NaN in b":    func() error { _, err := MinNorm(a, []float64{1, math.NaN()}); return err },
		"Inf in A":    func() error { _, err := MinNorm(bad, []float64{1}); return err },
		"no rows":     func() error { _, err := RowSpace(&mat.Dense{}); return err },
		"Inf in rows": func() error { _, err := RowSpace(bad); return err },
	} {
		if err := f(); !errors.Is(err, ErrInput) {
			t.Errorf("%s: got error %v, want %v", name, err, ErrInput)
		}
	}
	p, err := RowSpace(a)
	if err != nil {
		t.Fatal(err)
	}
	if !panics(func() { p.Apply(make([]float64, 3), make([]float64, 3)) }) {
		t.Error("no panic at a wrong length")
	}
}
