package delta

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/marginalia-ml/marginalia/pkg/random"
)

// A Mask says which entries of a tensor are kept.
type Mask []bool

// Kept is the number of entries that are kept.
func (m Mask) Kept() int {
	n := 0
	for _, keep := range m {
		if keep {
			n++
		}
	}
	return n
}

// uniforms is the generator of the mask of one tensor.
func uniforms(seed uint64, tensor string) *rand.Rand {
	return random.Stream(seed, "mask/"+tensor)
}

// Bernoulli keeps each of n entries with probability 1−p, by the seed and the name of
// the tensor alone: the same for every q, and with a larger p some of the same entries.
func Bernoulli(seed uint64, tensor string, n int, p float64) Mask {
	rng, m := uniforms(seed, tensor), make(Mask, n)
	for i := range m {
		m[i] = rng.Float64() >= p
	}
	return m
}

// FixedCount keeps, for each of the out neurons of W [out, in], exactly
// k = round((1−p)·in) of its in weights, at least one, chosen uniformly.
func FixedCount(seed uint64, tensor string, out, in int, p float64) Mask {
	rng, m := uniforms(seed, tensor), make(Mask, in*out)
	k := count(in, p)
	order := make([]int, in)
	for i := range out {
		for j := range order {
			order[j] = j
		}
		for j := range k { // the first k places of a shuffle
			o := j + rng.IntN(in-j)
			order[j], order[o] = order[o], order[j]
			m[i*in+order[j]] = true
		}
	}
	return m
}

// Inputs keeps whole inputs of W [out, in], k = round((1−p)·in) of them, at least one.
func Inputs(seed uint64, tensor string, out, in int, p float64) Mask {
	rng, m := uniforms(seed, tensor), make(Mask, in*out)
	for _, j := range rng.Perm(in)[:count(in, p)] {
		for i := range out {
			m[i*in+j] = true
		}
	}
	return m
}

// count is how many of n are kept at the rate p, at least one.
func count(n int, p float64) int { return max(1, int(math.Round((1-p)*float64(n)))) }

// Masked returns the entries of Δ that are kept, divided by q, and zeros.
func (m Mask) Masked(d []float64, q float64) ([]float64, error) {
	if len(m) != len(d) {
		return nil, fmt.Errorf("delta: a mask of %d entries for %d", len(m), len(d))
	}
	out := make([]float64, len(d))
	for i, keep := range m {
		if keep {
			out[i] = d[i] / q
		}
	}
	return out, nil
}
