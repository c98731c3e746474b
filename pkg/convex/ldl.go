package convex

import (
	"context"
	"math"
	"slices"
)

const (
	// leastPivot is the size below which a pivot, or one of the wrong sign, is replaced by
	// newPivot: the matrix is quasidefinite but for rounding. Refinement takes out the change.
	leastPivot, newPivot = 1e-13, 2e-7
	// pollColumns is the number of columns between two looks at the context.
	pollColumns = 256
)

// sparseLDL is the factorization L D Lᵀ of a sparse symmetric quasidefinite matrix, which
// exists in every order of its rows (Vanderbei, "Symmetric quasidefinite matrices", 1995),
// row by row (Davis, "Algorithm 849: a concise sparse Cholesky factorization package", 2005).
type sparseLDL struct {
	n         int
	place     []int // of every variable in the order of elimination
	ptr, idx  []int // upper triangle by columns, in that order
	val       []float64
	at        []int // place in val of every entry given
	parent    []int
	lptr, li  []int
	lx, d     []float64
	count     []int
	flag, pat []int
	y, t      []float64
	flops     float64
}

// place is the row and the column of an entry of a symmetric matrix.
type place struct{ i, j int }

// newSparseLDL orders and analyses the matrix with the given entries, of which each is there once.
// It is nil where ctx has ended.
func newSparseLDL(ctx context.Context, n int, entries []place) *sparseLDL {
	neighbours := make([][]int, n)
	for _, e := range entries {
		if e.i != e.j {
			neighbours[e.i] = append(neighbours[e.i], e.j)
			neighbours[e.j] = append(neighbours[e.j], e.i)
		}
	}
	f := &sparseLDL{n: n, place: make([]int, n), ptr: make([]int, n+1), idx: make([]int, len(entries)),
		val: make([]float64, len(entries)), at: make([]int, len(entries)), parent: make([]int, n), lptr: make([]int, n+1),
		d: make([]float64, n), count: make([]int, n), flag: make([]int, n), pat: make([]int, n), y: make([]float64, n), t: make([]float64, n)}
	order := minimumDegree(ctx, neighbours)
	if len(order) < n {
		return nil
	}
	for k, i := range order {
		f.place[i] = k
	}
	for _, e := range entries {
		f.ptr[max(f.place[e.i], f.place[e.j])+1]++
	}
	for k := range n {
		f.ptr[k+1] += f.ptr[k]
	}
	next := slices.Clone(f.ptr)
	for k, e := range entries {
		a, b := f.place[e.i], f.place[e.j]
		f.at[k] = next[max(a, b)]
		f.idx[f.at[k]] = min(a, b)
		next[max(a, b)]++
	}
	f.analyse()
	return f
}

// analyse finds the elimination tree and the number of entries of every column of L.
func (f *sparseLDL) analyse() {
	for k := range f.n {
		f.parent[k], f.flag[k] = -1, k
		for _, i := range f.idx[f.ptr[k]:f.ptr[k+1]] {
			for ; f.flag[i] != k; i = f.parent[i] {
				if f.parent[i] < 0 {
					f.parent[i] = k
				}
				f.count[i]++
				f.flag[i] = k
			}
		}
	}
	for k, c := range f.count {
		f.lptr[k+1] = f.lptr[k] + c
		f.flops += float64(c) * float64(c)
	}
}

// factorize computes the factor of the values in val. Pivots must have the given signs.
func (f *sparseLDL) factorize(ctx context.Context, sign []float64) error {
	if f.li == nil {
		f.li, f.lx = make([]int, f.lptr[f.n]), make([]float64, f.lptr[f.n])
	}
	clear(f.count)
	for k := range f.n {
		if k%pollColumns == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		top := f.n
		f.flag[k] = k
		f.y[k] = 0
		for p := f.ptr[k]; p < f.ptr[k+1]; p++ {
			i := f.idx[p]
			f.y[i] += f.val[p]
			depth := 0
			for ; f.flag[i] != k; i = f.parent[i] {
				f.pat[depth] = i
				depth++
				f.flag[i] = k
			}
			for depth > 0 {
				top--
				depth--
				f.pat[top] = f.pat[depth]
			}
		}
		d := f.y[k]
		f.y[k] = 0
		for ; top < f.n; top++ {
			i := f.pat[top]
			v := f.y[i]
			f.y[i] = 0
			first, end := f.lptr[i], f.lptr[i]+f.count[i]
			x := f.lx[first:end]
			for q, r := range f.li[first:end] {
				f.y[r] -= x[q] * v
			}
			l := v / f.d[i]
			d -= l * v
			f.li[end], f.lx[end] = k, l
			f.count[i]++
		}
		if !(d*sign[k] > leastPivot) {
			if math.IsNaN(d) {
				return ErrNotDefinite
			}
			d = newPivot * sign[k]
		}
		f.d[k] = d
	}
	return nil
}

// solve overwrites b with the solution.
func (f *sparseLDL) solve(b []float64) {
	for i, k := range f.place {
		f.t[k] = b[i]
	}
	for k, v := range f.t {
		if v == 0 {
			continue
		}
		x := f.lx[f.lptr[k]:f.lptr[k+1]]
		for q, r := range f.li[f.lptr[k]:f.lptr[k+1]] {
			f.t[r] -= x[q] * v
		}
	}
	for k := f.n - 1; k >= 0; k-- {
		v := f.t[k] / f.d[k]
		x := f.lx[f.lptr[k]:f.lptr[k+1]]
		for q, r := range f.li[f.lptr[k]:f.lptr[k+1]] {
			v -= x[q] * f.t[r]
		}
		f.t[k] = v
	}
	for i, k := range f.place {
		b[i] = f.t[k]
	}
}
