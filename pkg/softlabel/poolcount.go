package softlabel

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

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

// PPMIGram returns M Mᵀ for the positive pointwise mutual information of tokens and
// contexts,
//
//	M[z][j] = max(0, log(N[z][j] n/(N[z]· N·[j]))),   n the number of sequences,
//
// N as in CountGram (Levy and Goldberg, "Neural word embedding as implicit matrix
// factorization", 2014, section 3.3). A token that occurs nowhere has a row of zeros.
func (p *Pooled) PPMIGram() *mat.Dense {
	total, of := 0.0, make([]float64, p.V)
	for _, counts := range p.Counts {
		for z, n := range counts {
			of[z] += float64(n)
			total += float64(n)
		}
	}
	G := mat.NewDense(p.V, p.V, nil)
	var tokens []int
	information := make([]float64, p.V)
	for _, counts := range p.Counts {
		tokens = tokens[:0]
		here := 0.0
		for z, n := range counts {
			tokens = append(tokens, z)
			here += float64(n)
		}
		slices.Sort(tokens) // sums in one order whatever the map's
		for _, z := range tokens {
			information[z] = max(0, math.Log(float64(counts[z])*total/(of[z]*here)))
		}
		for _, a := range tokens {
			row := G.RawRowView(a)
			for _, b := range tokens {
				row[b] += information[a] * information[b]
			}
		}
	}
	return G
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

// Sizes returns how many contexts have supports of 1, 2, ..., most-1 and at least most
// tokens.
func (p *Pooled) Sizes(most int) []int {
	sizes := make([]int, most)
	for _, c := range p.Counts {
		sizes[min(len(c), most)-1]++
	}
	return sizes
}

// Frequent returns the soft labels of the n contexts that occur most often among those
// with a support of at least two tokens and fewer than all, over the tokens that follow
// any of them. Words are the names of all tokens.
func (p *Pooled) Frequent(n int, words []string) (*Labels, error) {
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
		return nil, fmt.Errorf("softlabel: %d contexts are followed by two tokens or more, %d were asked for", len(chosen), n)
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
	P, pi := Frequencies(counts)
	s, err := New(P, pi)
	if err != nil {
		return nil, err
	}
	for _, z := range used {
		s.Words = append(s.Words, words[z])
	}
	s.Contexts = contexts
	return s, nil
}

// Frequencies returns P, V×m, and π of the pooled contexts.
func (p *Pooled) Frequencies() (P *mat.Dense, pi []float64) {
	counts := mat.NewDense(p.V, len(p.Contexts), nil)
	for j, c := range p.Counts {
		for z, n := range c {
			counts.Set(z, j, float64(n))
		}
	}
	return Frequencies(counts)
}

// Names returns the contexts as words, joined by blanks. Words are the names of all tokens.
func (p *Pooled) Names(words []string) []string {
	var names []string
	for _, context := range p.Contexts {
		names = append(names, named(context, words))
	}
	return names
}

// named joins the words of a context.
func named(context []int, words []string) string {
	list := make([]string, len(context))
	for i, z := range context {
		list[i] = words[z]
	}
	return strings.Join(list, " ")
}
