package embedding

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Association is a word or sentence embedding association test (Caliskan et al. 2017; May et al.
// 2019): are the targets X more like the attributes A, and Y like B? Each is a list of vectors.
type Association struct{ X, Y, A, B [][]float64 }

// Score is s(w) = mean_a cos(w, a) − mean_b cos(w, b).
func (t Association) Score(w []float64) float64 { return meanCosine(w, t.A) - meanCosine(w, t.B) }

func meanCosine(w []float64, list [][]float64) (mean float64) {
	for _, a := range list {
		mean += Cosine(w, a) / float64(len(list))
	}
	return mean
}

// Cosine is ⟨x, y⟩/(‖x‖ ‖y‖).
func Cosine(x, y []float64) float64 {
	xy, xx, yy := 0.0, 0.0, 0.0
	for j, v := range x {
		xy += v * y[j]
		xx += v * v
		yy += y[j] * y[j]
	}
	return xy / math.Sqrt(xx*yy)
}

// Result is what an association test says.
type Result struct {
	Effect     float64 // (mean_X s − mean_Y s)/std s over X ∪ Y, with n − 1
	P          float64 // one-sided
	Exact      bool    // all partitions were looked at
	Partitions int     // how many were, the test's own among them
}

// Test returns the effect size and the share of partitions of X ∪ Y into equal halves whose sum
// of s over the first is at least that over X: of all, if there are no more than most of them,
// and else of most that are drawn, among which the test's own counts. The sum over X alone says
// all, since that over X ∪ Y is the same for all partitions; so X and Y have to be of one size.
func (t Association) Test(most int, rng *rand.Rand) (r Result, err error) {
	n := len(t.X)
	if n == 0 || len(t.Y) != n || len(t.A) == 0 || len(t.B) == 0 || most < 1 {
		return r, fmt.Errorf("embedding: an association test of %d and %d targets with %d and %d attributes and %d partitions, want equally many targets, and some of all", n, len(t.Y), len(t.A), len(t.B), most)
	}
	var s []float64
	for _, w := range append(append([][]float64(nil), t.X...), t.Y...) {
		s = append(s, t.Score(w))
	}
	r.Effect = effect(s[:n], s[n:])
	own, scale := sum(s[:n]), 0.0
	for _, x := range s {
		scale += math.Abs(x)
	}
	own -= roundOff * scale // equal sums in another order are equal
	all := binomial(2*n, n)
	if r.Exact = all <= float64(most); r.Exact {
		r.Partitions = int(all)
		r.P = float64(atLeast(s, n, own)) / all
		return r, nil
	}
	count := 1
	for range most - 1 {
		rng.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
		if sum(s[:n]) >= own {
			count++
		}
	}
	r.Partitions, r.P = most, float64(count)/float64(most)
	return r, nil
}

// roundOff is the relative error of a sum of some hundred numbers.
const roundOff = 1e-13

// effect is the difference of means over the standard deviation of all; zero where all are equal.
func effect(x, y []float64) float64 {
	n := float64(len(x) + len(y))
	mean := (sum(x) + sum(y)) / n
	squares := 0.0
	for _, list := range [][]float64{x, y} {
		for _, v := range list {
			squares += (v - mean) * (v - mean)
		}
	}
	if squares == 0 {
		return 0
	}
	return (sum(x)/float64(len(x)) - sum(y)/float64(len(y))) / math.Sqrt(squares/(n-1))
}

// atLeast counts the choices of n among numbers whose sum is at least least.
func atLeast(s []float64, n int, least float64) int {
	switch {
	case n == 0 && least <= 0:
		return 1
	case n == 0 || n > len(s):
		return 0
	}
	return atLeast(s[1:], n-1, least-s[0]) + atLeast(s[1:], n, least)
}

// binomial is n over k, exact below 2⁵³.
func binomial(n, k int) float64 {
	b := 1.0
	for i := range k {
		b = b * float64(n-i) / float64(i+1)
	}
	return math.Round(b)
}

func sum(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}
