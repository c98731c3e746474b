// Package explore is the figure of the paper that a reader moves: one neuron's output change for a rate and a divisor.
package explore

import (
	"math"

	"github.com/marginalia-ml/marginalia/pkg/delta"
	"github.com/marginalia-ml/marginalia/pkg/explore"
	"github.com/marginalia-ml/marginalia/pkg/figure"
)

const (
	gamma = 0.05 // the bound fails with at most this probability
	edge  = 3.0  // of the axis, in units of the output
	bins  = 60
)

// Idea returns the figure.
func Idea() *explore.Idea {
	return &explore.Idea{
		Title: "Choose the rate and the divisor",
		Words: "Choose $p$, the share that is dropped, and the divisor $q$, from DARE's $1-p$ (0) to the one of least mean square (1) and beyond. DARE is right on the average and becomes wide at extreme rates; a larger $q$ trades width for bias.",
		Controls: []explore.Control{
			{Name: "drop", Label: "dropped, nines of $p$", Min: 0.3, Max: 3, Step: 0.05, Start: 2},
			{Name: "q", Label: "divisor, from $1-p$ to $q_*$", Min: 0, Max: 2, Step: 0.05, Start: 0.5},
			{Name: "n", Label: "inputs $n$", Min: 20, Max: 1000, Step: 20, Start: 200},
		},
		Draw: draw,
	}
}

// Change is the distribution of h/S for n equal influences: values and probabilities, one for each number that is kept.
func Change(n int, p, q float64) (at, pr []float64, err error) {
	atoms, err := delta.Equal(n, p)
	for _, a := range atoms { // at q = 1 − p: a divisor scales what is kept
		kept := (float64(n) - a.H) * (1 - p)
		at, pr = append(at, 1-kept/q/float64(n)), append(pr, math.Exp(a.LogP))
	}
	return at, pr, err
}

func draw(v map[string]float64) (explore.View, error) {
	n, p := int(v["n"]), 1-math.Pow(10, -v["drop"])
	f := delta.Influence{N: n, S: float64(n), Q: float64(n), Most: 1}
	best := f.Best(p)
	q := (1 - p) * math.Pow(best/(1-p), v["q"])
	at, pr, err := Change(n, p, q)
	if err != nil {
		return explore.View{}, err
	}
	x, y, top := make([]float64, 2*bins+1), make([]float64, 2*bins+1), 0.0
	for k := range x {
		x[k] = edge * float64(k-bins) / bins
	}
	for i, h := range at {
		k := min(max(int(math.Round(h*bins/edge))+bins, 0), 2*bins)
		y[k] += pr[i]
		top = max(top, y[k])
	}
	mean, bound, rms := f.Bias(p, q)/f.S, delta.Bound(p, q, f.Q, gamma)/f.S, math.Sqrt(f.MSE(p, q))/f.S
	within := func(v float64) float64 { return min(edge, max(-edge, v)) }
	return explore.View{
		Figure: figure.Figure{ID: "explore",
			Caption: "A neuron with $n$ equal influences, of which the share $p$ is dropped and the rest divided by $q$: exact probabilities of the output change over the output, $h/S$, in bins of 0.05; what lies beyond $\\pm3$ is drawn at the edge. Zero is no change.",
			Alt:     "A histogram of the relative output change with its mean and the concentration bound on both sides; it widens as more is dropped and moves away from zero, narrower, as the divisor grows.",
			Panels: []figure.Panel{{X: figure.Axis{Name: "h/S: output change over output", Min: figure.At(-edge), Max: figure.At(edge)}, Y: figure.Axis{Name: "probability", Min: figure.At(0)},
				Series: []figure.Series{
					figure.Line("probability of h/S", x, y).In(1).Dashed(1).Sized(2),
					figure.Segment("mean", within(mean), 0, within(mean), top).In(2).Dashed(1).Sized(2),
					figure.Segment("mean ± bound, γ = 0.05", within(mean-bound), 0, within(mean-bound), top).In(figure.Ink).Dashed(3).Sized(2),
					figure.Segment("mean ± bound, γ = 0.05", within(mean+bound), 0, within(mean+bound), top).In(figure.Ink).Dashed(3).Sized(2),
				}}}},
		Facts: []explore.Fact{explore.Number("p", p), explore.Number("q", q), explore.Number("q_*", best), explore.Number("mean of h/S", mean),
			explore.Number("bound", bound), explore.Number("root mean square", rms)},
	}, nil
}
