package capacity

import "math/big"

// Rationals is a matrix of exact numbers, row by row.
type Rationals [][]*big.Rat

// integers returns the rows, each times its common denominator: the rank is the same, and
// the determinant is that of A times scale.
func (A Rationals) integers() (rows [][]*big.Int, scale *big.Int) {
	scale = big.NewInt(1)
	for _, row := range A {
		common := big.NewInt(1)
		for _, x := range row {
			g := new(big.Int).GCD(nil, nil, common, x.Denom())
			common.Mul(common, new(big.Int).Quo(x.Denom(), g))
		}
		cleared := make([]*big.Int, len(row))
		for j, x := range row {
			cleared[j] = new(big.Int).Mul(x.Num(), new(big.Int).Quo(common, x.Denom()))
		}
		rows = append(rows, cleared)
		scale.Mul(scale, common)
	}
	return rows, scale
}

// eliminate runs Bareiss' fraction-free elimination: every division is exact and every
// entry a minor of the matrix. It returns the rank, and the determinant of a square matrix
// of full rank as the last pivot with the sign of the row exchanges.
func eliminate(A [][]*big.Int) (rank int, last *big.Int) {
	last, sign := big.NewInt(1), 1
	columns := 0
	if len(A) > 0 {
		columns = len(A[0])
	}
	t := new(big.Int)
	for c := 0; c < columns && rank < len(A); c++ {
		pivot := rank
		for pivot < len(A) && A[pivot][c].Sign() == 0 {
			pivot++
		}
		if pivot == len(A) {
			continue
		}
		if pivot != rank {
			A[pivot], A[rank] = A[rank], A[pivot]
			sign = -sign
		}
		for i := rank + 1; i < len(A); i++ {
			for j := c + 1; j < columns; j++ {
				A[i][j].Mul(A[i][j], A[rank][c])
				A[i][j].Sub(A[i][j], t.Mul(A[i][c], A[rank][j])).Quo(A[i][j], last)
			}
			A[i][c].SetInt64(0)
		}
		last = A[rank][c]
		rank++
	}
	return rank, new(big.Int).Mul(last, big.NewInt(int64(sign)))
}

// Rank returns the exact rank.
func (A Rationals) Rank() int {
	rows, _ := A.integers()
	rank, _ := eliminate(rows)
	return rank
}

// Det returns the exact determinant of a square matrix.
func (A Rationals) Det() *big.Rat {
	if len(A) > 0 && len(A) != len(A[0]) {
		panic("capacity: determinant of a matrix that is not square")
	}
	rows, scale := A.integers()
	rank, det := eliminate(rows)
	if rank < len(A) {
		return new(big.Rat)
	}
	return new(big.Rat).SetFrac(det, scale)
}

// Kruskal returns the Kruskal rank: the largest k such that every k columns are
// independent. It looks at all subsets of k columns, so it is for small matrices.
func (A Rationals) Kruskal() int {
	columns := len(A[0])
	k := 0
	for k < min(len(A), columns) {
		for _, S := range Subsets(columns, k+1) {
			if A.Columns(S).Rank() <= k {
				return k
			}
		}
		k++
	}
	return k
}

// Columns returns the columns S of A.
func (A Rationals) Columns(S []int) Rationals {
	B := make(Rationals, len(A))
	for i, row := range A {
		for _, j := range S {
			B[i] = append(B[i], row[j])
		}
	}
	return B
}

// Subsets returns all subsets of 0..n-1 of size k, in lexicographic order.
func Subsets(n, k int) [][]int {
	if k == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for first := 0; first+k <= n; first++ {
		for _, rest := range Subsets(n-first-1, k-1) {
			s := []int{first}
			for _, r := range rest {
				s = append(s, first+1+r)
			}
			all = append(all, s)
		}
	}
	return all
}

// Polynomial is Σ_k C[k] x^k.
type Polynomial []*big.Rat

// Monomials returns the polynomial whose coefficient is 1/(k+1) for each k of K, which is
// generic enough to show what depends on K alone.
func Monomials(K ...int) Polynomial {
	var p Polynomial
	for _, k := range K {
		for len(p) <= k {
			p = append(p, new(big.Rat))
		}
		p[k] = big.NewRat(1, int64(k+1))
	}
	return p
}

// Exponents returns K, the k with C[k] ≠ 0.
func (p Polynomial) Exponents() (K []int) {
	for k, c := range p {
		if c.Sign() != 0 {
			K = append(K, k)
		}
	}
	return K
}

// At returns the value at x.
func (p Polynomial) At(x *big.Rat) *big.Rat {
	y := new(big.Rat)
	for k := len(p) - 1; k >= 0; k-- {
		y.Mul(y, x).Add(y, p[k])
	}
	return y
}

// Outer returns ψ(a bᵀ), the matrix of ψ(a_i b_j).
func (p Polynomial) Outer(a, b []*big.Rat) Rationals {
	A := make(Rationals, len(a))
	for i, x := range a {
		for _, y := range b {
			A[i] = append(A[i], p.At(new(big.Rat).Mul(x, y)))
		}
	}
	return A
}

// Vandermonde returns the matrix of a_i^k, k in K.
func Vandermonde(a []*big.Rat, K []int) Rationals {
	A := make(Rationals, len(a))
	for i, x := range a {
		for _, k := range K {
			y := big.NewRat(1, 1)
			for range k {
				y.Mul(y, x)
			}
			A[i] = append(A[i], y)
		}
	}
	return A
}

// CauchyBinet returns the sum that equals det ψ(a bᵀ) for a and b of one length r,
//
//	Σ_{S⊂K, |S|=r} Π_{k∈S} c_k det[a_i^k]_{k∈S} det[b_j^k]_{k∈S}.
func (p Polynomial) CauchyBinet(a, b []*big.Rat) *big.Rat {
	K, sum := p.Exponents(), new(big.Rat)
	for _, subset := range Subsets(len(K), len(a)) {
		var S []int
		term := big.NewRat(1, 1)
		for _, s := range subset {
			S = append(S, K[s])
			term.Mul(term, p[K[s]])
		}
		term.Mul(term, Vandermonde(a, S).Det()).Mul(term, Vandermonde(b, S).Det())
		sum.Add(sum, term)
	}
	return sum
}

// Ints returns whole numbers as rationals.
func Ints(x ...int64) []*big.Rat {
	r := make([]*big.Rat, len(x))
	for i := range x {
		r[i] = big.NewRat(x[i], 1)
	}
	return r
}
