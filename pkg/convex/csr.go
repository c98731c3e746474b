package convex

import (
	"cmp"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// Entry is one stored element of a sparse matrix.
type Entry struct {
	Row, Col int
	Value    float64
}

// CSR is a sparse matrix in compressed rows.
type CSR struct {
	cols int
	ptr  []int // row i is idx[ptr[i]:ptr[i+1]], val[ptr[i]:ptr[i+1]]
	idx  []int
	val  []float64
}

// NewCSR returns the r by c matrix with the given entries; entries at the same
// place are added. It panics if an index is out of range.
func NewCSR(r, c int, entries []Entry) *CSR {
	sorted := slices.Clone(entries)
	slices.SortStableFunc(sorted, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Col, b.Col))
	})
	m := &CSR{cols: c, ptr: make([]int, r+1)}
	for k, e := range sorted {
		if e.Row < 0 || e.Row >= r || e.Col < 0 || e.Col >= c {
			panic(badRowIndex)
		}
		if k > 0 && e.Row == sorted[k-1].Row && e.Col == sorted[k-1].Col {
			m.val[len(m.val)-1] += e.Value
			continue
		}
		m.idx = append(m.idx, e.Col)
		m.val = append(m.val, e.Value)
		m.ptr[e.Row+1] = len(m.idx)
	}
	for i := range r {
		m.ptr[i+1] = max(m.ptr[i+1], m.ptr[i])
	}
	return m
}

// Dims returns the number of rows and of columns.
func (m *CSR) Dims() (r, c int) { return len(m.ptr) - 1, m.cols }

// MulVecTo stores M x in dst, or Mᵀ x when trans is true.
func (m *CSR) MulVecTo(dst []float64, trans bool, x []float64) {
	r, c := m.Dims()
	if trans {
		r, c = c, r
	}
	if len(dst) != r || len(x) != c {
		panic(badVecLength)
	}
	if trans {
		clear(dst)
		for i, xi := range x {
			idx, val := m.row(i)
			for k, j := range idx {
				dst[j] += xi * val[k]
			}
		}
		return
	}
	for i := range dst {
		idx, val := m.row(i)
		var sum float64
		for k, j := range idx {
			sum += val[k] * x[j]
		}
		dst[i] = sum
	}
}

// row returns the columns and values stored in row i.
func (m *CSR) row(i int) (idx []int, val []float64) {
	return m.idx[m.ptr[i]:m.ptr[i+1]], m.val[m.ptr[i]:m.ptr[i+1]]
}

func (m *CSR) RowTo(dst []float64, i int) {
	clear(dst)
	idx, val := m.row(i)
	for k, j := range idx {
		dst[j] = val[k]
	}
}

func (m *CSR) RowNormsTo(dst []float64) {
	for i := range dst {
		_, val := m.row(i)
		dst[i] = floats.Norm(val, 2)
	}
}
