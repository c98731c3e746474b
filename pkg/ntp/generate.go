package ntp

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// Config sizes a random instance.
type Config struct {
	V int // vocabulary
	M int // distinct contexts
	D int // embedding dimension
	S int // size of every support; or
	// Sizes, if not nil, gives the size of every support, length M; or
	Sizes []int
	// Zipf, if positive, has the sizes drawn from 1..Zipf with probabilities as 1/s.
	Zipf int
	// N, if positive, is the number of training sequences: π and P are then the
	// frequencies of N draws. Each support token is counted once before the draws, so
	// that the supports are the ones chosen (a rare token might otherwise never occur).
	N int
}

// sizes returns the sizes of the supports.
func (c Config) sizes(rng *rand.Rand) ([]int, error) {
	sizes := c.Sizes
	switch {
	case sizes == nil && c.Zipf > 0:
		sizes = zipf(c.Zipf, max(c.M, 0), rng)
	case sizes == nil:
		sizes = slices.Repeat([]int{c.S}, max(c.M, 0))
	}
	if c.V < 2 || c.M < 1 || c.D < 1 || len(sizes) != c.M {
		return nil, fmt.Errorf("ntp: config V=%d M=%d D=%d with %d support sizes: want V ≥ 2, M ≥ 1, D ≥ 1 and M sizes", c.V, c.M, c.D, len(sizes))
	}
	total := 0
	for j, s := range sizes {
		if s < 1 || s > c.V {
			return nil, fmt.Errorf("ntp: support of context %d has %d tokens, want 1..V = 1..%d", j, s, c.V)
		}
		total += s
	}
	if c.N > 0 && c.N < total {
		return nil, fmt.Errorf("ntp: N = %d sequences cannot hold the %d pairs of context and support token once each", c.N, total)
	}
	return sizes, nil
}

// Gaussian draws an instance with embeddings h_j ~ N(0, I_d), uniform random supports,
// p_j ~ Dirichlet(1,...,1) on them and uniform π. The expected entropy of a p_j with s
// tokens is 1 + 1/2 + ... + 1/s - 1 nats, 1.45 for s = 6.
func Gaussian(c Config, rng *rand.Rand) (*Instance, error) {
	return random(c, rng, matrix.Gaussian)
}

// Orthonormal draws an instance as Gaussian does, but with orthonormal embeddings,
// HᵀH = I_m: it needs D ≥ M.
func Orthonormal(c Config, rng *rand.Rand) (*Instance, error) {
	if c.D < c.M {
		return nil, fmt.Errorf("ntp: %d orthonormal embeddings need D ≥ M, got D = %d", c.M, c.D)
	}
	return random(c, rng, matrix.Orthonormal)
}

func random(c Config, rng *rand.Rand, embed func(r, c int, rng *rand.Rand) *mat.Dense) (*Instance, error) {
	sizes, err := c.sizes(rng)
	if err != nil {
		return nil, err
	}
	H := embed(c.D, c.M, rng)
	supports := make([][]int, c.M)
	P := mat.NewDense(c.V, c.M, nil)
	for j, s := range sizes {
		supports[j] = slices.Sorted(slices.Values(rng.Perm(c.V)[:s]))
		for i, p := range softlabel.Dirichlet(s, rng) {
			P.Set(supports[j][i], j, p)
		}
	}
	pi := slices.Repeat([]float64{1 / float64(c.M)}, c.M)
	if c.N > 0 {
		counts := sampledCounts(P, pi, supports, c.N, rng)
		P, pi = softlabel.Frequencies(counts)
	}
	return New(H, P, pi, supports)
}

// zipf draws m numbers of 1..most with probabilities proportional to 1/s.
func zipf(most, m int, rng *rand.Rand) []int {
	weights := make([]float64, most)
	for i := range weights {
		weights[i] = 1 / float64(i+1)
	}
	size, sizes := softlabel.NewCategorical(weights), make([]int, m)
	for j := range sizes {
		sizes[j] = 1 + size.Draw(rng)
	}
	return sizes
}

// sampledCounts counts every support pair once and adds draws up to n.
func sampledCounts(P *mat.Dense, pi []float64, supports [][]int, n int, rng *rand.Rand) *mat.Dense {
	V, m := P.Dims()
	counts := mat.NewDense(V, m, nil)
	for j, s := range supports {
		for _, z := range s {
			counts.Set(z, j, 1)
			n--
		}
	}
	draw := softlabel.NewSampler(P, pi)
	for range n {
		pair := draw(rng)
		counts.Set(pair.Token, pair.Context, counts.At(pair.Token, pair.Context)+1)
	}
	return counts
}

// Start draws the initial decoder of the paper, W_0 with entries N(0, 1/d) (LeCun).
func (in *Instance) Start(rng *rand.Rand) *mat.Dense {
	V, d, _ := in.Dims()
	W := matrix.Gaussian(V, d, rng)
	W.Scale(1/math.Sqrt(float64(d)), W)
	return W
}

// Zero returns the zero decoder.
func (in *Instance) Zero() *mat.Dense {
	V, d, _ := in.Dims()
	return mat.NewDense(V, d, nil)
}
