package convex

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

const (
	// schurEntries and schurVariables bound the programs whose rows are eliminated first without
	// looking for an order: those of fewer entries are ordered in no time, and of more variables the dense
	// rest is too large.
	schurEntries, schurVariables = 1000, 2000
	// schurFill is how often the products of entries of rows cover the dense rest.
	schurFill = 4
	// longRun is the number of neighbours from which on a call for them is faster than a loop.
	longRun = 12
	// denseShare is the share of entries from which on rows are multiplied with those that are zero.
	denseShare = 0.5
)

// schur is the factorization of the conditions of a program that has many more rows than
// variables, rows first, as minimum degree would have it:
//
//	S = P + δ I + Cᵀ (W + δ I)⁻¹ C = Uᵀ D⁻¹ U
//
// is dense, and its inner loops run over the entries that are neighbours in a row of C.
type schur struct {
	*kkt
	runs    [][]int   // of every row, the places in it at which neighbours begin, and its end
	dense   *dense    // the rows with every entry, where few are zero, or nil
	columns *dense    // and its transpose
	u       []float64 // by rows, upper triangle with D
	inverse []float64 // (W + δ)⁻¹
	x, v    []float64
	flops   float64
}

// newSchur returns nil where the rows are few, or S would be sparse.
func newSchur(k *kkt) *schur {
	products := 0.0
	for i := range k.m {
		idx, _ := k.c.row(i)
		products += float64(len(idx)) * float64(len(idx))
	}
	n := float64(k.n)
	if k.m <= manyTimes*k.n || k.n > schurVariables || len(k.c.idx) < schurEntries || products < schurFill*n*n {
		return nil
	}
	s := &schur{kkt: k, u: make([]float64, k.n*k.n), inverse: make([]float64, k.m), flops: products + n*n*n/3,
		x: make([]float64, k.n), v: make([]float64, k.m)}
	for i := range k.m {
		idx, _ := k.c.row(i)
		var runs []int
		for a, j := range idx {
			if a == 0 || j != idx[a-1]+1 {
				runs = append(runs, a)
			}
			if a > 0 && j <= idx[a-1] {
				return nil // not in order
			}
		}
		s.runs = append(s.runs, append(runs, len(idx)))
	}
	if float64(len(k.c.idx)) >= denseShare*float64(k.m)*n {
		rows := rowsOf(k.c)
		s.dense, s.columns = &dense{rows.RawMatrix()}, &dense{mat.DenseCopyOf(rows.T()).RawMatrix()}
	}
	return s
}

// factorize prepares solve for the weights of the conditions.
func (s *schur) factorize(ctx context.Context) error {
	n := s.kkt.n
	clear(s.u)
	for _, e := range s.form {
		s.u[e.Col*n+e.Row] += e.Value
	}
	for j := range n {
		s.u[j*n+j] += kktDelta
	}
	for i, w := range s.w {
		if i%pollColumns == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if s.inverse[i] = 1 / (w + kktDelta); w < dropped && s.dense == nil {
			s.add(i)
		}
	}
	if s.dense != nil && !s.addAll(ctx) {
		return ctx.Err()
	}
	for k := range n {
		if k%pollColumns == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		row := s.u[k*n+k : (k+1)*n]
		if !(row[0] > leastPivot) {
			if math.IsNaN(row[0]) {
				return ErrNotDefinite
			}
			row[0] = newPivot
		}
		for a, v := range row[1:] {
			if i := k + 1 + a; v != 0 {
				floats.AddScaled(s.u[i*n+i:(i+1)*n], -v/row[0], row[i-k:])
			}
		}
	}
	return nil
}

// add adds the product of row i with itself.
func (s *schur) add(i int) {
	idx, val := s.c.row(i)
	n, runs := s.kkt.n, s.runs[i]
	for r := range runs[:len(runs)-1] {
		for a := runs[r]; a < runs[r+1]; a++ {
			row, f := s.u[idx[a]*n:(idx[a]+1)*n], s.inverse[i]*val[a]
			first := a
			for _, end := range runs[r+1:] {
				floats.AddScaled(row[idx[first]:idx[first]+end-first], f, val[first:end])
				first = end
			}
		}
	}
}

// addAll adds the products of all rows with themselves, by columns. It reports whether it came to an end
// before ctx did.
func (s *schur) addAll(ctx context.Context) bool {
	n, m := s.kkt.n, s.kkt.m
	weight := s.v
	for i, w := range s.w {
		if weight[i] = s.inverse[i]; w >= dropped {
			weight[i] = 0
		}
	}
	column := func(j int) []float64 { return s.columns.m.Data[j*m : (j+1)*m] }
	weighted := make([]float64, m)
	for i := range n {
		if i%pollColumns == 0 && ctx.Err() != nil {
			return false
		}
		floats.MulTo(weighted, weight, column(i))
		for j := i; j < n; j++ {
			s.u[i*n+j] += floats.Dot(weighted, column(j))
		}
	}
	return true
}

// solve overwrites b with the solution.
func (s *schur) solve(b []float64) {
	n := s.kkt.n
	x, v := b[:n], b[n:]
	floats.MulTo(s.v, s.inverse, v)
	s.times(s.x, true, s.v)
	floats.Add(x, s.x)
	for k := range n {
		row := s.u[k*n+k : (k+1)*n]
		floats.AddScaled(x[k+1:], -x[k]/row[0], row[1:])
	}
	for k := n - 1; k >= 0; k-- {
		row := s.u[k*n+k : (k+1)*n]
		x[k] = (x[k] - floats.Dot(row[1:], x[k+1:])) / row[0]
	}
	s.times(s.v, false, x)
	for i, w := range s.inverse {
		v[i] = (s.v[i] - v[i]) * w
	}
}

// product stores C x in dst, or Cᵀ x, by runs of neighbours where many entries are zero.
func (s *schur) product(dst []float64, trans bool, x []float64) {
	switch {
	case s.dense != nil && trans:
		s.columns.MulVecTo(dst, false, x)
		return
	case s.dense != nil:
		s.dense.MulVecTo(dst, false, x)
		return
	}
	clear(dst)
	for i, runs := range s.runs {
		idx, val := s.c.row(i)
		for r, a := range runs[:len(runs)-1] {
			end := runs[r+1]
			first := idx[a]
			part := x
			if trans {
				part = dst
			}
			switch part = part[first : first+end-a]; {
			case end-a >= longRun && trans:
				floats.AddScaled(part, x[i], val[a:end])
			case end-a >= longRun:
				dst[i] += floats.Dot(val[a:end], part)
			case trans:
				for b, v := range val[a:end] {
					part[b] += x[i] * v
				}
			default:
				for b, v := range val[a:end] {
					dst[i] += v * part[b]
				}
			}
		}
	}
}
