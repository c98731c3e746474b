package ntp

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Comparator returns P_F W + (1+α) ‖P_⊥ W‖ W^mm/‖W^mm‖, to which Lemma 5 compares W.
func (b *Bias) Comparator(W mat.Matrix, alpha float64) *mat.Dense {
	WF := b.F.Project(W)
	return matrix.Add(WF, (1+alpha)*matrix.Norm(matrix.Add(W, -1, WF)), b.direction)
}

// Lemma5 returns both sides of Lemma 5 less Hent,
//
//	CE(P_F W + (1+α) ‖P_⊥ W‖ W^mm/‖W^mm‖) ≤ CE(W),
//
// which holds for every α > 0 from some step of gradient descent on.
func (b *Bias) Lemma5(W mat.Matrix, alpha float64) (left, right float64) {
	return b.In.Excess(b.Comparator(W, alpha)), b.In.Excess(W)
}

// Lemma5Gap returns log(left/right) of Lemma5, which is not positive where it holds.
func (b *Bias) Lemma5Gap(W mat.Matrix, alpha float64) float64 {
	left, right := b.Lemma5(W, alpha)
	return math.Log(left / right)
}

// Display evaluates the expansion of CE(W_F + R D) that the proof of Lemma 5 works with,
// W_F in F and D in F⊥. With a_{z,v} = exp(-(e_z-e_v)ᵀ W_F h_j) and
// b_{z,v} = exp(-R (e_z-e_v)ᵀ D h_j) it is
//
//	CE(W_F + R D) = Σ_j π_j Σ_{z∈S_j} p_{j,z} log( Σ_{z'∈S_j} a_{z,z'} + Σ_{v∉S_j} a_{z,v} b_{z,v} ),
//
// the repaired form. The displays (15) and (16) print a_{z,v} + b_{z,v} for the product.
// As R grows along a D of positive margins the product goes to CE_F(W_F), as the proof
// needs; the sum exceeds CE(W_F) for every R, and with it the value that it is printed
// for as soon as that has fallen below (derived here).
func (in *Instance) Display(WF mat.Matrix, R float64, D mat.Matrix) (printed, repaired float64) {
	A, B := in.Logits(WF), in.Logits(D)
	V, _, _ := in.Dims()
	terms := make([]float64, 0, 2*V)
	for j, s := range in.S {
		for _, z := range s {
			weight := in.Pi[j] * in.P.At(z, j)
			a := func(v int) float64 { return A.At(v, j) - A.At(z, j) }
			b := func(v int) float64 { return R * (B.At(v, j) - B.At(z, j)) }
			terms = terms[:0]
			for _, y := range s {
				terms = append(terms, a(y))
			}
			inside := len(terms)
			for v := range V {
				if !in.Follows(v, j) {
					terms = append(terms, a(v)+b(v))
				}
			}
			repaired += weight * floats.LogSumExp(terms)
			terms = terms[:inside]
			for v := range V {
				if !in.Follows(v, j) {
					terms = append(terms, a(v), b(v))
				}
			}
			printed += weight * floats.LogSumExp(terms)
		}
	}
	return printed, repaired
}

// Display15 evaluates display (15), the expansion of the left side of Lemma 5.
func (b *Bias) Display15(W mat.Matrix, alpha float64) (printed, repaired float64) {
	WF := b.F.Project(W)
	return b.In.Display(WF, (1+alpha)*matrix.Norm(matrix.Add(W, -1, WF)), b.direction)
}

// Display16 evaluates display (16), the expansion of the right side, CE(W).
func (b *Bias) Display16(W mat.Matrix) (printed, repaired float64) {
	WF := b.F.Project(W)
	perp := matrix.Add(W, -1, WF)
	return b.In.Display(WF, matrix.Norm(perp), matrix.Unit(perp))
}
