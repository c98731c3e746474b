package ntp

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/mat"
)

// Together returns S Sᵀ of the pooled contexts, V×V: how many contexts both tokens can
// follow. Only pairs that occur cost time, whatever the number of contexts.
func (p *Pooled) Together() *mat.Dense {
	return p.pairs(func(int) float64 { return 1 })
}

// CountGram returns N Nᵀ, N[z][j] the number of sequences that continue context j with z.
func (p *Pooled) CountGram() *mat.Dense {
	return p.pairs(func(n int) float64 { return float64(n) })
}

func (p *Pooled) pairs(weight func(n int) float64) *mat.Dense {
	G := mat.NewDense(p.V, p.V, nil)
	for _, counts := range p.Counts {
		for a, n := range counts { // sums of whole numbers: exact in any order
			row := G.RawRowView(a)
			for b, k := range counts {
				row[b] += weight(n) * weight(k)
			}
		}
	}
	return G
}

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
		return nil, 0, fmt.Errorf("ntp: the eigenvalues of the centred support matrix did not converge")
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

// Sizes returns how many contexts have supports of 1, 2, ..., most-1 and at least most
// tokens.
func (p *Pooled) Sizes(most int) []int {
	sizes := make([]int, most)
	for _, c := range p.Counts {
		sizes[min(len(c), most)-1]++
	}
	return sizes
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

// Frequent returns the soft labels of the n contexts that occur most often among those
// with a support of at least two tokens and fewer than all, over the tokens that follow
// any of them. Words are the names of all tokens.
func (p *Pooled) Frequent(n int, words []string) (*Soft, error) {
	if len(words) != p.V {
		return nil, malformed("%d words for a vocabulary of %d", len(words), p.V)
	}
	total := func(j int) int {
		sum := 0
		for _, c := range p.Counts[j] {
			sum += c
		}
		return sum
	}
	var chosen []int
	for j, c := range p.Counts {
		if len(c) >= 2 && len(c) < p.V {
			chosen = append(chosen, j)
		}
	}
	sort.SliceStable(chosen, func(a, b int) bool { return total(chosen[a]) > total(chosen[b]) })
	if len(chosen) < n || n < 1 {
		return nil, fmt.Errorf("ntp: %d contexts are followed by two tokens or more, %d were asked for", len(chosen), n)
	}
	chosen = chosen[:n]
	index := map[int]int{}
	var used []int
	for _, j := range chosen {
		for z := range p.Counts[j] {
			if _, seen := index[z]; !seen {
				index[z] = 0
				used = append(used, z)
			}
		}
	}
	slices.Sort(used)
	for i, z := range used {
		index[z] = i
	}
	counts := mat.NewDense(len(used), n, nil)
	var contexts []string
	for i, j := range chosen {
		for z, c := range p.Counts[j] {
			counts.Set(index[z], i, float64(c))
		}
		contexts = append(contexts, named(p.Contexts[j], words))
	}
	P, pi := frequencies(counts)
	s, err := NewSoft(P, pi)
	if err != nil {
		return nil, err
	}
	for _, z := range used {
		s.Words = append(s.Words, words[z])
	}
	s.Contexts = contexts
	return s, nil
}

// named joins the words of a context.
func named(context []int, words []string) string {
	text := ""
	for i, z := range context {
		if i > 0 {
			text += " "
		}
		text += words[z]
	}
	return text
}
