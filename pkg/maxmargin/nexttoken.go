package maxmargin

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
)

// NextToken is the family of constraints of next-token max-margin programs on a
// V by d matrix W, taken as the vector of its rows one after the other. For a
// context j with embedding h_j and support S_j, a_j being the least token of
// S_j, they are
//
//	inequalities  (e_{a_j} - e_v)ᵀ W h_j,  v ∉ S_j
//	equalities    (e_{a_j} - e_z)ᵀ W h_j,  z ∈ S_j, z ≠ a_j
//
// ordered by context and then by token. With the inequalities ≥ 1 and the
// equalities = 0 they are the conditions (6a), (6b) of Thrampoulidis,
// "Implicit Optimization Bias of Next-token Prediction in Linear Models".
//
// A vector y of multipliers, one for every row, is a V by m matrix U with
//
//	U[v, j] = -y  for the row of (j, v),   U[a_j, j] = sum of the y of j,
//
// so that 1ᵀ U = 0, and Σ y · row = U Hᵀ.
type NextToken struct {
	v, m, d  int
	h        *mat.Dense // d by m
	supports [][]int    // sorted
	off      []cell     // inequalities
	in       []cell     // equalities
}

// cell is a token and a context: the place of a row in a V by m matrix.
type cell struct{ token, context int }

// NewNextToken returns the constraints for the contexts in the columns of h,
// v tokens and the support of every context.
func NewNextToken(h *mat.Dense, v int, supports [][]int) (*NextToken, error) {
	if h == nil || h.IsEmpty() {
		return nil, malformed("no embeddings")
	}
	d, m := h.Dims()
	if len(supports) != m {
		return nil, malformed("%d supports for %d contexts", len(supports), m)
	}
	if err := checkFinite(h); err != nil {
		return nil, err
	}
	mg := &NextToken{v: v, m: m, d: d, h: mat.DenseCopyOf(h)}
	for j, s := range supports {
		s = slices.Clone(s)
		slices.Sort(s)
		if len(s) == 0 || s[0] < 0 || s[len(s)-1] >= v || len(slices.Compact(slices.Clone(s))) != len(s) {
			return nil, malformed("support of context %d is %v: one or more different tokens of 0 to %d are needed", j, supports[j], v-1)
		}
		mg.supports = append(mg.supports, s)
		for t := range v {
			_, inside := slices.BinarySearch(s, t)
			switch {
			case !inside:
				mg.off = append(mg.off, cell{t, j})
			case t != s[0]:
				mg.in = append(mg.in, cell{t, j})
			}
		}
	}
	return mg, nil
}

// Inequalities returns the rows of the inequalities, nil if there is none.
func (m *NextToken) Inequalities() convex.Matrix {
	if len(m.off) == 0 {
		return nil
	}
	return &rows{m, m.off}
}

// Equalities returns the rows of the equalities, nil if there is none.
func (m *NextToken) Equalities() convex.Matrix {
	if len(m.in) == 0 {
		return nil
	}
	return &rows{m, m.in}
}

// QP returns the max-margin program: the least 1/2 ‖W‖² with every inequality
// at least 1 and every equality 0.
func (m *NextToken) QP() *convex.QP {
	p := &convex.QP{Q: make([]float64, m.v*m.d), G: m.Inequalities(), A: m.Equalities()}
	p.H = make([]float64, len(m.off))
	for i := range p.H {
		p.H[i] = 1
	}
	p.B = make([]float64, len(m.in))
	return p
}

// NextTokenSolution is the solution of a next-token max-margin program.
type NextTokenSolution struct {
	W *mat.Dense // V by d
	U *mat.Dense // V by m, the multipliers: W = U Hᵀ
	// Margin is the largest margin of a matrix of norm one, 1/‖W‖, and +Inf
	// without inequalities.
	Margin float64

	convex.Certificate
}

// Solve solves the max-margin program. Every margin is at least one, to 1e-8 and whatever the length
// of its context; where float64 cannot give that the error wraps convex.ErrInaccurate and names
// the context. Logits of a support are equal to the rounding of W h. Other errors are those of [convex.QP.Solve]; on
// convex.ErrInfeasible the result holds no W, and in U the proof that the contexts
// cannot be separated: entries at most zero off the supports that sum to -1,
// columns that sum to zero, and U Hᵀ = 0 up to Residual.
func (m *NextToken) Solve(ctx context.Context, opts *convex.Options) (*NextTokenSolution, error) {
	o, err := opts.WithDefaults(convex.DefaultTolerance, 0)
	if err != nil {
		return nil, err
	}
	ctx, cancel := o.Bound(ctx)
	defer cancel()
	sol, err := m.QP().Solve(ctx, &o)
	if err == nil {
		sol, err = m.tightened(ctx, o, sol)
	}
	if sol == nil {
		return nil, err
	}
	mm := &NextTokenSolution{U: m.multipliers(slices.Concat(sol.Mu, sol.Lambda)), Certificate: sol.Certificate}
	if sol.X != nil {
		mm.W = mat.NewDense(m.v, m.d, sol.X)
		mm.Margin = 1 / floats.Norm(sol.X, 2)
	}
	return mm, err
}

