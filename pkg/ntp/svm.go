package ntp

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/maxmargin"
)

// ErrNotSeparable says that no decoder satisfies (6a) and (6b).
var ErrNotSeparable = errors.New("ntp: the data are not NTP-separable")

// SVM is the NTP-SVM, Definition 3:
//
//	W^mm = argmin ‖W‖  subject to
//	(e_z - e_z')ᵀ W h_j = 0  for z, z' ∈ S_j,               (6a)
//	(e_z - e_v)ᵀ W h_j ≥ 1   for z ∈ S_j, v ∉ S_j.          (6b)
//
// The multipliers form one matrix, W^mm = U Hᵀ with 1ᵀU = 0 and U[v][j] ≤ 0 off the
// supports, negative only where the margin is one; and ‖W^mm‖² = -Σ_{v∉S_j} U[v][j]
// (derived here).
type SVM struct {
	W      *mat.Dense // W^mm, V×d
	Norm   float64    // ‖W^mm‖
	Margin float64    // 1/‖W^mm‖, the best margin of a decoder of norm one
	Dual   *mat.Dense // U, V×m
	Active int        // margins of one, of Inequalities()

	convex.Certificate
}

// activeTol is how far above one a margin may lie and count as active. The solver's
// answer is within its residual, 1e-10 or better; a generic inactive margin is above by
// more than 1e-6.
const activeTol = 1e-7

// Wmm returns the NTP-SVM, solved on first use. If the data are not separable the error
// wraps ErrNotSeparable, and the multipliers returned with it prove it, see Separable.
// Data whose supports are all full have no constraint (6b): W^mm is zero.
func (in *Instance) Wmm() (*SVM, error) { return in.svm() }

func newSVM(in *Instance) (*SVM, error) {
	V, _, _ := in.Dims()
	margins, err := maxmargin.NewNextToken(in.H, V, in.S)
	if err != nil {
		return nil, err
	}
	found, err := margins.Solve(context.Background(), nil)
	if found == nil {
		return nil, err
	}
	svm := &SVM{W: found.W, Margin: found.Margin, Dual: found.U, Certificate: found.Certificate}
	if errors.Is(err, convex.ErrInfeasible) {
		return svm, fmt.Errorf("%w: %w: the multipliers prove it to %.1g; take a larger d", ErrNotSeparable, err, svm.Residual)
	}
	if svm.W == nil {
		return svm, err
	}
	svm.Norm = matrix.Norm(svm.W)
	for _, margin := range in.Margins(svm.W) {
		if margin <= 1+activeTol {
			svm.Active++
		}
	}
	return svm, err
}

// marginRounding times ‖W‖ M is what rounding and the projection on F⊥ may add to a margin.
const marginRounding = 1e-12

// Separability is the answer of Separable with its proof.
type Separability struct {
	Separable bool
	// W satisfies (6a) up to InSupportError(W) and (6b), MinMargin(W) ≥ 1, up to rounding;
	// nil if the data are not separable.
	W *mat.Dense
	// Dual proves that they are not: off the supports its entries are at most zero and sum
	// to -1, its columns sum to zero, and Dual·Hᵀ = 0 up to Defect. For W with (6) that
	// would say 0 = <Dual Hᵀ, W> ≥ 1.
	Dual   *mat.Dense
	Defect float64
}

// Separable decides whether the data are NTP-separable, with a proof either way. The
// error is not nil if the data are too close to the border for either.
func (in *Instance) Separable() (*Separability, error) {
	svm, err := in.Wmm()
	switch {
	case err == nil:
		return &Separability{Separable: true, W: svm.W}, nil
	case errors.Is(err, ErrNotSeparable):
		return &Separability{Dual: svm.Dual, Defect: svm.Residual}, nil
	case svm == nil || svm.W == nil:
		return nil, err
	}
	// A tiny margin has a W^mm too long for the solver's tolerance. Any W in F⊥ with a
	// positive margin is a proof all the same.
	F, failed := in.Subspace()
	if failed != nil {
		return nil, errors.Join(err, failed)
	}
	W := F.Complement(svm.W)
	margin := in.MinMargin(W)
	if !(margin > marginRounding*matrix.Norm(W)*in.MaxNorm()) {
		return nil, err
	}
	W.Scale(1/margin, W)
	return &Separability{Separable: true, W: W}, nil
}

// Margins returns min_{z∈S_j} (e_z - e_v)ᵀ W h_j for every pair (j, v ∉ S_j), ordered by
// context, then by token.
func (in *Instance) Margins(W mat.Matrix) []float64 {
	L := in.Logits(W)
	V, _, _ := in.Dims()
	margins := make([]float64, 0, in.Inequalities())
	for j, s := range in.S {
		least := floats.Min(matrix.Pick(L, j, s))
		for v := range V {
			if !in.Follows(v, j) {
				margins = append(margins, least-L.At(v, j))
			}
		}
	}
	return margins
}

// MinMargin returns the least of Margins(W), +Inf if every support is full.
func (in *Instance) MinMargin(W mat.Matrix) float64 {
	least := math.Inf(1)
	for _, x := range in.Margins(W) {
		least = math.Min(least, x)
	}
	return least
}

// Slackness returns the largest |U[v][j] (margin_{j,v} - 1)| over the pairs (j, v ∉ S_j),
// the complementary slackness of the SVM's multipliers.
func (in *Instance) Slackness(W, U mat.Matrix) float64 {
	margins := in.Margins(W)
	V, _, _ := in.Dims()
	worst, i := 0.0, 0
	for j := range in.S {
		for v := range V {
			if !in.Follows(v, j) {
				worst = math.Max(worst, math.Abs(U.At(v, j)*(margins[i]-1)))
				i++
			}
		}
	}
	return worst
}

// OffSupportDual returns -Σ_{v∉S_j} U[v][j], the dual objective's linear part, and the
// largest off-support entry of U, which is at most zero for multipliers.
func (in *Instance) OffSupportDual(U mat.Matrix) (sum, largest float64) {
	V, _, _ := in.Dims()
	largest = math.Inf(-1)
	for j := range in.S {
		for v := range V {
			if !in.Follows(v, j) {
				sum -= U.At(v, j)
				largest = math.Max(largest, U.At(v, j))
			}
		}
	}
	return sum, largest
}
