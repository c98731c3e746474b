package geometry

import (
	"fmt"
	"math"
	"sort"

	"gonum.org/v1/gonum/mat"
)

// ProxyGram returns (S̃ S̃ᵀ)^{1/2}, the Gram matrix of words that the proxy predicts, and
// the rank of S̃ from S Sᵀ alone: S̃ S̃ᵀ = (I - 11ᵀ/V) S Sᵀ (I - 11ᵀ/V).
func ProxyGram(together *mat.Dense) (gram *mat.Dense, rank int, err error) {
	V, _ := together.Dims()
	C := mat.NewSymDense(V, nil)
	row, all := make([]float64, V), 0.0
	for z := range V {
		row[z] = mat.Sum(together.RowView(z)) / float64(V)
		all += row[z] / float64(V)
	}
	for z := range V {
		for y := z; y < V; y++ {
			C.SetSym(z, y, together.At(z, y)-row[z]-row[y]+all)
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(C, true) {
		return nil, 0, fmt.Errorf("geometry: the eigenvalues of the centred support matrix did not converge")
	}
	values := eigen.Values(nil)
	top := values[V-1]
	for i, x := range values {
		if x > singularTol*top {
			rank++
		}
		values[i] = math.Sqrt(math.Max(0, x))
	}
	var Q mat.Dense
	eigen.VectorsTo(&Q)
	return outer(scaledColumns(&Q, values, 0.5)), rank, nil
}

// Nearest returns the n indices with the largest entries of row i of a matrix of
// cosines, i itself left out, ties in order.
func Nearest(cosines *mat.Dense, i, n int) []int {
	var others []int
	size, _ := cosines.Dims()
	for j := range size {
		if j != i && !math.IsNaN(cosines.At(i, j)) {
			others = append(others, j)
		}
	}
	sort.SliceStable(others, func(a, b int) bool { return cosines.At(i, others[a]) > cosines.At(i, others[b]) })
	return others[:min(n, len(others))]
}
