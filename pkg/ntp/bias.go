package ntp

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Bias holds what the optimization of an instance is biased towards: W* on F and the
// direction of W^mm on F⊥. Its methods are the columns of the paper's figures, functions
// of a decoder.
type Bias struct {
	In    *Instance
	F     *Subspace
	Wstar *mat.Dense
	Wmm   *mat.Dense

	direction *mat.Dense // W^mm/‖W^mm‖
}

// Bias returns the limits of an instance, which must be compatible and separable and
// have a margin constraint.
func (in *Instance) Bias() (*Bias, error) {
	F, err := in.Subspace()
	if err != nil {
		return nil, err
	}
	star, err := in.Wstar()
	if err != nil {
		return nil, err
	}
	svm, err := in.Wmm()
	if err != nil {
		return nil, err
	}
	if svm.Norm == 0 {
		return nil, fmt.Errorf("ntp: every support is the whole vocabulary: there is no margin to maximize")
	}
	return &Bias{In: in, F: F, Wstar: star.W, Wmm: svm.W, direction: matrix.Unit(svm.W)}, nil
}

// Corr returns the cosine of W and W^mm.
func (b *Bias) Corr(W mat.Matrix) float64 { return matrix.Corr(W, b.Wmm) }

// CorrCentred returns the cosine of W - W* and W^mm.
func (b *Bias) CorrCentred(W mat.Matrix) float64 {
	return matrix.Corr(matrix.Add(W, -1, b.Wstar), b.Wmm)
}

// Direction returns ‖W/‖W‖ - W^mm/‖W^mm‖‖.
func (b *Bias) Direction(W mat.Matrix) float64 {
	return matrix.Norm(matrix.Add(matrix.Unit(W), -1, b.direction))
}

// ErrF returns ‖P_F W - W*‖.
func (b *Bias) ErrF(W mat.Matrix) float64 {
	return matrix.Norm(matrix.Add(b.F.Project(W), -1, b.Wstar))
}

// RelErrF returns ‖P_F W - W*‖/‖W*‖.
func (b *Bias) RelErrF(W mat.Matrix) float64 { return b.ErrF(W) / matrix.Norm(b.Wstar) }

// NormF returns ‖P_F W‖.
func (b *Bias) NormF(W mat.Matrix) float64 { return matrix.Norm(b.F.Project(W)) }

// NormPerp returns ‖P_⊥ W‖.
func (b *Bias) NormPerp(W mat.Matrix) float64 { return matrix.Norm(b.F.Complement(W)) }

// Genie returns W* + R W^mm of norm B, R = √(B² - ‖W*‖²)/‖W^mm‖, which the proof of
// Theorem 1 compares with the minimizer of CE in the ball ‖W‖ ≤ B. It needs B ≥ ‖W*‖.
func (b *Bias) Genie(B float64) (*mat.Dense, error) {
	star := matrix.Norm(b.Wstar)
	if !(B >= star) {
		return nil, fmt.Errorf("ntp: no genie point of norm %g: W* alone has norm %g", B, star)
	}
	return matrix.Add(b.Wstar, math.Sqrt((B-star)*(B+star)), b.direction), nil
}

// Descent returns the rates at which CE falls from W along the direction of W^mm and
// along that of P_⊥ W, <-∇CE(W), W^mm/‖W^mm‖> and <-∇CE(W), P_⊥W/‖P_⊥W‖>. Where Lemma 5
// holds for α, convexity gives
//
//	<∇CE(W), P_⊥W - (1+α) ‖P_⊥W‖ W^mm/‖W^mm‖> ≥ 0,  that is  (1+α) mm ≥ perp,
//
// from which Theorem 2 follows with 1-ε = 1/(1+α).
func (b *Bias) Descent(W mat.Matrix) (mm, perp float64) {
	G := b.In.Gradient(W)
	return -matrix.Inner(G, b.direction), -matrix.Inner(G, matrix.Unit(b.F.Complement(W)))
}
