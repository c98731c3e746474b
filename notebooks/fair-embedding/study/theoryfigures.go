package study

import (
	"math"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/embedding"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// GapFigure draws the posterior gap of two groups, its bound by the difference of squares, and the
// bound for any prior.
func GapFigure() figure.Figure {
	var x, even, short, linear, any []float64
	for _, v := range Geometric(0.01, 20, 60) { // |d_1² − d_2²|/ρ²
		d := math.Sqrt(v)
		x = append(x, v)
		even = append(even, embedding.PosteriorGap(0, d, 1))
		if v <= 8 {
			short, linear = append(short, v), append(linear, v/8)
		}
		any = append(any, embedding.DeviationBound([]float64{0, d}, 1))
	}
	return figure.Figure{ID: "gap", Title: "What unequal distances say about the group",
		Caption: "The largest change from prior to posterior at the neutral text against |d₁² − d₂²|/ρ². Two groups of equal prior: the curve ends at one half, and the line, its bound, is sharp for small differences. With the worst prior it may reach one; there tanh(R/4) is attained.",
		Alt:     "Two rising curves on a logarithmic axis, one to one half and one to one, that are together with a straight line of slope one at the left.",
		Panels: []figure.Panel{{X: figure.Axis{Name: "|d₁² − d₂²|/ρ²", Log: true}, Y: figure.Axis{Name: "|P₁ − π₁|", Log: true, Max: figure.At(2)},
			Series: []figure.Series{figure.Line("equal prior", x, even).In(1), figure.Line("worst prior: tanh(R/4)", x, any).In(2), figure.Line("|d₁² − d₂²|/(8ρ²)", short, linear).In(figure.Ink)}}}}
}

// LossFigure draws loss and posterior gap of pairs that are a fifth apart, from near the neutral text
// to far away.
func LossFigure() figure.Figure {
	var x, loss, gap []float64
	for _, d := range Geometric(0.05, 6, 80) {
		pair := []float64{d / 1.1, d * 1.1}
		x, loss = append(x, d), append(loss, embedding.BiasLoss(pair, 1))
		gap = append(gap, embedding.PosteriorGap(pair[0], pair[1], 1))
	}
	return figure.Figure{ID: "loss", Title: "The loss falls where the gap is largest",
		Caption: "Two texts at the distances d/1.1 and 1.1 d. The loss of kernels is largest near d = 1.4ρ and falls to zero to both sides; the posterior gap rises all the way. From there on, whoever moves both texts away lowers the loss and raises what it is to measure.",
		Alt:     "Against d over ρ on logarithmic axes a curve that rises to one half, and one that rises with it, turns at about 1.4 and falls below a millionth at 6.",
		Panels: []figure.Panel{{X: figure.Axis{Name: "d/ρ", Log: true}, Y: figure.Axis{Name: "loss, gap", Log: true},
			Series: []figure.Series{figure.Line("L_bias", x, loss).In(2), figure.Line("|P₁ − 1/2|", x, gap).In(1)}}}}
}

// SlopeFigure draws how strongly the kernel pulls at a text.
func SlopeFigure() figure.Figure {
	var x, y []float64
	for k := range 161 {
		d := float64(k) / 40
		x, y = append(x, d), append(y, embedding.Slope(d, 1))
	}
	return figure.Figure{ID: "slope", Title: "How strongly the kernel pulls",
		Caption: "The size of the kernel's derivative times ρ against d/ρ. It is largest, 0.6065, where ρ is the distance; at d = 4ρ a thousandth is left, and at d = 50ρ nothing that a float64 could hold.",
		Alt:     "A curve that rises from zero to 0.61 at one and falls to nearly zero at four.",
		Panels: []figure.Panel{{X: figure.Axis{Name: "d/ρ"}, Y: figure.Axis{Name: "ρ |∂k/∂d|"},
			Series: []figure.Series{figure.Line("ρ |∂k/∂d|", x, y).In(1).Unlisted()},
			Marks:  []figure.Mark{figure.VLine(1, "d = ρ")}}}}
}

// MeetFigure draws where flows without the second term end against the radius, for pairs of distances.
func MeetFigure(pairs [][2]float64) figure.Figure {
	var panels []figure.Panel
	for _, p := range pairs {
		var x, y []float64
		for _, r := range Geometric(0.1, 10, 60) {
			rho := r * (p[0] + p[1]) / 2
			if p[1]/rho > 36 {
				continue
			}
			x, y = append(x, r), append(y, notebook.Must(embedding.CommonDistance(p[0], p[1], rho)))
		}
		panels = append(panels, figure.Panel{Title: "d₁ = " + claim.Plain(p[0], 3) + ", d₂ = " + claim.Plain(p[1], 3),
			X: figure.Axis{Name: "ρ over the mean distance", Log: true}, Y: figure.Axis{Name: "d* where they meet"},
			Series: []figure.Series{figure.Line("d*", x, y).In(1)},
			Marks:  []figure.Mark{figure.HLine((p[0]+p[1])/2, "mean"), figure.VLine(1, "ρ = mean")}})
	}
	return figure.Figure{ID: "meet", Title: "Inflate or shrink",
		Caption: "Where the distances of two texts meet if nothing holds them, against the kernel's radius. A large radius pulls the farther text in, towards the geometric mean; a small one pushes the nearer text out, towards the farther one. No radius makes them collapse.",
		Alt:     "Two panels with falling curves, from the larger distance at small radii to just below the mean at large ones.",
		Panels:  panels}
}
