package maxmargin

import (
	"context"
	"errors"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
)

// kernelRank is the eigenvalue of K, relative to the largest, that counts as zero: sums of
// products of float64 are not exact to more.
const kernelRank = 1e-13

// KernelSolution holds the multipliers α ≥ 0 of w = Σ α_i f_i.
type KernelSolution struct {
	// Alpha maximizes 1ᵀα - 1/2 αᵀ K α over α ≥ 0. When the program is infeasible it is the
	// proof: α ≥ 0 with 1ᵀα = 1 and Σ α_i f_i ≈ 0, while every margin ≥ 1 would make
	// ⟨Σ α_i f_i, w⟩ ≥ 1.
	Alpha      []float64
	Iterations int // Newton systems solved
}

// Kernel solves the max-margin program of rows with Gram matrix K. With F Fᵀ = K, up to
// eigenvalues of K that are round-off, it is min 1/2 ‖v‖² subject to F v ≥ 1, which has few
// variables and the same dual. How well α solves the program is for the caller to measure on
// the w that it makes of it, whose certificate K alone does not hold.
//
// Errors are those of [convex.QP.Solve]; on convex.ErrInfeasible the proof is returned as well.
func Kernel(ctx context.Context, K *mat.SymDense, opts *convex.Options) (*KernelSolution, error) {
	F, err := kernelRoot(K)
	if err != nil {
		return nil, err
	}
	ones := make([]float64, K.SymmetricDim())
	floats.AddConst(1, ones)
	sol, err := (&convex.QP{G: convex.FromDense(F), H: ones}).Solve(ctx, opts)
	if sol == nil {
		return nil, err
	}
	k := &KernelSolution{Alpha: sol.Mu, Iterations: sol.Iterations}
	if errors.Is(err, convex.ErrInfeasible) {
		floats.Scale(1/floats.Sum(k.Alpha), k.Alpha)
		return k, err
	}
	for i, a := range k.Alpha {
		k.Alpha[i] = math.Max(a, 0)
	}
	return k, err
}

// AllActive returns K⁻¹1 if it is positive, else nil: it is then the solution of [Kernel],
// all margins being one, by a single Cholesky factorization.
func AllActive(K *mat.SymDense) []float64 {
	n := K.SymmetricDim()
	var chol mat.Cholesky
	if !chol.Factorize(K) {
		return nil
	}
	ones := mat.NewVecDense(n, nil)
	for i := range n {
		ones.SetVec(i, 1)
	}
	alpha := mat.NewVecDense(n, nil)
	if err := chol.SolveVecTo(alpha, ones); err != nil || floats.Min(alpha.RawVector().Data) <= 0 {
		return nil
	}
	return alpha.RawVector().Data
}

// kernelRoot returns F with F Fᵀ = K up to kernelRank of its largest eigenvalue.
func kernelRoot(K *mat.SymDense) (*mat.Dense, error) {
	var eigen mat.EigenSym
	if !eigen.Factorize(K, true) {
		return nil, malformed("the Gram matrix of the rows has no eigenvalues: are its entries finite and not huge?")
	}
	values := eigen.Values(nil)
	var V mat.Dense
	eigen.VectorsTo(&V)
	n, from := len(values), 0
	for from < n-1 && values[from] <= kernelRank*values[n-1] {
		from++
	}
	F := mat.DenseCopyOf(V.Slice(0, n, from, n))
	F.Apply(func(_, j int, v float64) float64 { return v * math.Sqrt(values[from+j]) }, F)
	return F, nil
}
