package maxmargin

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/parallel"
)

func (e *nextTokenEngine) Solve(d, r []float64) {
	rhs := newGeneral(e.v, e.m) // -R of the type's comment
	for i, c := range e.off {
		if !math.IsInf(e.weight[i], 1) {
			rhs.Data[c.token*e.m+c.context] = -r[i]
		}
	}
	for i, c := range e.in {
		rhs.Data[c.token*e.m+c.context] = -r[e.ni+i]
	}
	var u blas64.General
	if e.complement {
		u = e.solveFixed(rhs)
	} else {
		u = e.solveFree(rhs)
	}
	for i, c := range e.off {
		d[i] = 0
		if !math.IsInf(e.weight[i], 1) {
			d[i] = -u.Data[c.token*e.m+c.context]
		}
	}
	for i, c := range e.in {
		d[e.ni+i] = -u.Data[c.token*e.m+c.context]
	}
}

// solveFree returns D by the blocks of A_v.
func (e *nextTokenEngine) solveFree(rhs blas64.General) blas64.General {
	u := newGeneral(e.v, e.m)
	e.solveBlocks(u, rhs)
	nu := columnSums(u)
	floats.Scale(-1, nu)
	matrix.SolveCholesky(e.couple, nu)
	for v := range e.v {
		floats.Add(rhs.Data[v*e.m:(v+1)*e.m], nu)
	}
	clear(u.Data)
	e.solveBlocks(u, rhs)
	return u
}

// solveBlocks stores B_v⁻¹ rhs_v, on the contexts of the block, in the rows of u.
func (e *nextTokenEngine) solveBlocks(u, rhs blas64.General) {
	work := func(v int) {
		b := &e.blocks[v]
		t := make([]float64, len(b.contexts))
		for a, j := range b.contexts {
			t[a] = rhs.Data[v*e.m+j]
		}
		matrix.SolveCholesky(b.chol, t)
		for a, j := range b.contexts {
			u.Data[v*e.m+j] = t[a]
		}
	}
	if e.v*e.m*e.m < serialWork {
		for v := range e.v {
			work(v)
		}
		return
	}
	parallel.Each(e.v, work)
}

// solveFixed returns D by the blocks of Z_v: D = C (rhs + X) M, where C takes
// the mean of the tokens off and X, on Z, makes D vanish there.
func (e *nextTokenEngine) solveFixed(rhs blas64.General) blas64.General {
	center(rhs)
	t := newGeneral(e.v, e.m)
	blas64.Gemm(blas.NoTrans, blas.NoTrans, -1, rhs, e.inverse, 0, t)
	x := newGeneral(e.v, e.m)
	e.solveBlocks(x, t)
	s := columnSums(x)
	matrix.SolveCholesky(e.couple, s)
	for v := range e.v {
		floats.AddScaled(t.Data[v*e.m:(v+1)*e.m], 1/float64(e.v), s)
	}
	clear(x.Data)
	e.solveBlocks(x, t)
	floats.Add(x.Data, rhs.Data)
	center(x)
	blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, x, e.inverse, 0, t)
	return t
}

// columnSums returns 1ᵀ a.
func columnSums(a blas64.General) []float64 {
	s := make([]float64, a.Cols)
	for i := range a.Rows {
		floats.Add(s, a.Data[i*a.Stride:i*a.Stride+a.Cols])
	}
	return s
}

// center takes the mean of its column off every element of a.
func center(a blas64.General) {
	s := columnSums(a)
	floats.Scale(-1/float64(a.Rows), s)
	for i := range a.Rows {
		floats.Add(a.Data[i*a.Stride:i*a.Stride+a.Cols], s)
	}
}
