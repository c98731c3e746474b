package matrix

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Nuclear returns ‖L‖_*, the sum of the singular values.
func Nuclear(L mat.Matrix) float64 { return floats.Sum(singular(L)) }

// Spectral returns ‖L‖₂, the largest singular value.
func Spectral(L mat.Matrix) float64 { return singular(L)[0] }

// singular returns the singular values, NaN if they do not converge.
func singular(L mat.Matrix) []float64 {
	var svd mat.SVD
	if !svd.Factorize(L, mat.SVDNone) {
		return []float64{math.NaN()}
	}
	return svd.Values(nil)
}
