package study

import (
	"math"
	"math/rand/v2"

	"github.com/marginalia-ml/marginalia/pkg/capacity"
)

// Hard are the corpora of Theorem 13 for one vocabulary and k = 1, ..., top.
type Hard struct {
	Zeta   int
	Over   []float64 // contexts over the bound (T13)
	Room   []float64 // k/n'(ζ-1)
	Left   float64   // the least of (bound - contexts - 1 - 1/(ζ-1))/bound
	Double float64   // the same with 2k/(ζ-1) + 2 for the bound
}

// MeasureHard counts them, in integers.
func MeasureHard(zeta, top int) (h Hard, err error) {
	h = Hard{Zeta: zeta, Left: math.Inf(1), Double: math.Inf(1)}
	rest := 1 + 1/float64(zeta-1)
	for k := 1; k <= top; k++ {
		s, err := capacity.Theorem13(k, zeta)
		if err != nil {
			return h, err
		}
		n, bound, double := float64(s.Contexts), capacity.UpperEmpirical(k, zeta), 2*capacity.Upper(k, zeta)+2
		h.Over, h.Room = append(h.Over, n/bound), append(h.Room, float64(k)/float64(s.Prefixes*(zeta-1)))
		h.Left, h.Double = min(h.Left, (bound-n-rest)/bound), min(h.Double, (double-n-rest)/double)
	}
	return h, nil
}

// Drawn are k and Over at multiples (ζ-1)j, about as many in each factor of ten, and on both sides
// of the jumps, at j = ζ^p - 1 and ζ^p.
func (h Hard) Drawn() (k []int, over []float64) {
	next, power := 1, h.Zeta
	for j := 1; j*(h.Zeta-1) <= len(h.Over); j++ {
		if j == next || j == power-1 || j == power {
			at := j * (h.Zeta - 1)
			k, over = append(k, at), append(over, h.Over[at-1])
		}
		if j == next {
			next += 1 + j/20
		}
		if j == power {
			power *= h.Zeta
		}
	}
	return k, over
}

// Shares rounds n random targets over ζ tokens to each number of draws from one to below another.
// It returns the counts of the last, and the largest N'|p̂ - y| of each target over 1 - 1/ζ.
func Shares(zeta, n, from, to int, rng *rand.Rand) (counts [][]int, off []float64, err error) {
	task, err := capacity.NewTask(zeta, 4, n, rng)
	if err != nil {
		return nil, nil, err
	}
	for draw := from; draw < to; draw++ {
		counts = counts[:0]
		for _, y := range task.Targets {
			row, worst := capacity.EqualShares(y, draw), 0.0
			for z := range y {
				worst = max(worst, math.Abs(float64(row[z])-float64(draw)*y[z]))
			}
			counts, off = append(counts, row), append(off, worst/(1-1/float64(zeta)))
		}
	}
	return counts, off, nil
}
