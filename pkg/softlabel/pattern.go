package softlabel

import (
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Pattern is a sparsity pattern: which of V tokens can follow which context. It is all
// that the max-margin part of trained logits depends on.
type Pattern struct {
	V int
	S [][]int // supports, sorted, at least one token and fewer than V

	in [][]bool // in[j][z] tells whether z ∈ S_j
}

// NewPattern returns the pattern with the given supports, which it copies. A context
// that every token can follow is refused: nothing separates it, its logits stay finite
// and have no direction. A token that is in every support is allowed. Every error wraps
// ErrInstance.
func NewPattern(V int, supports [][]int) (*Pattern, error) {
	if V < 2 || len(supports) == 0 {
		return nil, malformed("%d tokens and %d supports: want at least 2 tokens and 1 context", V, len(supports))
	}
	p := &Pattern{V: V}
	for j, declared := range supports {
		s := slices.Sorted(slices.Values(declared))
		if len(s) == 0 {
			return nil, malformed("support of context %d is empty: leave the context out or count a token after it", j)
		}
		if s[0] < 0 || s[len(s)-1] >= V {
			return nil, malformed("support of context %d names tokens %d..%d, the vocabulary is 0..%d", j, s[0], s[len(s)-1], V-1)
		}
		if len(slices.Compact(slices.Clone(s))) < len(s) {
			return nil, malformed("support of context %d names a token twice", j)
		}
		if len(s) == V {
			return nil, malformed("context %d can be followed by all %d tokens: it has no margin and no direction, leave it out", j, V)
		}
		p.S = append(p.S, s)
	}
	p.in = membership(V, p.S)
	return p, nil
}

func membership(V int, supports [][]int) [][]bool {
	in := make([][]bool, len(supports))
	for j, s := range supports {
		in[j] = make([]bool, V)
		for _, z := range s {
			in[j][z] = true
		}
	}
	return in
}

// Dims returns the number of tokens and of contexts.
func (p *Pattern) Dims() (V, m int) { return p.V, len(p.S) }

// Follows tells whether token z is in S_j.
func (p *Pattern) Follows(z, j int) bool { return p.in[j][z] }

// SupportMatrix returns S in {0,1}^{V×m}, S[z][j] = 1 where z ∈ S_j.
func (p *Pattern) SupportMatrix() *mat.Dense {
	S := mat.NewDense(p.V, len(p.S), nil)
	for j, s := range p.S {
		for _, z := range s {
			S.Set(z, j, 1)
		}
	}
	return S
}

// Proxy returns S̃ = (I - 11ᵀ/V) S, the centred support matrix: 1 - k_j/V on the support
// of k_j tokens and -k_j/V off it. All its margins are exactly one.
func (p *Pattern) Proxy() *mat.Dense {
	S := p.SupportMatrix()
	S.Apply(func(_, j int, v float64) float64 { return v - float64(len(p.S[j]))/float64(p.V) }, S)
	return S
}

// Project returns P_F(L), the orthogonal projection of logits on
//
//	F = span{ (e_z - e_z') e_jᵀ : z, z' ∈ S_j } ⊂ R^{V×m},
//
// which takes the mean over S_j from column j on S_j and puts zeros off it.
func (p *Pattern) Project(L mat.Matrix) *mat.Dense {
	C := mat.NewDense(p.V, len(p.S), nil)
	for j, s := range p.S {
		mean := 0.0
		for _, z := range s {
			mean += L.At(z, j) / float64(len(s))
		}
		for _, z := range s {
			C.Set(z, j, L.At(z, j)-mean)
		}
	}
	return C
}

// Complement returns P_⊥(L) = L - P_F(L).
func (p *Pattern) Complement(L mat.Matrix) *mat.Dense { return matrix.Add(L, -1, p.Project(L)) }

// Margins returns how well L separates: the least difference of a logit on a support and
// one off it, and the largest difference of two logits of one support. The constraints of
// the NTP-SVM are least ≥ 1 and spread = 0.
func (p *Pattern) Margins(L mat.Matrix) (least, spread float64) {
	first := true
	for j := range p.S {
		low, high, out := p.ranges(L, j)
		if margin := low - out; first || !(margin >= least) {
			least = margin
		}
		if first || !(high-low <= spread) {
			spread = high - low
		}
		first = false
	}
	return least, spread
}

// ranges returns the least and the largest logit of column j on the support, and the
// largest off it.
func (p *Pattern) ranges(L mat.Matrix, j int) (low, high, out float64) {
	on, off := true, true
	for z := range p.V {
		switch l := L.At(z, j); {
		case p.in[j][z]:
			if on || l < low {
				low = l
			}
			if on || l > high {
				high = l
			}
			on = false
		default:
			if off || l > out {
				out = l
			}
			off = false
		}
	}
	return low, high, out
}

// Twins returns the pairs of contexts that have the same support.
func (p *Pattern) Twins() [][2]int {
	var twins [][2]int
	for i := range p.S {
		for j := range i {
			if slices.Equal(p.S[i], p.S[j]) {
				twins = append(twins, [2]int{j, i})
			}
		}
	}
	slices.SortFunc(twins, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	return twins
}

// Equalities returns Σ_j (k_j - 1) = dim F.
func (p *Pattern) Equalities() int {
	n := 0
	for _, s := range p.S {
		n += len(s) - 1
	}
	return n
}

// Disjoint returns the pairs of contexts whose supports share no token.
func (p *Pattern) Disjoint() [][2]int {
	var pairs [][2]int
	for j := range p.S {
		for i := range j {
			shared := false
			for _, z := range p.S[i] {
				shared = shared || p.in[j][z]
			}
			if !shared {
				pairs = append(pairs, [2]int{i, j})
			}
		}
	}
	return pairs
}

// Feasible draws logits that satisfy the constraints of the NTP-SVM: constant on every
// support, and off it lower by a margin of 1 plus an exponential variable.
func (p *Pattern) Feasible(rng *rand.Rand) *mat.Dense {
	L := mat.NewDense(p.V, len(p.S), nil)
	for j := range p.S {
		top := rng.NormFloat64()
		for z := range p.V {
			if p.in[j][z] {
				L.Set(z, j, top)
			} else {
				L.Set(z, j, top-1-rng.ExpFloat64())
			}
		}
	}
	return L
}
