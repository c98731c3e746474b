package softlabel

import "gonum.org/v1/gonum/mat"

// Merged is a pattern with contexts of the same support put together.
type Merged struct {
	*Pattern       // one context for each distinct support, in the order of their first
	Counts   []int // how many contexts have it
	Of       []int // Of[j] is the position of context j's support
}

// Merge puts contexts of the same support together.
func (p *Pattern) Merge() Merged {
	m := Merged{Pattern: &Pattern{V: p.V}}
	index := map[string]int{}
	for _, s := range p.S {
		key := contextKey(s)
		k, seen := index[key]
		if !seen {
			k = len(m.S)
			index[key] = k
			m.S, m.Counts = append(m.S, s), append(m.Counts, 0)
		}
		m.Counts[k]++
		m.Of = append(m.Of, k)
	}
	m.in = membership(p.V, m.S)
	return m
}

// Expand returns the matrix of all contexts from one with a column for each distinct
// support.
func (m Merged) Expand(L mat.Matrix) *mat.Dense {
	full := mat.NewDense(m.V, len(m.Of), nil)
	for j, k := range m.Of {
		full.SetCol(j, mat.Col(nil, k, L))
	}
	return full
}

// Average returns L with the columns of every distinct support replaced by their mean.
func (m Merged) Average(L mat.Matrix) *mat.Dense {
	mean := mat.NewDense(m.V, len(m.S), nil)
	for j, k := range m.Of {
		for z := range m.V {
			mean.Set(z, k, mean.At(z, k)+L.At(z, j)/float64(m.Counts[k]))
		}
	}
	return m.Expand(mean)
}
