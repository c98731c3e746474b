package convex

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// gramLimit is the number of rows up to which Q is kept whole.
const gramLimit = 2500

// rowEngine is the engine that reads the rows of the constraints. The metric
// is the identity. With E = δ I + diag(weight) a Newton system is solved as it
// stands,
//
//	(C (P + ρ I)⁻¹ Cᵀ + E) d = r,
//
// or, where there are fewer variables than free rows, through
//
//	(P + ρ I + Cᵀ E⁻¹ C) z = Cᵀ E⁻¹ r,   d = E⁻¹ (r - C z).
type rowEngine struct {
	*rowStore
	q *blas64.Symmetric // all of Q, nil when there are many rows

	weight []float64 // of the factor
	delta  float64
	free   []int     // rows of finite weight
	omega  []float64 // 1 / (δ + weight) of these
	normal bool      // which of the two systems
	chol   blas64.Symmetric
}

func newRowEngine(p *program) *rowEngine {
	e := &rowEngine{rowStore: newRowStore(p)}
	if m := len(p.c); m > 0 && m <= gramLimit && m <= 2*p.n {
		q := matrix.NewSymmetric(m)
		all := make([]int, m)
		for i := range all {
			all[i] = i
		}
		e.gram(q, all)
		e.q = &q
	}
	return e
}

func (e *rowEngine) Mul(dst, y []float64, delta float64) {
	if e.q != nil {
		blas64.Symv(1, *e.q, vector(y), 0, vector(dst))
	} else {
		e.product(dst, y)
	}
	floats.AddScaled(dst, delta, y)
}

// product stores Q y in dst, by products with C.
func (p *program) product(dst, y []float64) {
	x := make([]float64, p.n)
	p.mulCT(x, floats.MulTo(make([]float64, len(y)), y, p.scale))
	p.quad.solve(x)
	p.mulC(dst, x)
	floats.Mul(dst, p.scale)
}

func vector(x []float64) blas64.Vector { return blas64.Vector{N: len(x), Inc: 1, Data: x} }

func (e *rowEngine) Factorize(weight []float64, delta float64) error {
	if delta == e.delta && slices.Equal(weight, e.weight) {
		return nil
	}
	e.weight, e.delta = append(e.weight[:0], weight...), delta
	e.free, e.omega = e.free[:0], e.omega[:0]
	for i, w := range weight {
		if !math.IsInf(w, 1) {
			e.free = append(e.free, i)
			e.omega = append(e.omega, 1/(delta+w))
		}
	}
	e.normal = e.q == nil && len(e.free) > e.n
	if e.normal {
		e.chol = matrix.ResizeSymmetric(e.chol, e.n)
		e.rowStore.normal(e.chol, e.free, e.omega)
	} else {
		e.chol = matrix.ResizeSymmetric(e.chol, len(e.free))
		if len(e.free) == 0 {
			return nil
		}
		e.fillGram()
	}
	if _, ok := lapack64.Potrf(e.chol); !ok {
		e.weight = e.weight[:0]
		return ErrNotDefinite
	}
	return nil
}

// fillGram stores the system of the free rows as it stands.
func (e *rowEngine) fillGram() {
	if e.q == nil {
		e.gram(e.chol, e.free)
	} else {
		full := blas64.General{Rows: e.q.N, Cols: e.q.N, Stride: e.q.Stride, Data: e.q.Data}
		matrix.GatherSymmetric(e.chol, full, e.free)
	}
	for a, w := range e.omega {
		e.chol.Data[a*e.chol.Stride+a] += 1 / w
	}
}

func (e *rowEngine) Solve(d, r []float64) {
	clear(d)
	if !e.normal {
		t := make([]float64, len(e.free))
		for k, i := range e.free {
			t[k] = r[i]
		}
		matrix.SolveCholesky(e.chol, t)
		for k, i := range e.free {
			d[i] = t[k]
		}
		return
	}
	// The difference r - C z loses the digits that δ takes; a second sweep on
	// the residual brings them back.
	e.solveNormal(d, r)
	res := make([]float64, len(d))
	e.product(res, d)
	for i, v := range res {
		res[i] = r[i] - v
	}
	for k, i := range e.free {
		res[i] -= d[i] / e.omega[k]
	}
	add := make([]float64, len(d))
	e.solveNormal(add, res)
	floats.Add(d, add)
}

// solveNormal stores the solution through the normal equations in d.
func (e *rowEngine) solveNormal(d, r []float64) {
	y := make([]float64, len(d))
	for k, i := range e.free {
		y[i] = e.omega[k] * r[i] * e.scale[i]
	}
	z := make([]float64, e.n)
	e.mulCT(z, y)
	matrix.SolveCholesky(e.chol, z)
	e.mulC(y, z)
	for k, i := range e.free {
		d[i] = e.omega[k] * (r[i] - e.scale[i]*y[i])
	}
}
