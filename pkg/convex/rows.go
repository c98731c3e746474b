package convex

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// sparseShare is the share of stored entries below which rows are kept sparse.
const sparseShare = 0.1

// rowStore gives access to the rows of C, scaled.
type rowStore struct {
	*program
	dense *mat.Dense // every entry, or
	csr   *CSR       // the stored ones
}

// newRowStore copies the rows of p.
func newRowStore(p *program) *rowStore {
	s := &rowStore{program: p}
	if entries, ok := sparseEntries(p); ok {
		s.csr = NewCSR(len(p.c), p.n, entries)
		return s
	}
	s.dense = mat.NewDense(len(p.c), p.n, nil)
	if p.g != nil {
		s.dense.Slice(0, p.mi, 0, p.n).(*mat.Dense).Copy(rowsOf(p.g))
	}
	if p.a != nil {
		s.dense.Slice(p.mi, len(p.c), 0, p.n).(*mat.Dense).Copy(rowsOf(p.a))
	}
	for i, f := range p.scale {
		row := s.dense.RawRowView(i)
		for j := range row {
			row[j] *= f
		}
	}
	return s
}

// sparseEntries returns the entries of the scaled rows if they are few and all
// of them stored as such.
func sparseEntries(p *program) ([]Entry, bool) {
	var entries []Entry
	first := 0
	for _, m := range []Matrix{p.g, p.a} {
		if m == nil {
			continue
		}
		c, ok := m.(*CSR)
		if !ok {
			return nil, false
		}
		r, _ := c.Dims()
		for i := range r {
			idx, val := c.row(i)
			for k, j := range idx {
				entries = append(entries, Entry{first + i, j, val[k] * p.scale[first+i]})
			}
		}
		first += r
	}
	return entries, float64(len(entries)) <= sparseShare*float64(first)*float64(p.n)
}

// gram stores the products of the given rows in the metric of (P + ρ I)⁻¹.
func (s *rowStore) gram(dst blas64.Symmetric, idx []int) {
	if s.csr != nil && s.quad.sym == nil {
		s.sparseGram(dst, idx)
		return
	}
	b := s.block(idx)
	s.quad.whiten(b)
	full := blas64.General{Rows: dst.N, Cols: dst.N, Stride: dst.Stride, Data: dst.Data}
	blas64.Gemm(blas.NoTrans, blas.Trans, 1, b.RawMatrix(), b.RawMatrix(), 0, full)
}

// sparseGram is gram for sparse rows and a diagonal P.
func (s *rowStore) sparseGram(dst blas64.Symmetric, idx []int) {
	work := make([]float64, s.n)
	for a, i := range idx {
		ci, vi := s.csr.row(i)
		for k, j := range ci {
			work[j] = vi[k] / s.quad.curvature(j)
		}
		for b := a; b < len(idx); b++ {
			cj, vj := s.csr.row(idx[b])
			var sum float64
			for k, j := range cj {
				sum += vj[k] * work[j]
			}
			dst.Data[a*dst.Stride+b] = sum
		}
		for _, j := range ci {
			work[j] = 0
		}
	}
}

// block returns the given rows with every entry.
func (s *rowStore) block(idx []int) *mat.Dense {
	b := mat.NewDense(len(idx), s.n, nil)
	for k, i := range idx {
		if s.csr != nil {
			s.csr.RowTo(b.RawRowView(k), i)
		} else {
			copy(b.RawRowView(k), s.dense.RawRowView(i))
		}
	}
	return b
}

// normal stores P + ρ I + Σ omega_i c_i c_iᵀ over the given rows in dst.
func (s *rowStore) normal(dst blas64.Symmetric, idx []int, omega []float64) {
	s.quad.fill(dst)
	if s.csr != nil {
		for k, i := range idx {
			ci, vi := s.csr.row(i)
			for a, p := range ci {
				row := dst.Data[p*dst.Stride:]
				for b := a; b < len(ci); b++ {
					row[ci[b]] += omega[k] * vi[a] * vi[b]
				}
			}
		}
		return
	}
	full := blas64.General{Rows: dst.N, Cols: dst.N, Stride: dst.Stride, Data: dst.Data}
	for first := 0; first < len(idx); first += blockRows {
		part := idx[first:min(first+blockRows, len(idx))]
		b := s.block(part)
		for k := range part {
			row := b.RawRowView(k)
			w := math.Sqrt(omega[first+k])
			for j := range row {
				row[j] *= w
			}
		}
		blas64.Gemm(blas.Trans, blas.NoTrans, 1, b.RawMatrix(), b.RawMatrix(), 1, full)
	}
}
