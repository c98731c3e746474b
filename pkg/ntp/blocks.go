package ntp

import (
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// blocks solves P_T(A K) = B for A in T, K = HᵀH and B in T. Row z of A lives on the
// contexts J_z = {j : z ∈ S_j, s_j > 1}, and the equation says that row z of A K - B is
// there the same ν_j for every z of S_j:
//
//	A_z = K_z⁻¹ (B_z + ν),   K_z = K[J_z, J_z],
//	Σ_z A_z = 0  ⟹  M ν = -Σ_z K_z⁻¹ B_z,   M = Σ_z K_z⁻¹  (scattered to m×m).
//
// That is one Cholesky factorization a token and one of m×m. If every K_z is positive
// definite A Hᵀ = 0 implies A = 0 row by row: the Σ_j (s_j - 1) log-odds equations are
// then independent and the data compatible, whatever p (derived here).
type blocks struct {
	in       *Instance
	contexts []int          // those with s_j > 1
	rows     [][]int        // J_z as positions in contexts
	chol     []mat.Cholesky // of K_z
	columns  mat.Cholesky   // of M
	gram     *mat.SymDense  // K of these contexts
}

// blockCond is the condition number beyond which a block counts as singular. The condition
// number of a K_z is the square of that of its embeddings, and one solve leaves a relative
// error of order 1e-16 times it; refined with residuals that come from the embeddings, A Hᵀ
// has an error of order 1e-16 times its root, as a decomposition of the embeddings has.
const blockCond = 1e9

// refinements is how often a solution is corrected with its own residual, at most; it is
// enough if the residual is solved times the right side, which where blocks are
// ill-conditioned it never is.
const (
	refinements = 3
	solved      = 1e-15
)

// newBlocks returns nil if a block is singular.
func newBlocks(in *Instance) *blocks {
	b := &blocks{in: in}
	V, d, _ := in.Dims()
	b.rows = make([][]int, V)
	for j, s := range in.S {
		if len(s) == 1 {
			continue
		}
		for _, z := range s {
			b.rows[z] = append(b.rows[z], len(b.contexts))
		}
		b.contexts = append(b.contexts, j)
	}
	n := len(b.contexts)
	if n == 0 {
		return b
	}
	X := mat.NewDense(d, n, nil)
	for i, j := range b.contexts {
		X.SetCol(i, mat.Col(nil, j, in.H))
	}
	b.gram = mat.NewSymDense(n, nil)
	b.gram.SymOuterK(1, X.T())
	if !b.factorize(d) {
		return nil
	}
	return b
}

func (b *blocks) factorize(d int) bool {
	n := len(b.contexts)
	M := mat.NewSymDense(n, nil)
	b.chol = make([]mat.Cholesky, len(b.rows))
	for z, J := range b.rows {
		if len(J) == 0 {
			continue
		}
		if len(J) > d {
			return false
		}
		K := mat.NewSymDense(len(J), nil)
		for p, i := range J {
			for q, k := range J[p:] {
				K.SetSym(p, p+q, b.gram.At(i, k))
			}
		}
		if !b.chol[z].Factorize(K) || !(b.chol[z].Cond() < blockCond) {
			return false
		}
		var inverse mat.SymDense
		if b.chol[z].InverseTo(&inverse) != nil {
			return false
		}
		for p, i := range J {
			for q, k := range J[p:] {
				M.SetSym(i, k, M.At(i, k)+inverse.At(p, p+q))
			}
		}
	}
	return b.columns.Factorize(M)
}

// solve returns A, V×m. B must lie in T.
func (b *blocks) solve(B *mat.Dense) *mat.Dense {
	V, m := B.Dims()
	A := mat.NewDense(V, m, nil)
	if len(b.contexts) == 0 {
		return A
	}
	R := mat.DenseCopyOf(B)
	enough := solved * matrix.MaxAbs(B)
	for i := 0; i <= refinements && matrix.MaxAbs(R) > enough; i++ {
		A.Add(A, b.step(R))
		R.Sub(B, b.apply(A))
	}
	return A
}

// apply returns P_T(A K), through H: K itself is rounded.
func (b *blocks) apply(A *mat.Dense) *mat.Dense {
	return b.in.centreOnSupports(b.in.supportLogits(b.in.fromT(A)))
}

func (b *blocks) step(B *mat.Dense) *mat.Dense {
	V, m := B.Dims()
	n := len(b.contexts)
	sum := mat.NewVecDense(n, nil)
	for z := range b.rows {
		for p, x := range b.row(z, B, nil) {
			i := b.rows[z][p]
			sum.SetVec(i, sum.AtVec(i)-x)
		}
	}
	nu := mat.NewVecDense(n, nil)
	// Factorize has accepted M; an ill-conditioned one is what the refinement is for.
	_ = b.columns.SolveVecTo(nu, sum)
	A := mat.NewDense(V, m, nil)
	for z, J := range b.rows {
		for p, x := range b.row(z, B, nu) {
			A.Set(z, b.contexts[J[p]], x)
		}
	}
	return A
}

// row returns K_z⁻¹ (B_z + ν) on J_z; nu may be nil for ν = 0.
func (b *blocks) row(z int, B *mat.Dense, nu *mat.VecDense) []float64 {
	J := b.rows[z]
	if len(J) == 0 {
		return nil
	}
	right := mat.NewVecDense(len(J), nil)
	for p, i := range J {
		x := B.At(z, b.contexts[i])
		if nu != nil {
			x += nu.AtVec(i)
		}
		right.SetVec(p, x)
	}
	_ = b.chol[z].SolveVecTo(right, right) // its condition is below blockCond
	return right.RawVector().Data
}
