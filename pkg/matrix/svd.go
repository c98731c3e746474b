package matrix

import (
	"errors"

	"gonum.org/v1/gonum/mat"
)

var errSVD = errors.New("matrix: singular value decomposition does not converge: are all entries finite?")

// SVD returns the thin singular value decomposition X = U diag(values) Vᵀ, values in
// decreasing order. It fails where an entry is not finite.
func SVD(x *mat.Dense) (u *mat.Dense, values []float64, v *mat.Dense, err error) {
	var svd mat.SVD
	if !svd.Factorize(x, mat.SVDThin) {
		return nil, nil, nil, errSVD
	}
	u, v = new(mat.Dense), new(mat.Dense)
	svd.UTo(u)
	svd.VTo(v)
	return u, svd.Values(nil), v, nil
}

// SingularValues returns the singular values in decreasing order. It fails where an entry is
// not finite.
func SingularValues(x *mat.Dense) ([]float64, error) {
	var svd mat.SVD
	if !svd.Factorize(x, mat.SVDNone) {
		return nil, errSVD
	}
	return svd.Values(nil), nil
}
