package study

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Pairs are contents with two texts n ± s v, equally far from their neutral form, for a v of
// length one that all contents share, or whose sign is drawn for each.
func Pairs(rng *rand.Rand, count, m int, spread, s float64, v []float64, randomSign bool) []Content {
	all := make([]Content, count)
	for c := range all {
		side := s
		if randomSign && rng.IntN(2) == 1 {
			side = -s
		}
		n := Normal(rng, m, spread)
		all[c] = Content{[][]float64{Moved(n, side, v), Moved(n, -side, v)}, n}
	}
	return all
}

// Probe fits least squares with an intercept to the sign of the group (+1 for the first, −1 for the second)
// on the first half of the contents and returns how often it has the group right on the second
// half. It sees f, or f − n.
func Probe(all []Content, lessNeutral bool) (float64, error) {
	m := len(all[0].N)
	input := func(c Content, g int) []float64 {
		if lessNeutral {
			return append(Less(c.F[g], c.N), 1)
		}
		return append(append([]float64(nil), c.F[g]...), 1)
	}
	gram, right := mat.NewSymDense(m+1, nil), mat.NewVecDense(m+1, nil)
	for i := range m + 1 {
		gram.SetSym(i, i, 1e-9)
	}
	half := len(all) / 2
	for _, c := range all[:half] {
		for g := range 2 {
			x := mat.NewVecDense(m+1, input(c, g))
			gram.SymRankOne(gram, 1, x)
			right.AddScaledVec(right, float64(1-2*g), x)
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(gram) {
		return 0, fmt.Errorf("study: %d contents do not determine a probe of %d weights", half, m+1)
	}
	var w mat.VecDense
	if err := chol.SolveVecTo(&w, right); err != nil {
		return 0, fmt.Errorf("study: the probe's equations: %w", err)
	}
	good := 0
	for _, c := range all[half:] {
		for g := range 2 {
			if score := floats.Dot(w.RawVector().Data, input(c, g)); (score > 0) == (g == 0) {
				good++
			}
		}
	}
	return float64(good) / float64(2*(len(all)-half)), nil
}
