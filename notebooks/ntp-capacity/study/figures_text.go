package study

import (
	"fmt"
	"math"

	"github.com/marginalia-ml/marginalia/pkg/capacity"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/rate"
)

// heat draws log₁₀ of gaps, the largest corpus on top.
func heat(title string, rows []string, widths []int, gaps [][]float64) figure.Panel {
	h := &figure.Heat{Scale: "$\\log_{10}$ of the gap, nats"}
	for _, m := range widths {
		h.Cols = append(h.Cols, fmt.Sprint(m))
	}
	for i := len(gaps) - 1; i >= 0; i-- {
		var row []float64
		for _, g := range gaps[i] {
			row = append(row, math.Log10(g))
		}
		h.Rows, h.Values = append(h.Rows, rows[i]), append(h.Values, row)
	}
	return figure.Panel{Title: title, X: figure.Axis{Name: "neurons $m$"}, Y: figure.Axis{Name: "contexts $n$"}, Heat: h}
}

// HeatFigure draws gaps by contexts and neurons, ours beside the paper's.
func HeatFigure(all, frozen [][]capacity.Fit) figure.Figure {
	ours := func(title string, fits [][]capacity.Fit) figure.Panel {
		var gaps [][]float64
		var rows []string
		var widths []int
		for _, f := range fits[0] {
			widths = append(widths, f.Training.Hidden)
		}
		for _, row := range fits {
			var g []float64
			for _, f := range row {
				g = append(g, f.Gap)
			}
			gaps, rows = append(gaps, g), append(rows, fmt.Sprint(row[0].Contexts))
		}
		return heat(title, rows, widths, gaps)
	}
	var rows []string
	for _, n := range PaperN {
		rows = append(rows, fmt.Sprint(n))
	}
	return figure.Figure{
		ID: "grids", Title: "Gap to the entropy bound",
		Panels: []figure.Panel{
			ours("all parameters, grammar", all),
			heat("all parameters, paper's Figure 1", rows, PaperWidth, PaperGap[0]),
			ours("hidden layer only, grammar", frozen),
			heat("hidden layer only, paper's Figure 2", rows, PaperWidth, PaperGap[1]),
		},
		Caption: "Left: measured here. Right: read from the colours of the paper's figures, to about 10 %. " +
			"In both, gaps fall along rows by orders of magnitude; with frozen attention they fall later, and the " +
			"more contexts, the later.",
		Alt: "Four heat-maps, contexts against neurons. With all parameters trained the gap is small from 16 or " +
			"32 neurons on; with only the hidden layer trained the boundary lies further right and is slanted.",
	}
}

// LawFigure draws the parameters that a text needs against its contexts: ours with all
// parameters trained at one level, with the hidden layer alone at another, and the paper's. Ours
// are those of interpolated widths; a text that passes no level between two of them has no point.
func LawFigure(all, frozen [][]capacity.Fit, half, twice float64) figure.Figure {
	n, params := passed(all, half)
	nf, paramsf := passed(frozen, twice)
	var guarantee, upper, at []float64
	var paperY [2][]float64
	for i, x := range PaperN {
		paperY[0] = append(paperY[0], float64(capacity.TrainedCount(PaperZeta[i], PaperFirst[0][i])))
		paperY[1] = append(paperY[1], float64(capacity.TrainedCount(PaperZeta[i], PaperFirst[1][i])))
		at = append(at, float64(x))
		guarantee = append(guarantee, float64(capacity.TrainedCount(PaperZeta[i], x)))
		upper = append(upper, float64(x*(PaperZeta[i]-1)))
	}
	x := Numbers(PaperN)
	line := func(name string, y []float64) figure.Series {
		fit := rate.Linear(x, y)
		var at, l []float64
		for _, v := range rate.Grid(x[0], x[len(x)-1], 60) {
			if u := fit.Intercept + fit.Slope*v; u > y[0]/2 { // a logarithmic axis
				at, l = append(at, v), append(l, u)
			}
		}
		return figure.Line(name, at, l).Unlisted()
	}
	one, two := rate.Linear(x, paperY[0]).Slope, rate.Linear(x, paperY[1]).Slope
	law := figure.Figure{
		ID: "law", Title: "Parameters that a text needs",
		Panels: []figure.Panel{{
			X: figure.Axis{Name: "contexts $n$", Log: true}, Y: figure.Axis{Name: "trained parameters", Log: true},
			Series: []figure.Series{
				figure.Points("paper's Figure 1, 1 %", x, paperY[0]).As("diamond").In(1),
				figure.Points("paper's Figure 2, 5 %", x, paperY[1]).As("triangle").In(2),
				line("line through Figure 1", paperY[0]).In(1),
				line("line through Figure 2", paperY[1]).In(2),
				figure.Line("$n(\\zeta-1)$, needed for every target", at, upper).In(figure.Ink).Dashed(3),
				figure.Line("$m=n$, enough for every target", at, guarantee).In(figure.Ink).Dashed(5),
			},
		}},
		Caption: fmt.Sprintf("The lines through the paper's points have slopes of %.1f and %.0f parameters a context, a ratio of %.1f "+
			"(the paper's text says roughly five). On these axes their slopes are %.2f and %.2f; that widths are powers of two "+
			"can move either by up to %.2f. All points lie far below the two bounds, which are for the worst targets: text is sparse.",
			one, two, two/one, rate.LogLog(x, paperY[0]).Slope, rate.LogLog(x, paperY[1]).Slope, Doublings(x)),
		Alt: "Parameters against contexts on logarithmic axes: four sets of points rising with n; the two bounds " +
			"lie one to two orders of magnitude above them.",
	}
	var here []figure.Series
	if len(n) > 0 {
		here = append(here, figure.Points(fmt.Sprintf("all parameters, here, level %g", half), n, params).As("circle").In(1))
	}
	if len(nf) > 0 {
		here = append(here, figure.Points(fmt.Sprintf("hidden layer only, here, level %g", twice), nf, paramsf).As("square").In(2))
	}
	law.Panels[0].Series = append(here, law.Panels[0].Series...)
	return law
}

// passed returns contexts and parameters of the texts whose gap passes the level between two
// widths. Where the least width is below it already, the width that is needed is not known.
func passed(rows [][]capacity.Fit, level float64) (n, params []float64) {
	contexts, needed := Needed(rows, level)
	for i, p := range needed {
		if !math.IsNaN(p) {
			n, params = append(n, contexts[i]), append(params, p)
		}
	}
	return n, params
}
