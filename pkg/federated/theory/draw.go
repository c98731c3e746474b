package theory

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// Dirichlet draws n points of the simplex with G corners, each from the symmetric Dirichlet
// distribution of concentration c > 0: near the corners for small c, near the middle for
// large. They are normalised gamma variables; c below about 0.002 leaves the range of float64.
func Dirichlet(rng *rand.Rand, n, G int, c float64) [][]float64 {
	d, all := distuv.Gamma{Alpha: c, Beta: 1, Src: rng}, make([][]float64, n)
	for i := range all {
		all[i] = make([]float64, G)
		sum := 0.0
		for g := range all[i] {
			all[i][g] = d.Rand()
			sum += all[i][g]
		}
		for g := range all[i] {
			all[i][g] /= sum
		}
	}
	return all
}

// Sample draws n examples from a distribution, counted.
func Sample(rng *rand.Rand, D []float64, n int) []int {
	counts := make([]int, len(D))
	for range n {
		u, z := rng.Float64(), 0
		for z < len(D)-1 && u >= D[z] {
			u -= D[z]
			z++
		}
		counts[z]++
	}
	return counts
}

// Losses draws a class of hypotheses whose 0-1 losses at n examples are fair coins.
func Losses(rng *rand.Rand, size, n int) Class {
	H := make(Class, size)
	for h := range H {
		H[h] = make([]float64, n)
		for z := range H[h] {
			H[h][z] = float64(rng.IntN(2))
		}
	}
	return H
}

// Gaussian draws G vectors of d normal numbers with the given standard deviation.
func Gaussian(rng *rand.Rand, G, d int, sd float64) [][]float64 {
	w := make([][]float64, G)
	for g := range w {
		w[g] = make([]float64, d)
		for j := range w[g] {
			w[g][j] = sd * rng.NormFloat64()
		}
	}
	return w
}
