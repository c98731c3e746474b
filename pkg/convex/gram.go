package convex

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// gram is the engine that stores Q. The metric is the identity.
type gram struct {
	q *mat.SymDense

	weight []float64 // of the factor
	delta  float64
	free   []int // rows of finite weight
	chol   mat.Cholesky
}

// newGram forms Q from the rows of the constraints.
func newGram(p *program) *gram {
	rows := mat.NewDense(len(p.c), p.n, nil)
	if p.g != nil {
		rows.Slice(0, p.mi, 0, p.n).(*mat.Dense).Copy(rowsOf(p.g))
	}
	if p.a != nil {
		rows.Slice(p.mi, len(p.c), 0, p.n).(*mat.Dense).Copy(rowsOf(p.a))
	}
	for i, s := range p.scale {
		row := rows.RawRowView(i)
		for j := range row {
			row[j] *= s
		}
	}
	p.quad.whiten(rows)
	return &gram{q: gramOf(rows)}
}

// gramOf returns M Mᵀ. The general product is used since gonum's symmetric one
// runs on one core.
func gramOf(m *mat.Dense) *mat.SymDense {
	r, _ := m.Dims()
	var full mat.Dense
	full.Mul(m, m.T())
	raw := full.RawMatrix()
	return mat.NewSymDense(r, raw.Data)
}

func (g *gram) mul(dst, e []float64, delta float64) {
	n := len(e)
	blas64.Symv(1, g.q.RawSymmetric(), blas64.Vector{N: n, Data: e, Inc: 1}, 0, blas64.Vector{N: n, Data: dst, Inc: 1})
	for i, v := range e {
		dst[i] += delta * v
	}
}

func (g *gram) factorize(weight []float64, delta float64) error {
	if delta == g.delta && slices.Equal(weight, g.weight) {
		return nil
	}
	g.weight, g.delta = append(g.weight[:0], weight...), delta
	g.free = g.free[:0]
	for i, q := range weight {
		if !math.IsInf(q, 1) {
			g.free = append(g.free, i)
		}
	}
	k := len(g.free)
	if k == 0 {
		return nil
	}
	sub := mat.NewSymDense(k, nil)
	dst, src := sub.RawSymmetric(), g.q.RawSymmetric()
	for a, i := range g.free {
		row := src.Data[i*src.Stride:]
		out := dst.Data[a*dst.Stride:]
		for b := a; b < k; b++ {
			out[b] = row[g.free[b]]
		}
		out[a] += delta + weight[i]
	}
	if !g.chol.Factorize(sub) {
		g.weight = g.weight[:0]
		return errNotDefinite
	}
	return nil
}

func (g *gram) solve(d, r []float64) {
	clear(d)
	if len(g.free) == 0 {
		return
	}
	rhs := mat.NewVecDense(len(g.free), nil)
	for k, i := range g.free {
		rhs.SetVec(k, r[i])
	}
	// The only error is a warning about the condition number; the outer
	// iteration measures what was reached.
	_ = g.chol.SolveVecTo(rhs, rhs)
	for k, i := range g.free {
		d[i] = rhs.AtVec(k)
	}
}
