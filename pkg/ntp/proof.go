package ntp

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// The quantities that the paper's proofs bound, evaluated.

// Mass returns Σ_j π_j q_j, the probability that W puts outside the supports.
func (in *Instance) Mass(W mat.Matrix) float64 { return floats.Dot(in.Pi, in.OffSupportMass(W)) }

// Transfer returns the right-hand side of the identity in the proof of Theorem 1,
//
//	Σ_j π_j Σ_{z∈S_j} p_{j,z} Σ_{v∉S_j} σ_v(W h_j) (e_z - e_v)ᵀ D h_j,
//
// which is ⟨-∇CE(W), D⟩ for every D that satisfies (6a).
func (in *Instance) Transfer(W, D mat.Matrix) float64 {
	Q, L := in.Probabilities(W), in.Logits(D)
	V, _, _ := in.Dims()
	sum := 0.0
	for j, s := range in.S {
		for v := range V {
			if in.Follows(v, j) {
				continue
			}
			for _, z := range s {
				sum += in.Pi[j] * in.P.At(z, j) * Q.At(v, j) * (L.At(z, j) - L.At(v, j))
			}
		}
	}
	return sum
}

// AnchorRows returns the rows vec((e_a - e_z) h_jᵀ), a the first token of S_j and z the
// others: Σ_j (s_j - 1) rows of length V·d, row-major. It panics if there are none.
func (in *Instance) AnchorRows() *mat.Dense {
	return in.differences(func(s []int, row func(z, y int)) {
		for _, z := range s[1:] {
			row(s[0], z)
		}
	})
}

// PairRows returns the rows vec((e_z - e_z') h_jᵀ) of all pairs z < z' of every S_j.
func (in *Instance) PairRows() *mat.Dense {
	return in.differences(func(s []int, row func(z, y int)) {
		for i, z := range s {
			for _, y := range s[i+1:] {
				row(z, y)
			}
		}
	})
}

func (in *Instance) differences(pairs func(s []int, row func(z, y int))) *mat.Dense {
	V, d, _ := in.Dims()
	var data []float64
	n := 0
	for j, s := range in.S {
		pairs(s, func(z, y int) {
			row := make([]float64, V*d)
			for i := range d {
				row[z*d+i], row[y*d+i] = in.H.At(i, j), -in.H.At(i, j)
			}
			data, n = append(data, row...), n+1
		})
	}
	return mat.NewDense(n, V*d, data)
}

// Decay returns max_{j, v∉S_j} s_j e^γ σ_v(γ D h_j) for every γ. By (7) it is at most
// one for every D that satisfies (6); the factor s_j is derived here.
func (in *Instance) Decay(D mat.Matrix, gamma []float64) []float64 {
	L := in.Logits(D)
	V, _, _ := in.Dims()
	worst := make([]float64, len(gamma))
	for i, g := range gamma {
		for j, s := range in.S {
			l := mat.Col(nil, j, L)
			floats.Scale(g, l)
			lse := floats.LogSumExp(l)
			for v := range V {
				if !in.Follows(v, j) {
					worst[i] = math.Max(worst[i], float64(len(s))*math.Exp(g+l[v]-lse))
				}
			}
		}
	}
	return worst
}

// RayConstant returns Σ_j π_j x_j(W), x_j the odds of leaving the support. For D that
// satisfies (6), Excess(W + R D) - InSupportExcess(W) is at most e^{-R} times it
// (derived here; it replaces the paper's C, see PaperConstant).
func (in *Instance) RayConstant(W mat.Matrix) float64 {
	L := in.Logits(W)
	sum := 0.0
	for j := range in.S {
		x := in.labels.OffSupportOdds(L, j)
		sum += in.Pi[j] * x
	}
	return sum
}

// PaperConstant returns log C of the paper's (9), C = V exp(‖W*‖ M). C itself overflows
// on instances of moderate size.
func (in *Instance) PaperConstant(star mat.Matrix) float64 {
	V, _, _ := in.Dims()
	return math.Log(float64(V)) + matrix.Norm(star)*in.MaxNorm()
}

// MeanMargin returns the average margin of D over the pairs (j, v∉S_j), weighted by
// what they contribute to the excess at W + R D,
//
//	Σ π_j x_{j,v} m_{j,v} / Σ π_j x_{j,v},    m_{j,v} = mean_{z∈S_j} (e_z - e_v)ᵀ D h_j.
//
// It is minus the slope of log Σ_j π_j x_j in R and decreases in R, to the least margin.
func (in *Instance) MeanMargin(W, D mat.Matrix, R float64) float64 {
	L, M := in.Logits(matrix.Add(W, R, D)), in.Logits(D)
	V, _, _ := in.Dims()
	var weight, sum float64
	for j, s := range in.S {
		lse := floats.LogSumExp(matrix.Pick(L, j, s))
		level := floats.Sum(matrix.Pick(M, j, s)) / float64(len(s))
		for v := range V {
			if !in.Follows(v, j) {
				x := in.Pi[j] * math.Exp(L.At(v, j)-lse)
				weight += x
				sum += x * (level - M.At(v, j))
			}
		}
	}
	return sum / weight
}

