package maxmargin

import (
	"math"
	"runtime"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/parallel"
)

const (
	// complementCond bounds the condition number of K up to which Newton
	// systems may go through its inverse.
	complementCond = 1e6
	// serialWork is the number of multiplications below which a task is not
	// worth a goroutine.
	serialWork = 1 << 17
)

// nextTokenEngine is the engine of a NextToken with P = I. Multipliers are V by m
// matrices U with 1ᵀ U = 0, and Q + δ R is U ↦ U (K + δ I) between them,
// K = Hᵀ H being the Gram matrix of the embeddings (scaled as the rows are).
// A Newton system asks, with the rows that are not free in the set Z, for D
// with
//
//	D (K + δ I) + D ∘ weight = -R + 1 νᵀ off Z,   D = 0 on Z,   1ᵀ D = 0,
//
// where ν is unknown. Given ν it falls apart into one system for each token
// v, with the matrix B_v of K + δ I and the weights on the contexts A_v where
// v is free, and the sum of their solutions over the tokens gives m equations
// for ν. Where few multipliers are fixed and K is well conditioned, the
// systems of the complements Z_v, with M = (K + δ I)⁻¹ in the place of K, are
// the smaller ones.
type nextTokenEngine struct {
	*NextToken
	ni    int
	scale []float64      // of the embeddings
	k     blas64.General // m by m

	weight []float64 // of the factor
	delta  float64
	blocks []block          // one for each token
	couple blas64.Symmetric // Cholesky factor of the equations of ν, or of those of the complement

	complement   bool
	inverse      blas64.General // M for inverseDelta, when well is true
	well         bool
	inverseDelta float64
}

// block is the system of one token.
type block struct {
	contexts []int            // A_v, or Z_v in the form of the complement
	chol     blas64.Symmetric // lower factor stored in the upper triangle
}

// newNextTokenEngine returns the engine of m.
func newNextTokenEngine(m *NextToken) *nextTokenEngine {
	e := &nextTokenEngine{NextToken: m, ni: len(m.off), scale: make([]float64, m.m), blocks: make([]block, m.v), inverseDelta: -1}
	scaled := mat.DenseCopyOf(m.h.T())
	for j := range e.scale {
		row := scaled.RawRowView(j)
		e.scale[j] = 1
		if norm := math.Sqrt2 * floats.Norm(row, 2); norm > 0 {
			e.scale[j] = 1 / norm
		}
		floats.Scale(e.scale[j], row)
	}
	e.k = newGeneral(m.m, m.m)
	raw := scaled.RawMatrix()
	blas64.Gemm(blas.NoTrans, blas.Trans, 1, raw, raw, 0, e.k)
	return e
}

func newGeneral(r, c int) blas64.General {
	return blas64.General{Rows: r, Cols: c, Stride: max(1, c), Data: make([]float64, r*c)}
}

func (e *nextTokenEngine) Mul(dst, y []float64, delta float64) {
	u := e.multipliers(y).RawMatrix()
	l := newGeneral(e.v, e.m)
	copy(l.Data, u.Data)
	blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, u, e.k, delta, l)
	d := mat.NewDense(e.v, e.m, l.Data)
	e.gather(dst[:e.ni], e.off, d)
	e.gather(dst[e.ni:], e.in, d)
}

func (e *nextTokenEngine) Factorize(weight []float64, delta float64) error {
	if delta == e.delta && slices.Equal(weight, e.weight) {
		return nil
	}
	e.weight = append(e.weight[:0], weight...)
	e.delta = delta
	err := e.factorizeBlocks()
	if err != nil {
		e.weight = e.weight[:0]
	}
	return err
}

// factorizeBlocks chooses the form and factorizes it.
func (e *nextTokenEngine) factorizeBlocks() error {
	fixed := make([][]int, e.v)
	add := make([][]float64, e.v) // weights of every context
	finite := false
	for i, c := range e.off {
		switch w := e.weight[i]; {
		case math.IsInf(w, 1):
			fixed[c.token] = append(fixed[c.token], c.context)
		case w != 0:
			finite = true
			if add[c.token] == nil {
				add[c.token] = make([]float64, e.m)
			}
			add[c.token][c.context] = w
		}
	}
	var direct, indirect float64
	for _, z := range fixed {
		n, k := float64(e.m-len(z)), float64(len(z))
		direct += n * n * n
		indirect += k * k * k
	}
	m := float64(e.m)
	indirect += m * m * m / 3
	e.complement = !finite && indirect < direct && e.invert()
	if e.complement {
		return e.factorizeFixed(fixed)
	}
	return e.factorizeFree(fixed, add)
}

