package convex

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

const (
	// krylovSystems bounds the directions, of which there need be as many as the regularized
	// system has eigenvalues that δ moves.
	krylovSystems = 24
	// krylovAbove is the residual, beside the right side, from which on refinement is taken to
	// have been stopped by δ; krylovFine is that of a second attempt.
	krylovAbove, krylovFine = 1e-10, 1e-13
)

// krylov refines z where single sweeps have come to an end: on near-parallel active rows δ is larger
// than an eigenvalue, and each sweep takes off a share of δ/(δ + σ). The factor becomes the
// preconditioner of the method of minimal residuals (Saad and Schultz, "GMRES", 1986), whose r it
// returns.
func (k *kkt) krylov(z, b, r []float64) {
	n := len(z)
	beta := floats.Norm(r, 2)
	if !(beta > 0) || math.IsInf(beta, 1) {
		return
	}
	basis := [][]float64{scaledBy(1/beta, r)}
	var steps [][]float64 // M⁻¹ of the basis
	var h [][]float64     // triangular, by columns
	var cos, sin []float64
	g := []float64{beta}
	zero := make([]float64, n)
	for range krylovSystems {
		j := len(steps)
		step := append([]float64(nil), basis[j]...)
		k.solve(step)
		k.drop(step)
		w := make([]float64, n)
		k.residual(w, step, zero)
		floats.Scale(-1, w)
		k.drop(w)
		column := make([]float64, j+2)
		for range 2 { // orthogonal to rounding
			for i, q := range basis {
				f := floats.Dot(q, w)
				column[i] += f
				floats.AddScaled(w, -f, q)
			}
		}
		length := floats.Norm(w, 2)
		for i := range cos {
			column[i], column[i+1] = cos[i]*column[i]+sin[i]*column[i+1], cos[i]*column[i+1]-sin[i]*column[i]
		}
		size := math.Hypot(column[j], length)
		if !(size > 0) || math.IsInf(size, 1) {
			break
		}
		cos, sin = append(cos, column[j]/size), append(sin, length/size)
		column[j] = size
		g = append(g, -sin[j]*g[j])
		g[j] *= cos[j]
		steps, h = append(steps, step), append(h, column)
		if math.Abs(g[j+1]) <= kktResidual*floats.Norm(b, 2) || length == 0 {
			break
		}
		basis = append(basis, scaledBy(1/length, w))
	}
	next := append([]float64(nil), z...)
	for i := len(steps) - 1; i >= 0; i-- {
		for j := i + 1; j < len(steps); j++ {
			g[i] -= h[j][i] * g[j]
		}
		g[i] /= h[i][i]
	}
	for i, step := range steps {
		floats.AddScaled(next, g[i], step)
	}
	last := maxAbs(r)
	k.residual(r, next, b)
	if maxAbs(r) < last {
		copy(z, next)
	}
}

// drop sets what belongs to rows that are left out to zero.
func (k *kkt) drop(v []float64) {
	for i, w := range k.w {
		if w >= dropped {
			v[k.n+i] = 0
		}
	}
}
