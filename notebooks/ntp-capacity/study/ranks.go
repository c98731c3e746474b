package study

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/capacity"
)

// RandomSizes draws sizes at which k_eff is known, there are more than k equations and the
// singular values of float64 can tell the rank: d ≥ 2, as one feature makes the derivative a
// Vandermonde matrix.
func RandomSizes(count int, rng *rand.Rand) (list []capacity.Config) {
	for len(list) < count {
		c := capacity.Config{Zeta: 2 + rng.IntN(5), T: 2 + rng.IntN(4), D: 2 + rng.IntN(4), M: 1 + rng.IntN(7),
			D1: 1 + rng.IntN(6), D0: 1 + rng.IntN(6), Heads: 1 + rng.IntN(3)}
		if _, err := c.Effective(); err != nil {
			continue
		}
		n := len(capacity.Sequences(c.Zeta, c.T))
		if k := c.Params(); k > 150 || n > 300 || n*(c.Zeta-1) < k || n*c.M+(c.Zeta-1-c.M)*c.M < c.Dimensions() {
			continue
		}
		list = append(list, c)
	}
	return list
}

// Rank is the rank of the derivative of the centred logits of all contexts.
type Rank struct {
	Config   capacity.Config
	Psi      capacity.Activation
	Rank     int
	Gap      float64 // ratio of the singular values on both sides of it
	Before   float64 // the same ratio one singular value earlier
	Contexts [][]int // in the order that Params was tried on
	Params   *capacity.Params
}

// MeasureRanks measures those of all sizes, with one activation after the other. The stream of
// the i-th size has the name NAME/i.
func MeasureRanks(sizes []capacity.Config, draws int, name string, stream Streams) (list []*Rank, err error) {
	all := []capacity.Activation{capacity.Tanh, capacity.GELU, capacity.Logistic}
	for i, c := range sizes {
		r, err := MeasureRank(c, all[i%len(all)], draws, stream(fmt.Sprint(name, "/", i)))
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// MeasureRank returns the largest rank of a number of random θ, that of a generic one.
func MeasureRank(c capacity.Config, psi capacity.Activation, draws int, rng *rand.Rand) (*Rank, error) {
	r := &Rank{Config: c, Psi: psi, Contexts: capacity.Sequences(c.Zeta, c.T)}
	rng.Shuffle(len(r.Contexts), func(i, j int) { r.Contexts[i], r.Contexts[j] = r.Contexts[j], r.Contexts[i] })
	for range draws {
		p, err := capacity.Random(c, psi, rng)
		if err != nil {
			return nil, err
		}
		J := p.CentredJacobian(r.Contexts)
		if rank, gap := capacity.NumericRank(J); rank > r.Rank || rank == r.Rank && gap > r.Gap {
			r.Params, r.Rank, r.Gap = p, rank, gap
			r.Before = before(J, rank)
		}
	}
	if r.Params == nil {
		return nil, fmt.Errorf("ntp-capacity: no derivative of %+v has a rank", c)
	}
	return r, nil
}

func before(J *mat.Dense, rank int) float64 {
	var svd mat.SVD
	if rank < 2 || !svd.Factorize(J, mat.SVDNone) {
		return 1
	}
	s := svd.Values(nil)
	return s[rank-2] / s[rank-1]
}

// Staircase returns the ranks of the derivative on the first n[0], n[1], ... contexts.
func (r *Rank) Staircase(n []int) (ranks []int) {
	for _, contexts := range n {
		rank, _ := capacity.NumericRank(r.Params.CentredJacobian(r.Contexts[:min(contexts, len(r.Contexts))]))
		ranks = append(ranks, rank)
	}
	return ranks
}

// Onto returns the largest n for which the derivative on the first n contexts has the rank
// n(ζ−1) times the share at least.
func (r *Rank) Onto(share float64) int {
	free := float64(r.Config.Zeta - 1)
	n := min(int(float64(r.Rank)/(share*free)), len(r.Contexts))
	for n > 0 && float64(r.Staircase([]int{n})[0]) < share*float64(n)*free {
		n--
	}
	return n
}

// Counts are 1, 2, ..., and from some number on fewer of them, up to about top.
func Counts(top int) (n []int) {
	for i := 1; i <= top; i += 1 + i/6 {
		n = append(n, i)
	}
	return n
}

// Former is the k_eff of an earlier version of this page, whose term m0 d0² is wrong for
// d0 > d: a change of basis of a head's values is seen only inside the d directions of W0.
func Former(c capacity.Config) int {
	k, _ := c.Effective()
	e := min(c.D0, c.D, c.M)
	return k - c.Heads*(c.D0-e)*(c.D0-e)
}
