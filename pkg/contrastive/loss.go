package contrastive

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Gram returns HᵀH.
func Gram(H mat.Matrix) *mat.Dense {
	var G mat.Dense
	G.Mul(H.T(), H)
	return &G
}

// ByDefinition returns the loss of embeddings as it is defined, anchor by anchor and positive
// by positive, with n² exponentials for each anchor's positives. The others are faster.
func (p *Problem) ByDefinition(H mat.Matrix) float64 {
	G := p.gram(H)
	n, sum := p.N(), 0.0
	for i := range n {
		for j := range n {
			if j == i || p.Label[j] != p.Label[i] {
				continue
			}
			inner := 0.0
			for l := range n {
				if l != i {
					inner += math.Exp(p.R * (G.At(i, l) - G.At(i, j)))
				}
			}
			sum += math.Log(inner) / float64(p.Sizes[p.Label[i]]-1)
		}
	}
	return sum
}

// gram returns HᵀH of embeddings, which must be as many as there are samples.
func (p *Problem) gram(H mat.Matrix) *mat.Dense {
	if _, n := H.Dims(); n != p.N() {
		panic(fmt.Sprintf("contrastive: %d embeddings of %d samples", n, p.N()))
	}
	return Gram(H)
}

// Loss returns Σ_i [ log Σ_{l≠i} exp(r G_il) - Σ_j Q_ij r G_ij ].
func (p *Problem) Loss(G mat.Matrix) float64 {
	n, sum := p.N(), 0.0
	for i := range n {
		top := math.Inf(-1)
		for l := range n {
			if l != i {
				top = max(top, p.R*G.At(i, l))
			}
		}
		total, positives := 0.0, 0.0
		for l := range n {
			if l == i {
				continue
			}
			total += math.Exp(p.R*G.At(i, l) - top)
			if p.Label[l] == p.Label[i] {
				positives += p.R * G.At(i, l)
			}
		}
		sum += top + math.Log(total) - positives/float64(p.Sizes[p.Label[i]]-1)
	}
	return sum
}

// Targets returns the soft labels Q.
func (p *Problem) Targets() *mat.Dense {
	n := p.N()
	Q := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			if i != j && p.Label[i] == p.Label[j] {
				Q.Set(i, j, 1/float64(p.Sizes[p.Label[i]]-1))
			}
		}
	}
	return Q
}

// Softmax returns P, the softmax of the rows of rG without their diagonal entries.
func (p *Problem) Softmax(G mat.Matrix) *mat.Dense {
	_, D := p.parts(G)
	D.Add(D, p.Targets())
	return D
}

// Excess returns Σ_i KL(Q_i ‖ P_i), the loss above its floor, to its relative accuracy: with
// x_ij = r G_ij - r mean of the positives of i,
//
//	KL_i = log1p( mean_j (expm1(x_ij) - x_ij) ) + log1p( Σ_out exp(x_il) / Σ_in exp(x_ij) )
func (p *Problem) Excess(G mat.Matrix) float64 {
	value, _ := p.parts(G)
	return value
}

// Gradient returns A = ∇L(G) = r [(P + Pᵀ)/2 - Q], n by n, with a zero diagonal.
func (p *Problem) Gradient(G mat.Matrix) *mat.Dense {
	_, A := p.excess(G)
	return A
}

// excess returns the excess and A.
func (p *Problem) excess(G mat.Matrix) (float64, *mat.Dense) {
	value, D := p.parts(G)
	n := p.N()
	for i := range n {
		for j := range i {
			a := p.R * (D.At(i, j) + D.At(j, i)) / 2
			D.Set(i, j, a)
			D.Set(j, i, a)
		}
	}
	return value, D
}

// parts returns the excess and P - Q, whose entries keep their relative accuracy where P is
// nearly Q.
func (p *Problem) parts(G mat.Matrix) (float64, *mat.Dense) {
	n, sum := p.N(), 0.0
	D := mat.NewDense(n, n, nil)
	x := make([]float64, n)
	for i := range n {
		class := p.Label[i]
		m := float64(p.Sizes[class] - 1)
		mean := 0.0
		for j := range n {
			x[j] = p.R * G.At(i, j)
			if j != i && p.Label[j] == class {
				mean += x[j] / m
			}
		}
		in, curve, out := 0.0, 0.0, 0.0 // Σ_in expm1(x), Σ_in (expm1(x) - x), Σ_out exp(x)
		row := D.RawRowView(i)
		for j := range n {
			x[j] -= mean
			switch {
			case j == i:
			case p.Label[j] == class:
				row[j] = math.Expm1(x[j])
				in += row[j]
				curve += row[j] - x[j]
			default:
				row[j] = math.Exp(x[j])
				out += row[j]
			}
		}
		all := m + in + out
		if math.IsInf(all, 1) || math.IsInf(curve, 1) {
			sum += p.shifted(row, x, i)
			continue
		}
		sum += math.Log1p(curve/m) + math.Log1p(out/(m+in))
		for j := range n {
			switch {
			case j == i:
			case p.Label[j] == class:
				row[j] = (row[j] - in/m - out/m) / all
			default:
				row[j] /= all
			}
		}
	}
	return sum, D
}

// shifted fills the row of anchor i and returns its divergence where exponentials of x, whose
// mean over the positives is zero, overflow: then the divergence is large and P is far from Q.
func (p *Problem) shifted(row, x []float64, i int) float64 {
	m, top, total := float64(p.Sizes[p.Label[i]]-1), math.Inf(-1), 0.0
	for j, v := range x {
		if j != i {
			top = max(top, v)
		}
	}
	for j, v := range x {
		row[j] = 0
		if j != i {
			row[j] = math.Exp(v - top)
			total += row[j]
		}
	}
	for j := range row {
		row[j] /= total
		if j != i && p.Label[j] == p.Label[i] {
			row[j] -= 1 / m
		}
	}
	return top + math.Log(total/m)
}

// Curvature returns the second derivative of L along the symmetric direction D,
// r² Σ_i Var_{P_i}(D_i).
func (p *Problem) Curvature(G, D mat.Matrix) float64 {
	P := p.Softmax(G)
	return p.variance(P, D)
}

func (p *Problem) variance(P *mat.Dense, D mat.Matrix) float64 {
	n, sum := p.N(), 0.0
	for i := range n {
		mean := 0.0
		for j := range n {
			mean += P.At(i, j) * D.At(i, j)
		}
		for j := range n {
			sum += P.At(i, j) * (D.At(i, j) - mean) * (D.At(i, j) - mean)
		}
	}
	return p.R * p.R * sum
}
