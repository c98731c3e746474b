package study

import (
	"math/rand/v2"

	"github.com/marginalia-ml/marginalia/pkg/delta"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

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

// TriedLayer is a small layer at a rate p, with what the masks say of divisors: ΣE h²/ΣS² with
// DARE's, with q*, with that of the mean input and with that of another layer, and the divisor
// of the least.
type TriedLayer struct {
	P, Kappa, Tau2, Best            float64 // τ² = p/((1−p)κ), q*
	AtDare, AtBest, ByMean, ByOther float64
	Vertex                          float64
}

// TriedLayers draws layers of [RandomLayer] at rates of [Rates].
func TriedLayers(rng *rand.Rand, count int) (all []TriedLayer) {
	other := RandomLayer(rng).Sums()
	for range count {
		p := Rates[rng.IntN(len(Rates))]
		x := RandomLayer(rng)
		l := x.Sums()
		all = append(all, TriedLayer{P: p, Kappa: l.Coherence(), Tau2: p / ((1 - p) * l.Coherence()), Best: l.Best(p),
			AtDare: x.Relative(p, 1-p), AtBest: x.Relative(p, l.Best(p)), ByMean: x.Relative(p, x.MeanSums().Best(p)), ByOther: x.Relative(p, other.Best(p)),
			Vertex: x.Vertex(p)})
		other = l
	}
	return all
}
