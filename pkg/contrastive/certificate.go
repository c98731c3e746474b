package contrastive

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Certificate says how far embeddings are from solving the relaxation.
type Certificate struct {
	Loss, Excess float64
	Lambda       []float64 // λ_i = -(AG)_ii, the multipliers of G_ii ≤ 1
	LeastEigen   float64   // λ_min(S), S = A + diag(λ)
	LeastVector  []float64 // a unit eigenvector of it
	Residual     float64   // ‖S Hᵀ‖ / ‖A‖
	// Lower = L(G) - n max(0, -λ_min(S)) is below the loss of every G' ⪰ 0 with a diagonal
	// of ones, by convexity:
	//
	//	L(G') ≥ L(G) + ⟨A, G' - G⟩ = L(G) + ⟨S, G'⟩ + Σ λ_i (1 - G'_ii)
	//
	// It holds at every H, stationary or not, of whatever lengths.
	Lower float64
}

// Gap returns the loss minus the lower bound.
func (c *Certificate) Gap() float64 { return c.Loss - c.Lower }

func (c *Certificate) String() string {
	return fmt.Sprintf("L = %.9g, at least %.9g, λ_min(S) = %.2g, ‖SHᵀ‖/‖A‖ = %.2g", c.Loss, c.Lower, c.LeastEigen, c.Residual)
}

// Certify returns the certificate of embeddings.
func (p *Problem) Certify(H *mat.Dense) (*Certificate, error) {
	if err := p.check(H); err != nil {
		return nil, err
	}
	n := p.N()
	excess, A := p.excess(Gram(H))
	S, lambda := multipliers(A, H)
	c := &Certificate{Excess: excess, Loss: p.Floor() + excess, Lambda: lambda}
	values, vectors := eigen(S)
	if math.IsNaN(values[0]) {
		return nil, fmt.Errorf("contrastive: the eigenvalues of S were not found: finite embeddings are expected, largest entry found %v", matrix.MaxAbs(H))
	}
	c.LeastEigen, c.LeastVector = values[0], mat.Col(nil, 0, vectors)
	var SH mat.Dense
	SH.Mul(S, H.T())
	c.Residual = matrix.Norm(&SH) / matrix.Norm(A)
	c.Lower = c.Loss - float64(n)*math.Max(0, -c.LeastEigen)
	return c, nil
}

// multipliers returns S = A + diag(λ) and λ_i = -(A HᵀH)_ii.
func multipliers(A, H *mat.Dense) (*mat.Dense, []float64) {
	n, _ := A.Dims()
	var HA mat.Dense
	HA.Mul(H, A) // d by n
	S, lambda := mat.DenseCopyOf(A), make([]float64, n)
	d, _ := H.Dims()
	for i := range n {
		for a := range d {
			lambda[i] -= H.At(a, i) * HA.At(a, i)
		}
		S.Set(i, i, S.At(i, i)+lambda[i])
	}
	return S, lambda
}

// symmetric returns the upper triangle of A as a symmetric matrix.
func symmetric(A *mat.Dense) *mat.SymDense {
	n, _ := A.Dims()
	s := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			s.SetSym(i, j, A.At(i, j))
		}
	}
	return s
}

// Escape returns the embeddings in one more dimension that leave H along z,
//
//	h_i(t) = (h_i, t z_i) / ‖(h_i, t z_i)‖,   L(H(t)) - L(H) = t² zᵀ S z + O(t⁴)
//
// for unit columns h_i.
func Escape(H *mat.Dense, z []float64, t float64) *mat.Dense {
	d, n := H.Dims()
	up := mat.NewDense(d+1, n, nil)
	up.Slice(0, d, 0, n).(*mat.Dense).Copy(H)
	for i := range n {
		up.Set(d, i, t*z[i])
	}
	if err := normalize(up); err != nil {
		panic(err)
	}
	return up
}

// Collapse returns the share of ‖H‖² that lies within classes,
//
//	NC1 = Σ_i ‖h_i - mean of its class‖² / Σ_i ‖h_i‖²
func (p *Problem) Collapse(H *mat.Dense) float64 {
	d, _ := H.Dims()
	mu := p.Means(H)
	within, all := 0.0, 0.0
	for i, y := range p.Label {
		for a := range d {
			within += math.Pow(H.At(a, i)-mu.At(a, y), 2)
			all += math.Pow(H.At(a, i), 2)
		}
	}
	return within / all
}

// Means returns the class means, d by k.
func (p *Problem) Means(H *mat.Dense) *mat.Dense {
	d, _ := H.Dims()
	mu := mat.NewDense(d, p.K(), nil)
	for i, y := range p.Label {
		for a := range d {
			mu.Set(a, y, mu.At(a, y)+H.At(a, i)/float64(p.Sizes[y]))
		}
	}
	return mu
}

// Distance returns ‖ M/‖M‖ - N/‖N‖ ‖, by which Kini et al. 2024 compare geometries.
func Distance(M, N mat.Matrix) float64 {
	return matrix.Norm(matrix.Add(matrix.Unit(M), -1, matrix.Unit(N)))
}
