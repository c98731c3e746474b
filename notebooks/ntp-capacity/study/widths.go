package study

import (
	"fmt"
	"math"

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
// rank n(ζ−1), and whose n×(ζ−1) matrix of centred logits, of rank m at most, can have the rank
// of almost all targets.
func Counted(n int) int {
	c := Dense(n, 1, n, 0).Config
	for c.M = min(n, c.Zeta-1); c.Dimensions() < n*(c.Zeta-1); {
		c.M++
	}
	return c.M
}

// Searches are those of E3, each from two neurons below the dimension count on.
func Searches(sizes []int, seed uint64) (list []capacity.Search) {
	for _, n := range sizes {
		list = append(list, Dense(n, max(1, Counted(n)-2), n, seed))
	}
	return list
}

// Below refuses sizes of which none has a width below its dimension count: nothing would have to
// be missed.
func Below(sizes []int) error {
	for _, n := range sizes {
		if n > 1 {
			return nil
		}
	}
	return fmt.Errorf("ntp-capacity: denseN = %v: one neuron is enough for one context, and no width can be too small: name an n of at least 2", sizes)
}

// Found says what searches found, against both bounds.
type Found struct {
	Least   []float64 // m*(n), infinite where no width reached the targets
	Above   []float64 // m*(n) less the dimension count
	Four    []float64 // the same with the count of 4n
	Share   []float64 // m*(n)/n
	Quarter []float64 // m*(n) over n/4
	Missed  []float64 // total KL left at widths below the dimension count
	Reached []float64 // total KL left at m*(n)
}

// Judge takes the searches of sizes.
func Judge(sizes []int, found [][]capacity.Width) (f Found) {
	for i, n := range sizes {
		last := found[i][len(found[i])-1]
		m := math.Inf(1)
		if last.Reached {
			m = float64(last.M)
		}
		f.Least, f.Reached = append(f.Least, m), append(f.Reached, last.KL)
		f.Above, f.Four = append(f.Above, m-float64(Counted(n))), append(f.Four, m-float64(Counted(4*n)))
		f.Share, f.Quarter = append(f.Share, m/float64(n)), append(f.Quarter, 4*m/float64(n))
		for _, w := range found[i] {
			if w.M < Counted(n) {
				f.Missed = append(f.Missed, w.KL)
			}
		}
	}
	return f
}
