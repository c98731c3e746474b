package study

import (
	"github.com/marginalia-ml/marginalia/pkg/capacity"
)

// Dense is a search of experiment E3: n random contexts of up to four out of four tokens,
// targets uniform on the simplex, widths from one number to another.
func Dense(n, from, to int, seed uint64) capacity.Search {
	return capacity.Search{
		Config: capacity.Config{Zeta: 4, T: 4, D: 3, D1: 3, D0: 3, Heads: 1}, Psi: capacity.GELU,
		N: n, From: from, To: to, Restarts: 3, Steps: 300, Seed: seed, Stream: "dense",
	}
}

// Counted is the dimension count of such a search: the least m whose derivative can have the
// rank n(ζ−1).
func Counted(n int) int {
	for m := 1; ; m++ {
		c := Dense(n, 1, n, 0).Config
		c.M = m
		if c.Dimensions() >= n*(c.Zeta-1) {
			return m
		}
	}
}

// Searches are those of E3, each from two neurons below the dimension count on.
func Searches(sizes []int, seed uint64) (list []capacity.Search) {
	for _, n := range sizes {
		list = append(list, Dense(n, max(1, Counted(n)-2), n, seed))
	}
	return list
}
