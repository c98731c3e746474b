package capacity

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// CentredJacobian returns the derivatives of the centred logits l - mean(l) of the given
// contexts in θ, in the order of Params.Flat: n(ζ-1) rows. A context's ζ centred logits sum
// to zero; they are written in an orthonormal basis of that hyperplane, so that the rank
// is that of the map θ ↦ (h_θ(α_1), ..., h_θ(α_n)) into the product of simplices.
func (p *Params) CentredJacobian(contexts [][]int) *mat.Dense {
	k, free := p.Params(), p.Zeta-1
	J := mat.NewDense(len(contexts)*free, k, nil)
	basis := helmert(p.Zeta)
	for c, context := range contexts {
		rows := p.gradients(context, basis)
		for e, row := range rows {
			J.SetRow(c*free+e, row)
		}
	}
	return J
}

// helmert returns ζ-1 orthonormal vectors orthogonal to the vector of ones.
func helmert(zeta int) [][]float64 {
	basis := make([][]float64, zeta-1)
	for e := range basis {
		b := make([]float64, zeta)
		s := 1 / math.Sqrt(float64((e+1)*(e+2)))
		for z := range e + 1 {
			b[z] = s
		}
		b[e+1] = -float64(e+1) * s
		basis[e] = b
	}
	return basis
}

// Centred returns l in the basis of CentredJacobian.
func Centred(l []float64) []float64 {
	c := make([]float64, len(l)-1)
	for e, b := range helmert(len(l)) {
		c[e] = dot(b, l)
	}
	return c
}

// gradients returns the gradient in θ of <g, logits> for each g.
func (p *Params) gradients(context []int, directions [][]float64) [][]float64 {
	X := p.embed(context)
	heads, joined := make([]attention, p.Heads), []float64(nil)
	for r := range heads {
		heads[r] = p.head(r, X)
		joined = append(joined, heads[r].value...)
	}
	x := transposed(p.W0, joined)
	pre := transposed(p.W, x)
	hidden, slope := make([]float64, p.M), make([]float64, p.M)
	for j := range pre {
		pre[j] += p.B[j]
		hidden[j], slope[j] = p.Psi.At(pre[j]), p.Psi.Slope(pre[j])
	}
	rows := make([][]float64, len(directions))
	for e, g := range directions {
		d := newParams(p.Config, p.Psi)
		outer(d.V, hidden, g)
		delta := times(p.V, g) // in ψ, m
		for j := range delta {
			delta[j] *= slope[j]
		}
		copy(d.B, delta)
		outer(d.W, x, delta)
		dx := times(p.W, delta) // d
		outer(d.W0, joined, dx)
		values := times(p.W0, dx) // m0 d0
		dX := make([][]float64, len(X))
		for s := range dX {
			dX[s] = make([]float64, p.D)
		}
		for r, a := range heads {
			p.backHead(d, r, X, dX, a, values[r*p.D0:(r+1)*p.D0])
		}
		for s, token := range context {
			add(d.Z[token], dX[s])
			add(d.U[s], dX[s])
		}
		rows[e] = d.Flat()
	}
	return rows
}

// backHead adds to d and dX the derivatives through head r, whose output has derivative g:
// with a the weights and s = Xᵀ W1 W2ᵀ x_t the scores,
//
//	ds = a ∘ (Xᵀ W3 g - aᵀ Xᵀ W3 g),
//	dW3 = X a gᵀ,  dW1 = X ds (W2ᵀ x_t)ᵀ,  dW2 = x_t (W1ᵀ X ds)ᵀ,
//	dX = W3 g aᵀ + W1 W2ᵀ x_t dsᵀ,  dx_t = W2 W1ᵀ X ds.
func (p *Params) backHead(d *Params, r int, X, dX [][]float64, a attention, g []float64) {
	outer(d.W3[r], a.mean, g)
	into := times(p.W3[r], g) // W3 g, d
	mean := dot(a.mean, into)
	moved := make([]float64, p.D) // X ds
	for s, w := range a.weights {
		ds := w * (dot(X[s], into) - mean)
		for i := range moved {
			moved[i] += ds * X[s][i]
			dX[s][i] += w*into[i] + ds*a.key[i]
		}
	}
	last := len(X) - 1
	outer(d.W1[r], moved, a.query)
	back := transposed(p.W1[r], moved) // d1
	outer(d.W2[r], X[last], back)
	add(dX[last], times(p.W2[r], back))
}

// outer adds x yᵀ to A.
func outer(A, x, y []float64) {
	for i, xi := range x {
		for j, yj := range y {
			A[i*len(y)+j] += xi * yj
		}
	}
}

func add(a, b []float64) {
	for i := range a {
		a[i] += b[i]
	}
}

// rankTol is the singular value, relative to the largest, below which an exact derivative
// counts as zero: a matrix of some hundred rows and columns carries a round-off of about
// 1e-14 of its norm. NumericRank returns the gap beside it, which tells whether it did.
const rankTol = 1e-13

// NumericRank returns the number of singular values above rankTol of the largest, and the
// ratio of the last one above to the first one below: a rank is credible if it is large.
func NumericRank(A mat.Matrix) (rank int, gap float64) {
	var svd mat.SVD
	if !svd.Factorize(A, mat.SVDNone) {
		return 0, math.NaN()
	}
	s := svd.Values(nil)
	for rank < len(s) && s[rank] > rankTol*s[0] {
		rank++
	}
	switch {
	case rank == 0:
		return 0, math.NaN()
	case rank == len(s):
		return rank, math.Inf(1)
	}
	return rank, s[rank-1] / s[rank]
}
