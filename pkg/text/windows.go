package text

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Windows returns every stretch of T tokens, those that run over the end continued at
// the beginning: as many sequences as tokens, all of length T. Closed to a circle the text
// is exactly stationary, every stretch of t tokens as frequent at one place of the
// windows as at another, which Shannon's H_t ≥ H_{t+1} needs.
func Windows(tokens []int, T int) ([][]int, error) {
	if T < 1 || len(tokens) < T {
		return nil, fmt.Errorf("text: windows of %d tokens in a text of %d: want 1 ≤ T ≤ length", T, len(tokens))
	}
	circle := append(slices.Clone(tokens), tokens[:T-1]...)
	windows := make([][]int, len(tokens))
	for i := range windows {
		windows[i] = circle[i : i+T]
	}
	return windows, nil
}

// Split returns documents for training and a share of them, rounded down, for validation:
// whole documents, so that no part of one is seen in training and judged in validation. Their
// order is drawn from rng; with nil it stays, and the last ones are for validation. The error
// says when either would have none.
func Split[D any](documents []D, share float64, rng *rand.Rand) (train, validation []D, err error) {
	n := int(share * float64(len(documents)))
	if !(share > 0 && share < 1) || n < 1 || n == len(documents) {
		return nil, nil, fmt.Errorf("text: a share of %g of %d documents for validation leaves %d and %d: want some of both", share, len(documents), len(documents)-n, n)
	}
	all := slices.Clone(documents)
	if rng != nil {
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
	cut := len(all) - n
	return all[:cut:cut], all[cut:], nil
}
