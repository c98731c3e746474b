package embedding

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// Direction returns the unit vector u of the most Σ ⟨f(x^i) − f(x^j), u⟩² over contents and
// pairs of groups, the first right singular vector of the differences, as Bolukbasi et al. 2016
// have it for words, and the share of the squares that it holds.
func Direction(t Embedded) (u []float64, share float64, err error) {
	if len(t.Neutral) == 0 || len(t.Groups) < 2 {
		return nil, 0, fmt.Errorf("embedding: a direction of %d contents of %d groups, want some of two or more", len(t.Neutral), len(t.Groups))
	}
	var rows []float64
	d := len(t.Neutral[0])
	for i := range t.Groups {
		for j := range i {
			for c := range t.Neutral {
				rows = append(rows, minus(t.Groups[i][c], t.Groups[j][c])...)
			}
		}
	}
	D := mat.NewDense(len(rows)/d, d, rows)
	var gram mat.SymDense
	gram.SymOuterK(1, D.T())
	var eigen mat.EigenSym
	if mat.Norm(D, 2) == 0 || !eigen.Factorize(&gram, true) {
		return nil, 0, fmt.Errorf("embedding: the texts of all groups have equal vectors, or some that are not finite: there is no direction between them")
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	values := eigen.Values(nil) // ascending
	return mat.Col(nil, d-1, &vectors), values[d-1] / mat.Trace(&gram), nil
}

// Remove returns x − ⟨x, u⟩u for each vector, u being a unit vector: hard debiasing.
func Remove(vectors [][]float64, u []float64) [][]float64 {
	out := make([][]float64, len(vectors))
	for i, x := range vectors {
		s := 0.0
		for j, v := range x {
			s += v * u[j]
		}
		out[i] = make([]float64, len(x))
		for j, v := range x {
			out[i][j] = v - s*u[j]
		}
	}
	return out
}

// Remove returns the triples' vectors without their parts along u.
func (t Embedded) Remove(u []float64) Embedded {
	out := Embedded{Neutral: Remove(t.Neutral, u)}
	for _, g := range t.Groups {
		out.Groups = append(out.Groups, Remove(g, u))
	}
	return out
}
