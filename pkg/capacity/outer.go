package capacity

import (
	"math/big"

	"gonum.org/v1/gonum/mat"
)

// BigOuter returns the matrix of ψ(a_i b_j + η) at the precision p for exact a, b and η.
func BigOuter(p Prec, psi Activation, a, b []*big.Rat, eta *big.Rat) [][]*big.Float {
	A := make([][]*big.Float, len(a))
	for i, x := range a {
		for _, y := range b {
			exact := new(big.Rat).Mul(x, y)
			A[i] = append(A[i], psi.Big(p, (p+guard).zero().SetRat(exact.Add(exact, eta))))
		}
	}
	return A
}

// FloatRank returns the number of singular values of A, rounded to float64, above n 2^-52 of
// the largest: what a numeric library calls the rank.
func (A Rationals) FloatRank() int {
	M := mat.NewDense(len(A), len(A[0]), nil)
	for i, row := range A {
		for j, x := range row {
			f, _ := x.Float64()
			M.Set(i, j, f)
		}
	}
	var svd mat.SVD
	if !svd.Factorize(M, mat.SVDNone) {
		return 0
	}
	return svd.Rank(float64(max(len(A), len(A[0]))) * 0x1p-52)
}

// Distinct returns n distinct rationals with numerators up to size over the denominator,
// drawn by the given function as rand.IntN, all positive or, if signed, of both signs with
// distinct absolute values.
func Distinct(n, size int, denominator int64, signed bool, intN func(int) int) []*big.Rat {
	used := map[int]bool{}
	var x []*big.Rat
	for len(x) < n {
		v := 1 + intN(size)
		if used[v] {
			continue
		}
		used[v] = true
		r := big.NewRat(int64(v), denominator)
		if signed && intN(2) == 0 {
			r.Neg(r)
		}
		x = append(x, r)
	}
	return x
}
