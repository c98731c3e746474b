package study

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/geometry"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// seen returns where the rows of A appear from the given side, in degrees around the
// vertical axis and from 20 degrees above.
func seen(A *mat.Dense, degrees float64) (x, y []float64) {
	n, _ := A.Dims()
	return figure.Seen(n, A.At, degrees, 20)
}

// some returns the given rows of A, in that order.
func some(A *mat.Dense, list ...int) *mat.Dense {
	_, c := A.Dims()
	B := mat.NewDense(len(list), c, nil)
	for i, k := range list {
		B.SetRow(i, mat.Row(nil, k, A))
	}
	return B
}

// SpaceFigure draws words and contexts of the pattern of all pairs of four words, each for
// two contexts, from several sides: predicted, and trained, at the size of the prediction.
func SpaceFigure(p *softlabel.Pattern, end *geometry.Factors) figure.Figure {
	g := Of(p.Proxy()) // exact here: step 14
	back := geometry.Align(end.W, g.W())
	R := Growth(end.L(), p.Proxy())
	contexts := Scaled(Product(end.H.T(), back), 1/math.Sqrt(R))
	exact := mat.DenseCopyOf(g.H().T())
	var turns []figure.Turn
	for degrees := 0.0; degrees < 180; degrees += 10 {
		x, y := seen(g.W(), degrees)
		hx, hy := seen(some(exact, 0, 1, 2, 3, 4, 5), degrees)
		tx, ty := seen(contexts, degrees)
		ex, ey := seen(some(g.W(), 0, 1, 2, 0, 3, 1), degrees)
		lx, ly := seen(some(g.W(), 2, 3), degrees)
		turns = append(turns, figure.Turn{Label: fmt.Sprintf("%.0f°", degrees), Series: []figure.Series{
			figure.Line("edges", ex, ey).In(6).Dashed(3).Sized(1).Unlisted(),
			figure.Line("edges", lx, ly).In(6).Dashed(3).Sized(1).Unlisted(),
			figure.Points("words", x, y).Tagged("tea", "milk", "bread", "salt").In(1).Sized(13),
			figure.Points("contexts, predicted", hx, hy).As("diamond").In(2).Sized(13),
			figure.Points("contexts, trained", tx, ty).In(figure.Ink).Sized(6),
		}})
	}
	return figure.Figure{ID: "space", Title: "Four words and twelve contexts in space", Panels: []figure.Panel{{
		Equal: true, X: figure.Axis{Name: "across"}, Y: figure.Axis{Name: "up"}, Turns: turns}},
		Caption: "Words are the corners of a tetrahedron; the prediction of a context is the middle of an edge, one for both contexts " +
			"of a pair. Trained contexts (scaled to the predicted size) lie in pairs around it, apart by what is left of $L^{\\mathrm{in}}$.",
		Alt: "A tetrahedron of four words seen from several sides, with six predicted contexts at the middles of its edges and two small " +
			"points of trained contexts near each."}
}
