package study

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/delta"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// CoverageHead is the head of [Coverage].
var CoverageHead = []string{"γ", "cases", "exceed the proven bound with more than γ", "exceed the printed one with more than γ", "largest Pr(|h| > proven)/γ"}

// Coverage counts at each γ of how many cases, at DARE's divisor, the bounds fail.
func Coverage(cases []Case, gammas []float64) (rows [][]string) {
	for _, gamma := range gammas {
		proven, printed, worst := 0, 0, 0.0
		for _, x := range cases {
			x = x.At(1 - x.P)
			got := delta.Exceeds(x.All, delta.Bound(x.P, x.Q, x.F.Q, gamma), math.Abs)
			worst = max(worst, got/gamma)
			if got > gamma*(1+1e-9) {
				proven++
			}
			if delta.Exceeds(x.All, delta.Printed(x.P, x.Q, x.F.Q, gamma), math.Abs) > gamma*(1+1e-9) {
				printed++
			}
		}
		rows = append(rows, []string{claim.Plain(gamma, 3), fmt.Sprint(len(cases)), fmt.Sprint(proven), fmt.Sprint(printed), claim.Plain(worst, 3)})
	}
	return rows
}

// CounterExample is a neuron of N equal influences of 1 at which a bound is asked for the
// confidence 1 − γ.
type CounterExample struct {
	N        int
	P, Gamma float64
}

// CounterExamples are places where the constant as printed does not hold.
var CounterExamples = []CounterExample{{1, 0.99, 0.005}, {1, 0.5, 0.9}, {100, 0.5, 0.01}, {1_000_000, 0.5, 0.01}, {300, 0.99, 0.001}, {1000, 0.999, 0.001}}

// Name says which neuron it is.
func (x CounterExample) Name() string {
	return fmt.Sprintf("n = %d, p = %s, γ = %s", x.N, claim.Plain(x.P, 3), claim.Plain(x.Gamma, 3))
}

// Exceeded is Pr(|h| > bound), exactly, for DARE.
func (x CounterExample) Exceeded(bound func(p, q, Q, gamma float64) float64) float64 {
	return delta.Exceeds(notebook.Must(delta.Equal(x.N, x.P)), bound(x.P, 1-x.P, float64(x.N), x.Gamma), math.Abs)
}

// CounterHead is the head of [CounterRows].
var CounterHead = []string{"n equal influences", "p", "γ", "printed bound", "Pr(|h| > printed)", "proven bound", "Pr(|h| > proven)"}

// CounterRows are the counter-examples in numbers.
func CounterRows() (rows [][]string) {
	for _, x := range CounterExamples {
		Q := float64(x.N)
		rows = append(rows, []string{fmt.Sprint(x.N), claim.Plain(x.P, 3), claim.Plain(x.Gamma, 3),
			claim.Plain(delta.Printed(x.P, 1-x.P, Q, x.Gamma), 4), claim.Plain(x.Exceeded(delta.Printed), 3),
			claim.Plain(delta.Bound(x.P, 1-x.P, Q, x.Gamma), 5), claim.Plain(x.Exceeded(delta.Bound), 3)})
	}
	return rows
}

// Negative is −x.
func Negative(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = -v
	}
	return y
}

// LayerLeast is the x = (1−p)/q of least mean |h| over outputs S ~ N(0, 1) with changes of the
// mean (1−x)S and the deviation τx: a layer whose ratio ΣQ/ΣS² is that of every neuron, in the
// normal limit.
//
// With spread > 0, Q is not that of every neuron, but proportional to e^{spread·Z}, Z ~ N(0, 1).
func LayerLeast(rng *rand.Rand, tau float64, outputs int, spread float64) float64 {
	S, z := Targets(rng, outputs), Targets(rng, outputs)
	if spread > 0 {
		for i, v := range Targets(rng, outputs) {
			z[i] *= math.Exp(spread*v/2 - spread*spread/4) // E e^{spread·Z} = e^{spread²/2}
		}
	}
	return Least(1e-3, 1, func(x float64) float64 {
		sum := 0.0
		for i, s := range S {
			sum += math.Abs((1-x)*s + tau*x*z[i])
		}
		return sum
	})
}

// BySubsets are E h and Var h over all masks that keep k.
func BySubsets(c []float64, k int) (mean, variance float64) {
	var all []float64
	notebook.Check(delta.Subsets(c, k, func(h float64) { all = append(all, h) }))
	for _, h := range all {
		mean += h / float64(len(all))
	}
	for _, h := range all {
		variance += (h - mean) * (h - mean) / float64(len(all))
	}
	return mean, variance
}
