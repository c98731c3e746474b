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

// Drawn thins a sequence over k = 1, 2, ... out to about as many points a factor of ten.
func Drawn(y []float64) (k []int, drawn []float64) {
	for i, v := range y {
		if at := i + 1; at == 1 || at%(1+at/50) == 0 {
			k, drawn = append(k, at), append(drawn, v)
		}
	}
	return k, drawn
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
