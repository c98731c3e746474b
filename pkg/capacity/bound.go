package capacity

import "slices"

// Upper returns k/(ζ-1), which bounds the capacity of every continuously differentiable
// model with k parameters (Lemma 9).
func Upper(k, zeta int) float64 { return float64(k) / float64(zeta-1) }

// UpperEmpirical returns (2 + 1/(ζ-1)) k/(ζ-1) + 2, which bounds the empirical capacity of
// definable ones (Theorem 13).
func UpperEmpirical(k, zeta int) float64 {
	return (2+1/float64(zeta-1))*Upper(k, zeta) + 2
}

// Hard13 are the sizes of the corpus in the proof of Theorem 13: Prefixes sequences of
// Length tokens, each followed by one more token.
type Hard13 struct {
	Zeta     int
	Prefixes int // n' = ⌊k/(ζ-1)⌋ + 1, the least n with n(ζ-1) > k
	Length   int // T = ⌈log n'/log ζ⌉, the least T with ζ^T ≥ n'
	Contexts int // at most: n' + Σ_{t<T} ζ^t
}

// Theorem13 returns the sizes for a model with k parameters, in integers throughout.
func Theorem13(k, zeta int) (Hard13, error) {
	if zeta < 2 || k < 1 {
		return Hard13{}, bad("%d parameters and a vocabulary of %d: want at least 1 and 2", k, zeta)
	}
	h := Hard13{Zeta: zeta, Prefixes: k/(zeta-1) + 1}
	shorter, power := 0, 1
	for ; power < h.Prefixes; power *= zeta {
		shorter += power
		h.Length++
	}
	h.Contexts = h.Prefixes + shorter
	return h, nil
}

// Corpus returns the documents of the proof for targets that are ratios of counts: prefix
// i, which is i in base ζ, is continued counts[i][z] times by token z.
func (h Hard13) Corpus(counts [][]int) (*Corpus, error) {
	if len(counts) != h.Prefixes {
		return nil, bad("counts for %d prefixes, want %d", len(counts), h.Prefixes)
	}
	var documents [][]int
	for i, row := range counts {
		prefix := Digits(i, h.Zeta, h.Length)
		for z, n := range row {
			for range n {
				documents = append(documents, append(slices.Clone(prefix), z))
			}
		}
	}
	return NewCorpus(documents, h.Zeta, 0)
}

// Digits returns i in base ζ with the given number of digits, as a sequence of tokens.
func Digits(i, zeta, length int) []int {
	s := make([]int, length)
	for p := length - 1; p >= 0; p-- {
		s[p] = i % zeta
		i /= zeta
	}
	return s
}

// Sequences returns all contexts of 1 to T tokens, shorter ones first.
func Sequences(zeta, T int) [][]int {
	var all [][]int
	count := 1
	for t := 1; t <= T; t++ {
		count *= zeta
		for i := range count {
			all = append(all, Digits(i, zeta, t))
		}
	}
	return all
}

// EqualShares returns for a probability vector p the counts of N draws that are as near to
// N p as integers can be: largest remainders are rounded up, so that |count/N - p| < 1/N.
func EqualShares(p []float64, N int) []int {
	counts, rest := make([]int, len(p)), N
	order := make([]int, len(p))
	for z := range p {
		counts[z] = int(p[z] * float64(N))
		rest -= counts[z]
		order[z] = z
	}
	remainder := func(z int) float64 { return p[z]*float64(N) - float64(counts[z]) }
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := remainder(a), remainder(b); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	for _, z := range order[:rest] {
		counts[z]++
	}
	return counts
}

// Tightness returns the upper bound of Lemma 9 over the lower bound m of Theorem 21,
// term by term (equation (5)):
//
//	k/((ζ-1) m) = 1 + (d+2)/(ζ-1) + 2 m0 (d0+d1) d/((ζ-1) m) + (ζ+T) d/((ζ-1) m).
func (c Config) Tightness() (ratio float64, terms [4]float64) {
	z, m := float64(c.Zeta-1), float64(c.M)
	terms = [4]float64{
		1,
		float64(c.D+2) / z,
		float64(2*c.Heads*(c.D0+c.D1)*c.D) / (z * m),
		float64((c.Zeta+c.T)*c.D) / (z * m),
	}
	return terms[0] + terms[1] + terms[2] + terms[3], terms
}

// HiddenShare returns the share of the parameters that stand in the hidden layer and behind
// it, m(ζ+d+1)/k. With it equation (5) reads (derived here)
//
//	k/((ζ-1) m) = (ζ+d+1)/(ζ-1) / share.
func (c Config) HiddenShare() float64 {
	return float64(c.M*(c.Zeta+c.D+1)) / float64(c.Params())
}
