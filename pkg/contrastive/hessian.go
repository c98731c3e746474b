package contrastive

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// flatLength is the length below which what is left of a direction, once its part in others
// is taken out, counts as nothing.
const flatLength = 1e-9

// Second returns the second derivative of t ↦ L at H(t) = H + tX - t²/2 H diag(‖x_i‖²), which
// stays on the sphere to third order, for unit columns h_i and x_i ⟂ h_i,
//
//	r² Σ_i Var_{P_i}((HᵀX + XᵀH)_i) + 2 tr(S XᵀX)
//
// the Riemannian Hessian of the sphere along X.
func (p *Problem) Second(H, X *mat.Dense) float64 {
	G := Gram(H)
	S, _ := multipliers(p.Gradient(G), H)
	var first, SX mat.Dense
	first.Mul(H.T(), X)
	first.Add(&first, mat.DenseCopyOf(first.T()))
	SX.Mul(X, S)
	SX.MulElem(&SX, X)
	return p.variance(p.Softmax(G), &first) + 2*mat.Sum(&SX)
}

// HessianValues returns, in increasing order, the eigenvalues of the Riemannian Hessian at unit
// columns H on the directions that are no rotations: those of the tangent space of the
// spheres that are orthogonal to {ΩH : Ω = -Ωᵀ}, along which the loss does not change. A
// stationary point with a positive smallest one is a strict minimum up to rotations.
func (p *Problem) HessianValues(H *mat.Dense) ([]float64, error) {
	if err := p.check(H); err != nil {
		return nil, err
	}
	for i := range p.N() {
		if math.Abs(column(H, i)-1) > 1e-9 {
			return nil, fmt.Errorf("contrastive: embedding %d has the length %v: points of the sphere are expected", i, column(H, i))
		}
	}
	basis := tangents(H)
	if len(basis) == 0 {
		return nil, nil
	}
	// The form is q(X) = r² Σ Var(HᵀX + XᵀH) + 2 tr(S XᵀX); its matrix comes from the
	// images of the basis under the bilinear form.
	G := Gram(H)
	S, _ := multipliers(p.Gradient(G), H)
	P := p.Softmax(G)
	images := make([][]float64, len(basis))
	for b, X := range basis {
		images[b] = p.apply(H, P, S, X).RawMatrix().Data
	}
	Q := mat.NewDense(len(basis), len(basis), nil)
	for a := range basis {
		for b := range basis {
			Q.Set(a, b, dot(basis[a].RawMatrix().Data, images[b]))
		}
	}
	values := eigenvalues(Q)
	if math.IsNaN(values[0]) {
		return nil, fmt.Errorf("contrastive: the eigenvalues of a Hessian with %d rows were not found", len(basis))
	}
	return values, nil
}

// apply returns the d by n matrix Y with ⟨X', Y⟩ the Hessian's bilinear form of X' and X.
func (p *Problem) apply(H, P, S, X *mat.Dense) *mat.Dense {
	n := p.N()
	var D mat.Dense
	D.Mul(H.T(), X)
	D.Add(&D, mat.DenseCopyOf(D.T()))
	C := mat.NewDense(n, n, nil) // r² P_ij (D_ij - mean_i), the derivative of the variances by D/2
	for i := range n {
		mean := 0.0
		for j := range n {
			mean += P.At(i, j) * D.At(i, j)
		}
		for j := range n {
			C.Set(i, j, p.R*p.R*P.At(i, j)*(D.At(i, j)-mean))
		}
	}
	C.Add(C, mat.DenseCopyOf(C.T()))
	var Y, SX mat.Dense
	Y.Mul(H, C)
	SX.Mul(X, S)
	SX.Scale(2, &SX)
	Y.Add(&Y, &SX)
	return &Y
}

// tangents returns an orthonormal basis of the tangent space of the spheres at H without the
// rotations, by Gram and Schmidt, twice.
func tangents(H *mat.Dense) []*mat.Dense {
	d, n := H.Dims()
	var kept []*mat.Dense // radial directions, rotations, then the basis
	add := func(X *mat.Dense) bool {
		for range 2 {
			for _, B := range kept {
				w := dot(B.RawMatrix().Data, X.RawMatrix().Data)
				for i, v := range B.RawMatrix().Data {
					X.RawMatrix().Data[i] -= w * v
				}
			}
		}
		length := math.Sqrt(dot(X.RawMatrix().Data, X.RawMatrix().Data))
		if length < flatLength {
			return false
		}
		X.Scale(1/length, X)
		kept = append(kept, X)
		return true
	}
	for i := range n {
		X := mat.NewDense(d, n, nil)
		X.SetCol(i, mat.Col(nil, i, H))
		add(X)
	}
	for a := range d {
		for b := range a {
			X := mat.NewDense(d, n, nil)
			for i := range n {
				X.Set(a, i, H.At(b, i))
				X.Set(b, i, -H.At(a, i))
			}
			add(X)
		}
	}
	first := len(kept)
	for i := range n {
		for a := range d {
			X := mat.NewDense(d, n, nil)
			X.Set(a, i, 1)
			add(X)
		}
	}
	return kept[first:]
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}
