// Package explore is the figure of the paper that a reader moves: attention margins under normalized steps.
package explore

import (
	"math"

	"github.com/marginalia-ml/marginalia/notebooks/self-attention/study"
	"github.com/marginalia-ml/marginalia/pkg/attention"
	"github.com/marginalia-ml/marginalia/pkg/explore"
	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// Idea returns the figure.
func Idea() *explore.Idea {
	return &explore.Idea{
		Title: "Steps that settle, steps that do not",
		Words: "Two sequences want opposite things, the more the larger $k$. Normalized steps below $\\eta_*$ (1) bring their margins together and the direction to $W_{\\mathrm{mm}}$; above it the difference of the margins swings from step to step and never settles, though both sequences are selected.",
		Controls: []explore.Control{
			{Name: "k", Label: "opposition $k$", Min: 0, Max: 0.95, Step: 0.05, Start: 0.6},
			{Name: "eta", Label: "step, in units of $\\eta_*$", Min: 0.1, Max: 3, Step: 0.1, Start: 0.8},
			{Name: "ahead", Label: "first margin at the start", Min: 0.1, Max: 2, Step: 0.1, Start: 1},
			{Name: "steps", Label: "steps", Min: 5, Max: 60, Step: 5, Start: 30},
		},
		Draw: draw,
	}
}

// Stable is η*, the longest stable step of two opposed sequences, 2(1−k)/(1+k) ‖W_mm‖.
func Stable(k float64, in *study.Instance) float64 { return 2 * (1 - k) / (1 + k) * in.Omega }

// Walked are both margins after 0, 1, ..., steps normalized steps, and the norm at the end, from the shortest W_0 with margins
// (ahead, 0).
func Walked(in *study.Instance, k, eta, ahead float64, steps int) (margins [2][]float64, norm float64, err error) {
	run := attention.KernelRun{Method: attention.NGD, Eta: eta, Start: []float64{ahead, 0}, Norm: ahead / math.Sqrt(1-k*k), Steps: steps}
	_, err = in.Kernel.Run(run, func(st attention.KernelState) bool {
		for i := range margins {
			margins[i] = append(margins[i], st.A[i])
		}
		norm = st.Norm
		return true
	})
	return margins, norm, err
}

func draw(v map[string]float64) (explore.View, error) {
	in, err := study.Opposed(v["k"])
	if err != nil {
		return explore.View{}, err
	}
	stable := Stable(v["k"], in)
	margins, norm, err := Walked(in, v["k"], v["eta"]*stable, v["ahead"], int(v["steps"]))
	if err != nil {
		return explore.View{}, err
	}
	var x, apart []float64
	for t := range margins[0] {
		x, apart = append(x, float64(t)), append(apart, margins[0][t]-margins[1][t])
	}
	end := len(x) - 1
	return explore.View{
		Figure: figure.Figure{ID: "explore",
			Caption: "Two sequences of two tokens whose constraints have the inner product $-k$. Left: the attention margin of each along normalized gradient descent; right: their difference.",
			Alt:     "Left, two curves of margins that rise together; right, their difference, which shrinks for short steps and swings about zero for long ones.",
			Panels: []figure.Panel{
				{Ratio: 1.2, X: figure.Axis{Name: "step"}, Y: figure.Axis{Name: "attention margin"},
					Series: []figure.Series{figure.Line("first sequence", x, margins[0]).In(1), figure.Line("second sequence", x, margins[1]).In(2)}},
				{Ratio: 1.2, X: figure.Axis{Name: "step"}, Y: figure.Axis{Name: "difference of the margins"},
					Series: []figure.Series{figure.Line("difference", x, apart).In(3)}}}},
		Facts: []explore.Fact{explore.Number("η_*", stable), explore.Number("step η", v["eta"]*stable), explore.Number("difference at the end", apart[end]),
			explore.Number("least margin over the best of this norm", min(margins[0][end], margins[1][end])*in.Omega/norm)},
	}, nil
}
