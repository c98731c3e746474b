package geometry

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/maxmargin"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// Lmm returns the max-margin logits of the pattern,
//
//	L^mm = argmin ‖L‖_*  subject to  L[z,j] = L[z',j],  L[z,j] - L[v,j] ≥ 1   (z, z' ∈ S_j, v ∉ S_j),
//
// with the dual matrix that proves them. Start may be nil. Where the minimizer is not
// unique different starts may give different ones, of the same nuclear norm.
func Lmm(p *softlabel.Pattern, start *mat.Dense) (*maxmargin.NuclearSolution, error) {
	program, err := maxmargin.NewNuclear(p.V, p.S)
	if err != nil {
		return nil, err
	}
	return program.Solve(context.Background(), nil, start)
}

// Certificate is the attempt to prove that the proxy S̃ = U Σ Qᵀ is L^mm.
type Certificate struct {
	A *mat.Dense // U Qᵀ, V×m
	// Worst is the largest entry of A off the supports. If it is not positive S̃ solves
	// the program, and if it is negative it is the only solution.
	Worst float64
	// Violated is the fraction of the entries off the supports that are positive.
	Violated float64
}

// ProxyCertificate evaluates the sufficient condition under which the proxy is exact
// (derived here): A = U Qᵀ is a subgradient of the nuclear norm at S̃ with 1ᵀA = 0, and
// for every feasible L
//
//	‖L‖_* - ‖S̃‖_* ≥ <A, L - S̃> = Σ_{j, v ∉ S_j} (-A[v,j]) (margin of (v, j) - 1)
//
// which is nonnegative if A ≤ 0 off the supports.
func ProxyCertificate(p *softlabel.Pattern) (*Certificate, error) {
	g, err := New(p.Proxy())
	if err != nil {
		return nil, err
	}
	c := &Certificate{A: g.Polar(), Worst: math.Inf(-1)}
	positive, off := 0, 0
	for j := range p.S {
		for v := range p.V {
			if p.Follows(v, j) {
				continue
			}
			off++
			if x := c.A.At(v, j); x > 0 {
				positive++
			}
			c.Worst = math.Max(c.Worst, c.A.At(v, j))
		}
	}
	c.Violated = float64(positive) / float64(off)
	return c, nil
}

// LambdaMax returns ‖∇CE(0)‖₂ = ‖(P - 11ᵀ/V) diag(π)‖₂: from this λ on the minimizer of
// CE(L) + λ ‖L‖_* is exactly zero.
func LambdaMax(s *softlabel.Labels) float64 {
	return matrix.Spectral(s.Gradient(mat.NewDense(s.V, len(s.S), nil)))
}

// Gap returns the duality gap of logits L in the program min CE(L) + λ ‖L‖_*, an upper
// bound of their distance from its optimal value. The dual point is the gradient at L,
// scaled by s = min(1, λ/‖∇CE(L)‖₂) to be feasible: with q = σ(L_j) and
// q' = s q + (1-s) p_j its value is Σ_j π_j Entropy(q') (derived here).
func Gap(s *softlabel.Labels, L *mat.Dense, lambda float64) float64 {
	G := s.Gradient(L)
	scale := math.Min(1, lambda/matrix.Spectral(G))
	dual := 0.0 // less the entropy of the data
	for j := range s.S {
		for z := range s.V {
			p := s.P.At(z, j)
			dual += s.Pi[j] * (negEntropy(p) - negEntropy(p+scale*G.At(z, j)/s.Pi[j]))
		}
	}
	return s.Excess(L) + lambda*matrix.Nuclear(L) - dual
}

// negEntropy returns x log x, zero at zero and, by rounding, below it.
func negEntropy(x float64) float64 {
	if x <= 0 {
		return 0
	}
	return x * math.Log(x)
}

// ConvexOptimum returns the minimizer of CE(L) + λ ‖L‖_* over all L, found without
// factors. Its objective values leave the entropy of the data out.
func ConvexOptimum(s *softlabel.Labels, lambda float64) (*convex.NuclearMinimum, error) {
	V, m := s.Dims()
	program := &convex.NuclearSmooth{
		Rows: V, Cols: m, Lipschitz: floats.Max(s.Pi) / 2, F: s.ExcessGradient,
	}
	return program.Solve(context.Background(), nil, lambda, nil)
}

// MarginSum returns Σ_{j, v ∉ S_j} (-A[v,j]) (margin of (v, j) in L - 1), which is
// <A, L - S̃> for L constant on supports and 1ᵀA = 0.
func MarginSum(p *softlabel.Pattern, A, L mat.Matrix) float64 {
	sum := 0.0
	for j, s := range p.S {
		for v := range p.V {
			if !p.Follows(v, j) {
				sum -= A.At(v, j) * (L.At(s[0], j) - L.At(v, j) - 1)
			}
		}
	}
	return sum
}

// Starts solves the program from the proxy and from the given number of random feasible
// matrices and returns the solutions. Their nuclear norms agree within their gaps; where
// the matrices differ by more than Spread explains, L^mm is not unique, and only norms
// and certificates can be compared.
func Starts(p *softlabel.Pattern, n int, rng *rand.Rand) ([]*maxmargin.NuclearSolution, error) {
	first, err := Lmm(p, nil)
	if err != nil {
		return nil, err
	}
	all := []*maxmargin.NuclearSolution{first}
	for range n {
		next, err := Lmm(p, p.Feasible(rng))
		if err != nil {
			return nil, err
		}
		all = append(all, next)
	}
	return all, nil
}

// Spread returns the largest relative distance ‖L - L'‖/‖L‖ of a solution from the first
// one. A relative gap ε lets unique solutions differ by the order of √ε at most.
func Spread(solutions []*maxmargin.NuclearSolution) float64 {
	largest := 0.0
	for _, s := range solutions[1:] {
		largest = math.Max(largest, matrix.Norm(matrix.Add(s.L, -1, solutions[0].L))/matrix.Norm(solutions[0].L))
	}
	return largest
}
