package study

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
)

// Joint is a distribution of content C, attribute A and a representation F with finitely many
// values each.
type Joint struct {
	Content []float64     // P(C = c)
	Prior   [][]float64   // [c][a] P(A = a | C = c)
	Given   [][][]float64 // [c][a][f] P(F = f | A = a, C = c)
}

// Independent draws a distribution in which F depends on the content alone.
func Independent(rng *rand.Rand, contents, groups, values int) Joint {
	j := Joint{Content: Prior(rng, contents)}
	for range contents {
		j.Prior = append(j.Prior, Prior(rng, groups))
		row, same := make([][]float64, groups), Prior(rng, values)
		for a := range row {
			row[a] = same
		}
		j.Given = append(j.Given, row)
	}
	return j
}

// Marginal is P(F = f | C = c).
func (j Joint) Marginal(c, f int) float64 {
	sum := 0.0
	for a, p := range j.Prior[c] {
		sum += p * j.Given[c][a][f]
	}
	return sum
}

// Unequal is the largest of |P(A|F,C)/P(A|C) − 1| over all groups with P(A|C) > 0, and of
// |P(F|A,C)/P(F|C) − 1| over all groups, where P(F|C) > 0: Bayes' rule says that they are the same
// numbers if P(A|C) > 0 for all groups.
func (j Joint) Unequal() (posterior, likelihood float64) {
	for c := range j.Content {
		for a, p := range j.Prior[c] {
			for f, given := range j.Given[c][a] {
				marginal := j.Marginal(c, f)
				if marginal == 0 {
					continue
				}
				if p > 0 {
					posterior = max(posterior, math.Abs(p*given/marginal/p-1))
				}
				likelihood = max(likelihood, math.Abs(given/marginal-1))
			}
		}
	}
	return posterior, likelihood
}

// Dependent is the distribution with a likelihood of its own for every group, and one more value
// of F, which has probability zero.
func (j Joint) Dependent(rng *rand.Rand) Joint {
	k := Joint{j.Content, j.Prior, nil}
	for _, given := range j.Given {
		row := make([][]float64, len(given))
		for a := range row {
			row[a] = append(Prior(rng, len(given[a])), 0)
		}
		k.Given = append(k.Given, row)
	}
	return k
}

// Certain is the distribution with all contents of the group 0, and another likelihood for
// group 1, which no text has.
func (j Joint) Certain(rng *rand.Rand) Joint {
	k := Joint{Content: j.Content}
	for c := range j.Content {
		prior := make([]float64, len(j.Prior[c]))
		prior[0] = 1
		k.Prior = append(k.Prior, prior)
		row := append([][]float64(nil), j.Given[c]...)
		row[1] = Prior(rng, len(row[1]))
		k.Given = append(k.Given, row)
	}
	return k
}

// Apart is the total variation distance between P(F | A = 0) and P(F | A = 1) without the content.
func (j Joint) Apart() float64 {
	var sums [2][]float64
	for a := range sums {
		sum, whole := make([]float64, len(j.Given[0][a])), 0.0
		for c, p := range j.Content {
			floats.AddScaled(sum, p*j.Prior[c][a], j.Given[c][a])
			whole += p * j.Prior[c][a]
		}
		floats.Scale(1/whole, sum)
		sums[a] = sum
	}
	return floats.Distance(sums[0], sums[1], 1) / 2
}

// TwoContents is a distribution of two contents, equally frequent, one with the share p of group 0
// and the other with 1 − p, and a representation that is the content.
func TwoContents(p float64) Joint {
	one, two := []float64{1, 0}, []float64{0, 1}
	return Joint{[]float64{0.5, 0.5}, [][]float64{{p, 1 - p}, {1 - p, p}}, [][][]float64{{one, one}, {two, two}}}
}
