package study

import (
	"fmt"
	"math"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/embedding"
	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// circle are points of a circle around the origin.
func circle(radius float64) (x, y []float64) {
	for k := range 73 {
		a := 2 * math.Pi * float64(k) / 72
		x, y = append(x, radius*math.Cos(a)), append(y, radius*math.Sin(a))
	}
	return x, y
}

// bisector is the line of points that are equally far from a and b, from the frame's one side to
// the other: (a − b)·x = (|a|² − |b|²)/2.
func bisector(a, b [2]float64, edge float64) (x0, y0, x1, y1 float64) {
	u, v := a[0]-b[0], a[1]-b[1]
	c := (a[0]*a[0] + a[1]*a[1] - b[0]*b[0] - b[1]*b[1]) / 2
	length := u*u + v*v
	px, py := c*u/length, c*v/length
	t := edge / math.Sqrt(length)
	return px - t*v, py + t*u, px + t*v, py - t*u
}

// IdeaFigure is a neutral text and two others whose distances and kernel the reader chooses.
func IdeaFigure(first, radii []float64) figure.Figure {
	const second, edge = 1.0, 2.2
	at := func(d, degrees float64) [2]float64 {
		return [2]float64{d * math.Cos(degrees*math.Pi/180), d * math.Sin(degrees*math.Pi/180)}
	}
	var turns []figure.Turn
	for _, d := range first {
		for _, rho := range radii {
			a, b := at(d, 205), at(second, 335)
			p := embedding.PosteriorGap(d, second, rho)
			if d > second {
				p = -p
			}
			x0, y0, x1, y1 := bisector(a, b, 1.5)
			cx, cy := circle(d)
			sx, sy := circle(second)
			turns = append(turns, figure.Turn{
				Label: fmt.Sprintf("d₁ = %s, d₂ = 1", claim.Plain(d, 2)), Side: fmt.Sprintf("ρ = %s", claim.Plain(rho, 2)),
				Series: []figure.Series{
					figure.Line("distance d₁", cx, cy).In(1).Dashed(3).Sized(1).Unlisted(),
					figure.Line("distance d₂", sx, sy).In(2).Dashed(3).Sized(1).Unlisted(),
					figure.Segment("equally far from both texts", x0, y0, x1, y1).In(figure.Ink).Dashed(1).Sized(2),
					figure.Points("text of group 1", a[:1], a[1:]).In(1).As("circle").Sized(14).Tagged("f₁"),
					figure.Points("text of group 2", b[:1], b[1:]).In(2).As("diamond").Sized(14).Tagged("f₂"),
					figure.Points("neutral text", []float64{0}, []float64{0}).In(figure.Ink).As("square").Sized(11).
						Tagged(fmt.Sprintf("n: P₁ = %.2f", 0.5+p)),
				}})
		}
	}
	return figure.Figure{
		ID: "idea", Title: "Equal distance to the neutral text",
		Caption: "Embeddings of one content in the plane: the neutral text n in the middle, the texts of two groups at the distances d₁ and d₂, the kernel's radius ρ. P₁ is the probability, at n, of group 1, whose prior is one half. " +
			"It is one half exactly where d₁ = d₂, whatever ρ is: then the line of points that are equally far from both texts goes through n. The line separates the two texts in every picture: which group a text is of can be read from it as well as before.",
		Alt: "A square in the middle and a circle and a diamond around it at distances that a slider changes. The line that is equally far from circle and diamond passes through the square only where both distances are one, where the square's label says P₁ = 0.50; where the circle is nearer it says more, where it is farther less.",
		Panels: []figure.Panel{{Equal: true, Ratio: 1.3,
			X: figure.Axis{Name: "first coordinate", Min: figure.At(-edge), Max: figure.At(edge)}, Y: figure.Axis{Name: "second coordinate", Min: figure.At(-1.6), Max: figure.At(1.6)}, Turns: turns}},
	}
}
