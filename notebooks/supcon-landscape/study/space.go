package study

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/contrastive"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// seen returns where the columns of A, in R³, appear from the given side, in degrees around the
// vertical axis and from 15 degrees above.
func seen(A *mat.Dense, degrees float64) (x, y []float64) {
	_, n := A.Dims()
	return figure.Seen(n, A.T().At, degrees, 15)
}

// inSpace places two majority and two minority means with the cosines of s: the former along one
// horizontal axis, the latter along the other.
func inSpace(s contrastive.StepSolution) *mat.Dense {
	root := func(x float64) float64 { return math.Sqrt(max(0, x)) }
	a, g := s.Alpha, s.Gamma
	return Columns(
		[]float64{root((1 - a) / 2), 0, root((1 + a) / 2)}, []float64{-root((1 - a) / 2), 0, root((1 + a) / 2)},
		[]float64{0, root((1 - g) / 2), -root((1 + g) / 2)}, []float64{0, -root((1 - g) / 2), -root((1 + g) / 2)})
}

// ball is the outline of the unit sphere and its equator, as they appear.
func ball(degrees float64) []figure.Series {
	var rim, equator [2][]float64
	for i := range 121 {
		t := 2 * math.Pi * float64(i) / 120
		rim[0], rim[1] = append(rim[0], math.Cos(t)), append(rim[1], math.Sin(t))
	}
	const n = 48 // it is drawn anew for each side
	circle := mat.NewDense(3, n+1, nil)
	for i := range n + 1 {
		t := 2 * math.Pi * float64(i) / n
		circle.Set(0, i, math.Cos(t))
		circle.Set(1, i, math.Sin(t))
	}
	equator[0], equator[1] = seen(circle, degrees)
	return []figure.Series{
		figure.Line("sphere", rim[0], rim[1]).In(6).Dashed(1).Sized(1).Unlisted(),
		figure.Line("equator", equator[0], equator[1]).In(6).Dashed(3).Sized(1).Unlisted(),
	}
}

// spokes joins the origin with columns of A.
func spokes(A *mat.Dense, degrees float64, list []int, slot int) (all []figure.Series) {
	x, y := seen(A, degrees)
	for _, i := range list {
		all = append(all, figure.Segment("spokes", 0, 0, x[i], y[i]).In(slot).Dashed(1).Sized(2).Unlisted())
	}
	return all
}

// SpaceFigure is four class means in space while two of the classes become larger than the
// others: one slider for the imbalance, one for the side from which the sphere is seen. Half a turn
// shows the same picture again.
func SpaceFigure(r float64, ratios []float64) figure.Figure {
	degrees := func(cosine float64) float64 { return math.Acos(cosine) * 180 / math.Pi }
	var turns []figure.Turn
	for i, s := range Along(contrastive.Step{R: r, K1: 2, K2: 2, Minor: 50}, ratios) {
		A := inSpace(s)
		for step := range 12 {
			side := math.Mod(float64(35+15*step), 180)
			x, y := seen(A, side)
			series := append(ball(side), spokes(A, side, []int{0, 1}, 1)...)
			series = append(series, spokes(A, side, []int{2, 3}, 2)...)
			turns = append(turns, figure.Turn{
				Label: fmt.Sprintf("R = %s: %.0f°, %.0f°", claim.Plain(ratios[i], 3), degrees(s.Alpha), degrees(s.Gamma)),
				Side:  fmt.Sprintf("turned by %d°", 15*step),
				Series: append(series,
					figure.Points("means of the two large classes", x[:2], y[:2]).In(1).As("circle").Sized(15),
					figure.Points("means of the two small classes", x[2:], y[2:]).In(2).As("diamond").Sized(15))})
		}
	}
	return figure.Figure{ID: "idea", Title: "Where the classes go", Panels: []figure.Panel{{Equal: true,
		X: figure.Axis{Name: "across", Min: figure.At(-1.1), Max: figure.At(1.1)}, Y: figure.Axis{Name: "up", Min: figure.At(-1.1), Max: figure.At(1.1)}, Turns: turns}},
		Caption: "Where the loss puts the means of four classes, if two of them have R times as many samples as the other two (temperature 1). Beside R stand the angles between the two large classes and between the two small ones. " +
			"Equal classes, R = 1, are the corners of a tetrahedron, 109° apart. As R grows the large ones move apart until they are opposite; the small ones are driven together, and from R = 143 on they are one point. One slider changes R, the other turns the sphere.",
		Alt: "The unit sphere with four points: for R = 1 a regular tetrahedron; with larger R the points of the large classes become opposite, those of the small ones approach each other, and at R = 200 they coincide."}
}

// Aligned turns the means of a network, in R^d, so that they are nearest to the prediction in
// space: U μ with the best U of orthonormal rows.
func Aligned(means, prediction *mat.Dense) *mat.Dense {
	var cross mat.Dense
	cross.Mul(prediction, means.T())
	U, _, V, err := matrix.SVD(&cross)
	if err != nil {
		return prediction
	}
	var turn, out mat.Dense
	turn.Mul(U, V.T())
	out.Mul(&turn, means)
	return &out
}

// TurnFigure shows the embeddings of a network beside the prediction, from several sides.
func TurnFigure(n Net) figure.Figure {
	exact := inSpace(n.Step)
	points := Aligned(n.H, n.Problem.Spread(exact))
	majority := n.Problem.Sizes[0] + n.Problem.Sizes[1]
	var turns []figure.Turn
	for degrees := 15.0; degrees < 180; degrees += 15 {
		x, y := seen(exact, degrees)
		px, py := seen(points, degrees)
		series := append(ball(degrees), spokes(exact, degrees, []int{0, 1}, 1)...)
		series = append(series, spokes(exact, degrees, []int{2, 3}, 2)...)
		turns = append(turns, figure.Turn{Label: fmt.Sprintf("%.0f°", degrees), Series: append(series,
			figure.Points("predicted, majority", x[:2], y[:2]).In(1).As("circle").Sized(16),
			figure.Points("predicted, minority", x[2:], y[2:]).In(2).As("diamond").Sized(16),
			figure.Points("learned, every sample", append(px[:majority:majority], px[majority:]...), append(py[:majority:majority], py[majority:]...)).In(figure.Ink).As("circle").Sized(4))})
	}
	return figure.Figure{ID: "turn", Title: "A trained network in the predicted space", Panels: []figure.Panel{{Equal: true,
		X: figure.Axis{Name: "across", Min: figure.At(-1.1), Max: figure.At(1.1)}, Y: figure.Axis{Name: "up", Min: figure.At(-1.1), Max: figure.At(1.1)}, Turns: turns}},
		Caption: fmt.Sprintf("All %d embeddings of the network with R = 10, eight dimensions turned into the three of the prediction. Each class is a point where it should be; turn the picture.", n.Problem.N()),
		Alt:     "The unit sphere with four predicted class means, seen from several sides, and small dots, the embeddings of the network, at their centres."}
}
