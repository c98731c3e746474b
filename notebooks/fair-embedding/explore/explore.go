// Package explore is the figure of the paper that a reader moves: a neutral text and the texts of two groups around it.
package explore

import (
	"math"

	"github.com/marginalia-ml/marginalia/pkg/embedding"
	"github.com/marginalia-ml/marginalia/pkg/explore"
	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// Idea returns the figure.
func Idea() *explore.Idea {
	return &explore.Idea{
		Title: "Equal distance, or not",
		Words: "Move the texts of two groups around the neutral one. At the neutral text both groups are equally probable exactly where both are equally far, whatever the angle between them; how much a difference tells depends on the kernel's radius $\\rho$.",
		Controls: []explore.Control{
			{Name: "d1", Label: "distance $d_1$ of the first text", Min: 0.2, Max: 2, Step: 0.02, Start: 1.4},
			{Name: "d2", Label: "distance $d_2$ of the second text", Min: 0.2, Max: 2, Step: 0.02, Start: 1},
			{Name: "angle", Label: "angle between them, degrees", Min: 20, Max: 340, Step: 2, Start: 130},
			{Name: "rho", Label: "radius $\\rho$ of the kernel", Min: 0.2, Max: 2, Step: 0.05, Start: 0.7},
		},
		Draw: draw,
	}
}

func draw(v map[string]float64) (explore.View, error) {
	d := [2]float64{v["d1"], v["d2"]}
	var text [2][2]float64
	var circles [2]figure.Series
	for g, turn := range []float64{-90 - v["angle"]/2, -90 + v["angle"]/2} {
		sin, cos := math.Sincos(turn * math.Pi / 180)
		text[g] = [2]float64{d[g] * cos, d[g] * sin}
		var x, y []float64
		for k := range 73 {
			sin, cos := math.Sincos(2 * math.Pi * float64(k) / 72)
			x, y = append(x, d[g]*cos), append(y, d[g]*sin)
		}
		circles[g] = figure.Line([]string{"distance d₁", "distance d₂"}[g], x, y).In(g + 1).Dashed(3).Sized(1).Unlisted()
	}
	gap := embedding.PosteriorGap(d[0], d[1], v["rho"])
	if d[0] > d[1] {
		gap = -gap
	}
	dot := text[0][0]*text[1][0] + text[0][1]*text[1][1]
	return explore.View{
		Figure: figure.Figure{ID: "explore",
			Caption: "Embeddings of one content in the plane: the neutral text n in the middle, the texts of two groups at the distances $d_1$ and $d_2$. $P_1$ is the probability, at n, of the first group, whose prior is one half.",
			Alt:     "A square in the middle, a circle and a diamond around it at distances and an angle that sliders change, and the two circles of equal distance.",
			Panels: []figure.Panel{{Equal: true, Ratio: 1.4, X: figure.Axis{Name: "first coordinate", Min: figure.At(-3), Max: figure.At(3)}, Y: figure.Axis{Name: "second coordinate", Min: figure.At(-2.15), Max: figure.At(2.15)},
				Series: []figure.Series{circles[0], circles[1],
					figure.Points("text of group 1", text[0][:1], text[0][1:]).In(1).As("circle").Sized(14).Tagged("f₁"),
					figure.Points("text of group 2", text[1][:1], text[1][1:]).In(2).As("diamond").Sized(14).Tagged("f₂"),
					figure.Points("neutral text", []float64{0}, []float64{0}).In(figure.Ink).As("square").Sized(11).Tagged("n")}}}},
		Facts: []explore.Fact{explore.Number("P_1 at the neutral text", 0.5+gap), explore.Number("|P_1 − 1/2|", math.Abs(gap)),
			explore.Number("distance of the two texts", math.Sqrt(max(0, d[0]*d[0]+d[1]*d[1]-2*dot)))},
	}, nil
}
