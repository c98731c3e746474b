package contrastive

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Averaged returns the mean of ΠGΠᵀ over all permutations Π within classes: blocks that are
// constant, but for the diagonal. Averaging keeps G ⪰ 0 and does not increase the loss, which
// is convex and the same for all ΠGΠᵀ.
func (p *Problem) Averaged(G mat.Matrix) *mat.Dense {
	k, n := p.K(), p.N()
	diagonal, block := make([]float64, k), mat.NewDense(k, k, nil)
	for i, y := range p.Label {
		diagonal[y] += G.At(i, i) / float64(p.Sizes[y])
		for j, z := range p.Label {
			switch {
			case y != z:
				block.Set(y, z, block.At(y, z)+G.At(i, j)/float64(p.Sizes[y]*p.Sizes[z]))
			case i != j:
				block.Set(y, y, block.At(y, y)+G.At(i, j)/float64(p.Sizes[y]*(p.Sizes[y]-1)))
			}
		}
	}
	out := mat.NewDense(n, n, nil)
	for i, y := range p.Label {
		for j, z := range p.Label {
			out.Set(i, j, block.At(y, z))
		}
		out.Set(i, i, diagonal[y])
	}
	return out
}

// Raised returns G with every entry between samples of one class, the diagonal too, at one.
// Where G is averaged, positive semidefinite and has a diagonal of at most one, so is the
// result, and its loss is smaller.
func (p *Problem) Raised(G mat.Matrix) *mat.Dense {
	out := mat.DenseCopyOf(G)
	for i, y := range p.Label {
		for j, z := range p.Label {
			if y == z {
				out.Set(i, j, 1)
			}
		}
	}
	return out
}

// Swapped returns ΠGΠ for the swap Π of samples i and j.
func Swapped(G mat.Matrix, i, j int) *mat.Dense {
	n, _ := G.Dims()
	at := func(a int) int {
		switch a {
		case i:
			return j
		case j:
			return i
		}
		return a
	}
	out := mat.NewDense(n, n, nil)
	for a := range n {
		for b := range n {
			out.Set(a, b, G.At(at(a), at(b)))
		}
	}
	return out
}

// PairBound returns r_c = ½ log((n-2)/(n_max-2)), below which P_ij + P_ji < 2/(n_c-1) for all
// pairs of one class in the unit ball; +Inf where no class has more than two samples.
func (p *Problem) PairBound() float64 {
	largest := 0
	for _, n := range p.Sizes {
		largest = max(largest, n)
	}
	if largest == 2 {
		return math.Inf(1)
	}
	return math.Log(float64(p.N()-2)/float64(largest-2)) / 2
}

// LeastEigen returns the smallest eigenvalue of a symmetric matrix.
func LeastEigen(G *mat.Dense) float64 { return eigenvalues(G)[0] }
