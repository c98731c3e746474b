package study

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/ntp"
	"github.com/marginalia-ml/marginalia/pkg/rate"
)

// RayFigure draws the excess loss along W* + R·Wmm below its bound.
func RayFigure(b *ntp.Bias, short *mat.Dense, R []float64, sharp float64) figure.Figure {
	in := b.In
	e := in.ExcessAlong(b.Wstar, b.Wmm, R)
	weak := in.ExcessAlong(b.Wstar, short, R)
	bound := make([]float64, len(R))
	for i, r := range R {
		bound[i] = math.Exp(sharp - r)
	}
	return figure.Figure{ID: "ray", Title: "The loss along W* + R·Wmm", Panels: []figure.Panel{{Ratio: 2.4,
		X: figure.Axis{Name: "R"}, Y: figure.Axis{Name: "CE − H, nats", Log: true},
		Series: []figure.Series{
			figure.Line("Wmm", R, e),
			figure.Line("margins of 0.9", R, weak),
			figure.Line("bound Σπ_j x_j(0)·exp(−R)", R, bound).In(figure.Ink).Dashed(3),
		}}},
		Caption: "The excess along Wmm stays below the line of slope −1 that the instance " +
			"determines. A decoder with margins of 0.9 crosses it.",
		Alt: "Excess loss on a logarithmic axis against R: a straight line of slope minus " +
			"one just under its bound, and a flatter line for smaller margins that crosses " +
			"the bound."}
}

// DirectionsFigure draws the excess along Wmm and along the two wrong directions of step 10.
func DirectionsFigure(b *ntp.Bias, drift, tilted *mat.Dense) figure.Figure {
	in := b.In
	x := rate.Grid(0, 40, 81)
	ray := func(name string, D *mat.Dense) figure.Series {
		return figure.Line(name, x, in.ExcessAlong(b.Wstar, D, x))
	}
	return figure.Figure{ID: "directions", Title: "Three directions", Panels: []figure.Panel{{Ratio: 2.4,
		X: figure.Axis{Name: "R"}, Y: figure.Axis{Name: "CE − H, nats", Log: true},
		Series: []figure.Series{
			ray("Wmm", b.Wmm),
			ray("case 1: a part in F", matrix.Add(b.Wmm, 1, drift)),
			ray("case 2: tilted in F⊥", tilted),
		}}},
		Caption: "All three matrices have about the norm of Wmm. One tenth of drift in F turns " +
			"the decay into growth; a tilt within F⊥ slows it down.",
		Alt: "Excess loss against R for three directions: the max-margin direction decays " +
			"fastest, the tilted one slower, the one with a part in F grows."}
}

// LemmaFigure draws the log ratio of the two sides of Lemma 5 along a run.
func LemmaFigure(from *ntp.Trace, gap func(*ntp.Trace, float64) []float64) figure.Figure {
	p := figure.Panel{
		Ratio: 2.4,
		X:     figure.Axis{Name: "k", Log: true},
		Y:     figure.Axis{Name: "log(left / right side)"},
		Marks: []figure.Mark{figure.HLine(0, "Lemma 5 holds below")},
	}
	for _, alpha := range []float64{0.1, 0.2, 0.5, 0.9} {
		p.Series = append(p.Series, figure.Line(fmt.Sprintf("α = %g", alpha), from.Steps(), gap(from, alpha)))
	}
	return figure.Figure{
		ID:     "lemma-five",
		Title:  "Lemma 5 along gradient descent",
		Panels: []figure.Panel{p},
		Caption: "Small α: the inequality holds at first, fails for several decades, and holds " +
			"for good only late. The lemma promises some k₀, not an early one.",
		Alt: "Four curves of the log ratio of the two sides of Lemma 5 against the step, on " +
			"a logarithmic axis; those of larger α lie lower.",
	}
}

// BoundFigure draws the excess loss of a run below the bound (M5).
func BoundFigure(x Bounded) figure.Figure {
	return figure.Figure{ID: "loss-bound", Title: "The loss and its bound", Panels: []figure.Panel{{Ratio: 2.4,
		X: figure.Axis{Name: "k", Log: true}, Y: figure.Axis{Name: "CE − H, nats", Log: true},
		Series: []figure.Series{
			figure.Line("gradient descent, η = 1/(2L)", x.K, x.Excess),
			figure.Line("bound (M5)", x.K, x.Bound),
		}}},
		Caption: "The bound has no free constant. Its log²k in the numerator comes from the " +
			"distance to a minimiser that lies at infinity.",
		Alt: "On logarithmic axes the excess loss falls like one over k, below a bound that " +
			"is nearly parallel to it."}
}
