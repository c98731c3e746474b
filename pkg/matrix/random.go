package matrix

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Gaussian draws an r×c matrix of independent standard normal entries, row by row.
func Gaussian(r, c int, rng *rand.Rand) *mat.Dense {
	A := mat.NewDense(r, c, nil)
	A.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, A)
	return A
}

// Orthonormal returns the Q of a Gaussian matrix's QR factorization, r ≥ c.
func Orthonormal(r, c int, rng *rand.Rand) *mat.Dense {
	var qr mat.QR
	qr.Factorize(Gaussian(r, c, rng))
	var Q mat.Dense
	qr.QTo(&Q)
	return mat.DenseCopyOf(Q.Slice(0, r, 0, c))
}