// multipliers returns U for the multipliers of inequalities and equalities.
func (m *NextToken) multipliers(y []float64) *mat.Dense {
	u := mat.NewDense(m.v, m.m, nil)
	m.scatter(u, m.off, y[:len(m.off)])
	m.scatter(u, m.in, y[len(m.off):])
	return u
}

// scatter adds the multipliers y of the given rows to u.
func (m *NextToken) scatter(u *mat.Dense, rows []cell, y []float64) {
	raw := u.RawMatrix()
	for i, c := range rows {
		raw.Data[c.token*raw.Stride+c.context] -= y[i]
		raw.Data[m.supports[c.context][0]*raw.Stride+c.context] += y[i]
	}
}

// gather stores L[a_j, j] - L[v, j] in dst for the given rows, l being L.
func (m *NextToken) gather(dst []float64, rows []cell, l *mat.Dense) {
	raw := l.RawMatrix()
	for i, c := range rows {
		dst[i] = raw.Data[m.supports[c.context][0]*raw.Stride+c.context] - raw.Data[c.token*raw.Stride+c.context]
	}
}

// logits returns W H for the rows of W in x.
func (m *NextToken) logits(x []float64) *mat.Dense {
	l := mat.NewDense(m.v, m.m, nil)
	blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, m.matrix(x), m.h.RawMatrix(), 0, l.RawMatrix())
	return l
}

// combine stores U Hᵀ in dst.
func (m *NextToken) combine(dst []float64, u *mat.Dense) {
	blas64.Gemm(blas.NoTrans, blas.Trans, 1, u.RawMatrix(), m.h.RawMatrix(), 0, m.matrix(dst))
}

// matrix returns x as a V by d matrix.
func (m *NextToken) matrix(x []float64) blas64.General {
	if len(x) != m.v*m.d {
		panic("maxmargin: length of vector does not fit the matrix")
	}
	return blas64.General{Rows: m.v, Cols: m.d, Stride: m.d, Data: x}
}

// rows are the inequalities or the equalities of a NextToken.
type rows struct {
	*NextToken
	rows []cell
}

func (r *rows) Dims() (int, int) { return len(r.rows), r.v * r.d }

func (r *rows) MulVecTo(dst []float64, trans bool, x []float64) {
	if trans {
		if len(x) != len(r.rows) {
			panic("maxmargin: length of vector does not fit the matrix")
		}
		u := mat.NewDense(r.v, r.m, nil)
		r.scatter(u, r.rows, x)
		r.combine(dst, u)
		return
	}
	if len(dst) != len(r.rows) {
		panic("maxmargin: length of vector does not fit the matrix")
	}
	r.gather(dst, r.rows, r.logits(x))
}

func (r *rows) RowTo(dst []float64, i int) {
	clear(dst)
	c := r.rows[i]
	a := r.supports[c.context][0]
	for k := range r.d {
		v := r.h.At(k, c.context)
		dst[a*r.d+k] = v
		dst[c.token*r.d+k] = -v
	}
}

func (r *rows) RowNormsTo(dst []float64) {
	norms := make([]float64, r.m)
	for j := range norms {
		norms[j] = mat.Norm(r.h.ColView(j), 2)
	}
	for i, c := range r.rows {
		dst[i] = math.Sqrt2 * norms[c.context]
	}
}

// System returns all rows of the NextToken where g and a are that, or nil.
func (r *rows) System(g, a convex.Matrix) convex.System {
	rg, okG := g.(*rows)
	ra, okA := a.(*rows)
	switch {
	case okG && okA && rg.NextToken == ra.NextToken && &rg.rows[0] == &rg.off[0] && &ra.rows[0] == &ra.in[0],
		okG && a == nil && len(rg.in) == 0,
		okA && g == nil && len(ra.off) == 0:
		return system{r.NextToken}
	}
	return nil
}

// system is the inequalities and the equalities of a NextToken.
type system struct{ *NextToken }

func (s system) Dims() (int, int) { return len(s.off) + len(s.in), s.v * s.d }

func (s system) MulVecTo(dst []float64, trans bool, x []float64) {
	if trans {
		s.combine(dst, s.multipliers(x))
		return
	}
	l := s.logits(x)
	s.gather(dst[:len(s.off)], s.off, l)
	s.gather(dst[len(s.off):], s.in, l)
}

func (s system) Engine() convex.Engine { return newNextTokenEngine(s.NextToken) }
