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

// SmallLayer is a map from In dimensions with a few neurons and inputs.
type SmallLayer struct {
	In, Out int
	W, X    []float64
}

// RandomLayer draws a layer of up to 4 neurons, 8 inputs each and 5 texts; half of them have
// inputs and weights of one sign, whose influences are coherent.
func RandomLayer(rng *rand.Rand) SmallLayer {
	l := SmallLayer{In: 2 + rng.IntN(7), Out: 1 + rng.IntN(4)}
	shift := float64(rng.IntN(2))
	for range l.In * l.Out {
		l.W = append(l.W, shift+rng.NormFloat64())
	}
	for range l.In * (2 + rng.IntN(4)) {
		l.X = append(l.X, shift+rng.NormFloat64())
	}
	return l
}

// Sums are ΣS² and ΣQ.
func (l SmallLayer) Sums() delta.Layer { return notebook.Must(delta.OfLayer(l.X, l.W, l.Out, l.In)) }

// MeanSums are those of the mean input.
func (l SmallLayer) MeanSums() delta.Layer {
	mean, texts := make([]float64, l.In), len(l.X)/l.In
	for i, v := range l.X {
		mean[i%l.In] += v / float64(texts)
	}
	return notebook.Must(delta.OfLayer(mean, l.W, l.Out, l.In))
}

// Relative is ΣE h²/ΣS² by the masks of every neuron on every input.
func (l SmallLayer) Relative(p, q float64) float64 {
	square, S2 := 0.0, 0.0
	l.each(func(c []float64) {
		x := Enumerated(c, p, q)
		_, s := x.Moments()
		square += s
		S2 += x.F.S * x.F.S
	})
	return square / S2
}

// Vertex is the q of least ΣE h² by the masks: with K = Σ δ_j c_j, h = S − K/q, and the
// parabola in 1/q has its lowest point at q = ΣE K²/Σ S E K.
func (l SmallLayer) Vertex(p float64) float64 {
	square, product := 0.0, 0.0
	l.each(func(c []float64) {
		x := Enumerated(c, p, 1)
		square += x.Mean(func(h float64) float64 { return (x.F.S - h) * (x.F.S - h) })
		product += x.F.S * x.Mean(func(h float64) float64 { return x.F.S - h })
	})
	return square / product
}

// each visits the influences of every neuron on every input.
func (l SmallLayer) each(visit func(c []float64)) {
	for r := 0; r < len(l.X); r += l.In {
		for k := 0; k < len(l.W); k += l.In {
			c := make([]float64, l.In)
			for j := range c {
				c[j] = l.W[k+j] * l.X[r+j]
			}
			visit(c)
		}
	}
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
