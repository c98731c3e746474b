package study

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/federated/theory"
	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// IdeaFigure is what clients lose by one shared model, by one of their own and by one for each
// group, for heterogeneities and selectors of the reader's choice.
func IdeaFigure(rng *rand.Rand, concentrations, guesses []float64) figure.Figure {
	const M, G, d = 12, 4, 6
	w := theory.Gaussian(rng, G, d, 0.5)
	var turns []figure.Turn
	for _, c := range concentrations {
		x := theory.Mixture{W: w, Alpha: theory.Dirichlet(rng, M, G, c), P: theory.Uniform(M)}
		global := x.At(x.Mean())
		slices.SortFunc(x.Alpha, func(a, b []float64) int {
			y := theory.Mixture{W: w, Alpha: [][]float64{a, b}}
			return cmp.Compare(y.Risk(1, global), y.Risk(0, global))
		})
		var at, shared, own []float64
		for i := range x.Alpha {
			at = append(at, float64(i+1))
			shared = append(shared, x.Risk(i, global))
			own = append(own, x.Risk(i, x.At(x.Alpha[i])))
		}
		for _, e := range guesses {
			var groups []float64
			for i := range x.Alpha {
				groups = append(groups, x.Selected(i, theory.Flat(G, e)))
			}
			turns = append(turns, figure.Turn{
				Label: "concentration c = " + claim.Plain(c, 2),
				Side:  fmt.Sprintf("the selector guesses for %s of the inputs", share(e)),
				Series: []figure.Series{
					figure.Line("one shared model", at, shared).In(1).Dashed(1).As("circle"),
					figure.Line("the client's own best model", at, own).In(2).Dashed(2).As("triangle"),
					figure.Line("a model for each group, chosen by input", at, groups).In(3).Dashed(1).As("square"),
				}})
		}
	}
	return figure.Figure{
		ID: "idea", Title: "What twelve clients lose by sharing",
		Caption: "Clients are mixtures of four groups, drawn from Dirichlet(c, c, c, c); exact excess risks, clients by what they lose with the best shared model. At small c each client is nearly one group: a model of its own loses little, and the shared one much. " +
			"At large c all clients are alike and sharing costs nothing more, but every single model is wrong for three groups of four. Models of groups lose nothing, for all clients at once, if the group can be seen in the input; if the selector guesses often, they are worse than sharing.",
		Alt: "For four heterogeneities and four selectors the excess risk of twelve clients: the shared model's falls from client to client, that of the client's own model is below it, and models of groups are a line at zero that rises with the share of guesses until it is above both.",
		Panels: []figure.Panel{{
			X: figure.Axis{Name: "client", Min: figure.At(0), Max: figure.At(M + 1)}, Y: figure.Axis{Name: "excess risk", Min: figure.At(-0.1)}, Turns: turns}},
	}
}

func share(e float64) string {
	if e == 0 {
		return "none"
	}
	return claim.Plain(100*e, 3) + " %"
}