// invert prepares M and reports whether K is conditioned well enough for it.
func (e *nextTokenEngine) invert() bool {
	if e.inverseDelta == e.delta {
		return e.well
	}
	e.inverseDelta = e.delta
	sym := mat.NewSymDense(e.m, nil)
	for i := range e.m {
		for j := i; j < e.m; j++ {
			sym.SetSym(i, j, e.k.Data[i*e.k.Stride+j])
		}
		sym.SetSym(i, i, sym.At(i, i)+e.delta)
	}
	var chol mat.Cholesky
	e.well = chol.Factorize(sym) && chol.Cond() <= complementCond
	if !e.well {
		return false
	}
	if err := chol.InverseTo(sym); err != nil {
		e.well = false
		return false
	}
	raw := sym.RawSymmetric()
	e.inverse = newGeneral(e.m, e.m)
	for i := range e.m {
		for j := i; j < e.m; j++ {
			v := raw.Data[i*raw.Stride+j]
			e.inverse.Data[i*e.m+j], e.inverse.Data[j*e.m+i] = v, v
		}
	}
	return true
}

// factorizeFree factorizes the blocks of A_v and the equations of ν,
// Σ_v B_v⁻¹.
func (e *nextTokenEngine) factorizeFree(fixed [][]int, add [][]float64) error {
	for v := range e.blocks {
		e.blocks[v].contexts = without(e.m, fixed[v])
	}
	sum := matrix.NewSymmetric(e.m)
	ok := e.factorizeEach(sum, func(v int, b *block) {
		matrix.GatherSymmetric(b.chol, e.k, b.contexts)
		for a, j := range b.contexts {
			b.chol.Data[a*b.chol.Stride+a] += e.delta
			if add[v] != nil {
				b.chol.Data[a*b.chol.Stride+a] += add[v][j]
			}
		}
	})
	return e.factorizeCoupling(sum, ok)
}

// factorizeFixed factorizes the blocks of Z_v and the equations that couple
// them, K + δ I - (1/V) Σ_v M_v⁻¹.
func (e *nextTokenEngine) factorizeFixed(fixed [][]int) error {
	for v := range e.blocks {
		e.blocks[v].contexts = fixed[v]
	}
	sum := matrix.NewSymmetric(e.m)
	ok := e.factorizeEach(sum, func(v int, b *block) { matrix.GatherSymmetric(b.chol, e.inverse, b.contexts) })
	for i := range e.m {
		row := sum.Data[i*sum.Stride : (i+1)*sum.Stride]
		for j := i; j < e.m; j++ {
			row[j] = e.k.Data[i*e.k.Stride+j] - row[j]/float64(e.v)
		}
		row[i] += e.delta
	}
	return e.factorizeCoupling(sum, ok)
}

func (e *nextTokenEngine) factorizeCoupling(sum blas64.Symmetric, ok bool) error {
	if !ok {
		return convex.ErrNotDefinite
	}
	e.couple = sum
	if _, ok := lapack64.Potrf(sum); !ok {
		return convex.ErrNotDefinite
	}
	return nil
}

// factorizeEach fills and factorizes the block of every token and adds the
// inverses, each at the place of its contexts, to sum. Blocks are done a few
// at a time and added in their order, so that the sum does not depend on the
// number of processors.
func (e *nextTokenEngine) factorizeEach(sum blas64.Symmetric, fill func(v int, b *block)) bool {
	wave := max(2, runtime.GOMAXPROCS(0))
	if e.m*e.m*e.m < serialWork {
		wave = 1
	}
	good := make([]bool, wave)
	inv := make([]blas64.Symmetric, wave)
	for first := 0; first < e.v; first += wave {
		n := min(wave, e.v-first)
		parallel.Each(n, func(i int) {
			b := &e.blocks[first+i]
			k := len(b.contexts)
			b.chol = matrix.ResizeSymmetric(b.chol, k)
			fill(first+i, b)
			_, good[i] = lapack64.Potrf(b.chol)
			if !good[i] {
				return
			}
			inv[i] = matrix.ResizeSymmetric(inv[i], k)
			copy(inv[i].Data, b.chol.Data)
			lapack64.Potri(blas64.Triangular{Uplo: blas.Upper, Diag: blas.NonUnit, N: k, Stride: inv[i].Stride, Data: inv[i].Data})
		})
		for i := range n {
			if !good[i] {
				return false
			}
			matrix.ScatterSymmetric(sum, inv[i], e.blocks[first+i].contexts)
		}
	}
	return true
}

// without returns the numbers below n that are not in the sorted list.
func without(n int, list []int) []int {
	out := make([]int, 0, n-len(list))
	k := 0
	for i := range n {
		if k < len(list) && list[k] == i {
			k++
			continue
		}
		out = append(out, i)
	}
	return out
}