// Decoder returns L H⁺, the least-norm decoder with logits L (V×m) if rank(H) = m: the
// matrix of the proof of Lemma 1. It fails if the embeddings are linearly dependent.
func (in *Instance) Decoder(L mat.Matrix) (*mat.Dense, error) {
	_, d, m := in.Dims()
	var gram mat.SymDense
	gram.SymOuterK(1, in.H.T())
	var chol mat.Cholesky
	if d < m || !chol.Factorize(&gram) || !(chol.Cond() < blockCond) {
		return nil, fmt.Errorf("ntp: embeddings of %d contexts in dimension %d are linearly dependent: Lemma 1 needs rank(H) = m", m, d)
	}
	var A mat.Dense // (HᵀH)⁻¹ Lᵀ
	if err := chol.SolveTo(&A, L.T()); err != nil {
		return nil, fmt.Errorf("ntp: decoder with given logits: %w", err)
	}
	V, _, _ := in.Dims()
	W := mat.NewDense(V, d, nil)
	W.Mul(A.T(), in.H.T())
	return W, nil
}

// SupportCurvature returns the extreme eigenvalues of the Hessian of CE_F at W,
// restricted to F: the quadratic form
//
//	X ↦ Σ_j π_j Var_{z ~ q_j}[(X h_j)_z],    q_j the softmax of W h_j over S_j.
//
// The smallest, λ_F, is positive; 1/(η λ_F) is the number of steps in which gradient
// descent forgets its start on F (derived here).
func (in *Instance) SupportCurvature(W mat.Matrix) (smallest, largest float64, err error) {
	if in.Equalities() == 0 {
		return 0, 0, errors.New("ntp: all supports are single tokens: F = {0} has no curvature")
	}
	Q, err := rowBasis(in.AnchorRows())
	if err != nil {
		return 0, 0, err
	}
	r, _ := Q.Dims()
	V, d, m := in.Dims()
	L := in.Logits(W)
	hessian := mat.NewSymDense(r, nil)
	B := mat.NewDense(r, V, nil) // logits of the basis in one context
	for j := range m {
		s := in.S[j]
		q := matrix.Pick(L, j, s)
		lse := floats.LogSumExp(q)
		h := in.H.ColView(j)
		mean := mat.NewVecDense(r, nil)
		for i, z := range s {
			var column mat.VecDense
			column.MulVec(Q.Slice(0, r, z*d, (z+1)*d), h)
			B.SetCol(z, column.RawVector().Data)
			mean.AddScaledVec(mean, math.Exp(q[i]-lse), &column)
		}
		for i, z := range s {
			var centred mat.VecDense
			centred.SubVec(B.ColView(z), mean)
			hessian.SymRankOne(hessian, in.Pi[j]*math.Exp(q[i]-lse), &centred)
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(hessian, false) {
		return 0, 0, errors.New("ntp: eigenvalues of the Hessian on F did not converge")
	}
	values := eigen.Values(nil)
	return values[0], values[len(values)-1], nil
}

// rowBasis returns an orthonormal basis of the row space as the rows of a matrix.
func rowBasis(A *mat.Dense) (*mat.Dense, error) {
	var svd mat.SVD
	if !svd.Factorize(A, mat.SVDThin) {
		return nil, errors.New("ntp: singular values of the anchor rows did not converge")
	}
	values := svd.Values(nil)
	rank := 0
	for _, v := range values {
		if v > rankTol*values[0] {
			rank++
		}
	}
	var right mat.Dense
	svd.VTo(&right)
	rows, _ := right.Dims()
	return mat.DenseCopyOf(right.Slice(0, rows, 0, rank).T()), nil
}

// rankTol is the relative size below which a singular value counts as zero: far above
// the 1e-16·√(rows·columns) of rounding, far below the values of independent embeddings.
const rankTol = 1e-10

// DriftCost returns the largest π_j p_{j,z} δ over the contexts j and pairs z, z' ∈ S_j,
// δ = (e_z' - e_z)ᵀ D h_j. CE(W + R D) grows at least by it per unit of R, once R is
// large: the word z, of weight π_j p_{j,z}, falls behind z' by R δ (first case in the
// proof of Theorem 1).
func (in *Instance) DriftCost(D mat.Matrix) float64 {
	L := in.Logits(D)
	cost := 0.0
	for j, s := range in.S {
		l := matrix.Pick(L, j, s)
		top := floats.Max(l)
		for i, z := range s {
			cost = math.Max(cost, in.Pi[j]*in.P.At(z, j)*(top-l[i]))
		}
	}
	return cost
}
