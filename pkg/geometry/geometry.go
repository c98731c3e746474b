package geometry

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// singularTol is the fraction of the largest singular value below which one counts as zero:
// a factorization in float64 leaves some 1e-15, and a solver of pkg/convex 1e-10.
const singularTol = 1e-8

// Geometry is what logits L imply for embeddings. With the compact singular value
// decomposition L = U Σ Qᵀ, the factors of least total norm are
//
//	W = U Σ^{1/2},  H = Σ^{1/2} Qᵀ,   ½ (‖W‖² + ‖H‖²) = ‖L‖_* = tr Σ,
//
// unique up to a rotation of the space between them, which the Gram matrices
//
//	W Wᵀ = U Σ Uᵀ = (L Lᵀ)^{1/2},   Hᵀ H = Q Σ Qᵀ = (Lᵀ L)^{1/2}
//
// do not see.
type Geometry struct {
	Sigma []float64  // positive singular values, decreasing
	U     *mat.Dense // left singular vectors, V×r
	Q     *mat.Dense // right ones, m×r
}

// New returns the geometry of L. It fails for a matrix that is zero, as the
// logits are at λ ≥ λ_max, or not finite.
func New(L mat.Matrix) (*Geometry, error) {
	var svd mat.SVD
	if x := matrix.Norm(L); !(x > 0) || math.IsInf(x, 0) {
		return nil, fmt.Errorf("geometry: logits of norm %g have no directions: want a finite matrix that is not zero", x)
	}
	if !svd.Factorize(L, mat.SVDThin) {
		return nil, fmt.Errorf("geometry: the singular values of the logits did not converge")
	}
	g := &Geometry{Sigma: svd.Values(nil)}
	r := 0
	for r < len(g.Sigma) && g.Sigma[r] > singularTol*g.Sigma[0] {
		r++
	}
	var U, Q mat.Dense
	svd.UTo(&U)
	svd.VTo(&Q)
	V, m := L.Dims()
	g.Sigma = g.Sigma[:r]
	g.U, g.Q = mat.DenseCopyOf(U.Slice(0, V, 0, r)), mat.DenseCopyOf(Q.Slice(0, m, 0, r))
	return g, nil
}

// Rank returns the number of singular values that are not negligible.
func (g *Geometry) Rank() int { return len(g.Sigma) }

// Nuclear returns ‖L‖_* = tr Σ.
func (g *Geometry) Nuclear() float64 { return floats.Sum(g.Sigma) }

// W returns U Σ^{1/2}, V×r: a word a row.
func (g *Geometry) W() *mat.Dense { return scaledColumns(g.U, g.Sigma, 0.5) }

// H returns Σ^{1/2} Qᵀ, r×m: a context a column.
func (g *Geometry) H() *mat.Dense { return mat.DenseCopyOf(scaledColumns(g.Q, g.Sigma, 0.5).T()) }

// GramW returns W Wᵀ, V×V.
func (g *Geometry) GramW() *mat.Dense { return outer(g.W()) }

// GramH returns Hᵀ H, m×m.
func (g *Geometry) GramH() *mat.Dense { return outer(mat.DenseCopyOf(g.H().T())) }

// Polar returns U Qᵀ, the subgradient of ‖·‖_* at L of least norm.
func (g *Geometry) Polar() *mat.Dense {
	var A mat.Dense
	A.Mul(g.U, g.Q.T())
	return &A
}

// scaledColumns multiplies column i of A by sigma_i to the power p.
func scaledColumns(A *mat.Dense, sigma []float64, p float64) *mat.Dense {
	B := mat.DenseCopyOf(A)
	B.Apply(func(_, i int, x float64) float64 { return x * math.Pow(sigma[i], p) }, B)
	return B
}

// outer returns A Aᵀ.
func outer(A *mat.Dense) *mat.Dense {
	var G mat.Dense
	G.Mul(A, A.T())
	return &G
}

// Cosines returns the cosines of vectors from their Gram matrix, Corr in the paper:
// G_ij/√(G_ii G_jj), NaN for a vector of length zero.
func Cosines(G *mat.Dense) *mat.Dense {
	n, _ := G.Dims()
	length := make([]float64, n)
	for i := range length {
		length[i] = math.Sqrt(G.At(i, i))
	}
	C := mat.NewDense(n, n, nil)
	C.Apply(func(i, j int, x float64) float64 { return x / length[i] / length[j] }, G)
	return C
}

// RowCosines returns the cosines of the rows of A.
func RowCosines(A *mat.Dense) *mat.Dense { return Cosines(outer(A)) }

// ColumnCosines returns the cosines of the columns of A.
func ColumnCosines(A *mat.Dense) *mat.Dense { return Cosines(outer(mat.DenseCopyOf(A.T()))) }

// simStabilizer is the constant C of SIM, as the paper's code has it.
const simStabilizer = 1e-5

// SIM returns the structure term of the structural similarity of two matrices of one
// shape, over all their entries (Wang et al., "Image quality assessment: from error
// visibility to structural similarity", 2004):
//
//	SIM(X, Y) = (cov(x, y) + C)/(std(x) std(y) + C),   C = 1e-5
//
// with the covariance divided by N and the deviations by N-1, as the paper's code does.
func SIM(X, Y *mat.Dense) float64 {
	x, y := mat.DenseCopyOf(X).RawMatrix().Data, mat.DenseCopyOf(Y).RawMatrix().Data
	if len(x) != len(y) {
		panic(mat.ErrShape)
	}
	n := float64(len(x))
	return (stat.Covariance(x, y, nil)*(n-1)/n + simStabilizer) / (stat.StdDev(x, nil)*stat.StdDev(y, nil) + simStabilizer)
}

// Align returns the orthogonal matrix R for which ‖A R - B‖ is least, where B may have
// fewer columns than A: it lays embeddings on those that are predicted, which are known
// up to a rotation only (Schönemann, "A generalized solution of the orthogonal Procrustes
// problem", 1966).
func Align(A, B mat.Matrix) *mat.Dense {
	var C mat.Dense
	C.Mul(A.T(), B)
	var svd mat.SVD
	if !svd.Factorize(&C, mat.SVDThin) {
		panic("geometry: singular values of a product of embeddings did not converge")
	}
	var U, Q, R mat.Dense
	svd.UTo(&U)
	svd.VTo(&Q)
	R.Mul(&U, Q.T())
	return &R
}
