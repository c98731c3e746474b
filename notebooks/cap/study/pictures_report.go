package study

import (
	"fmt"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/imbalance"
)

// Difference returns the balanced error of one method less that of another, by draw.
func (g *Gallery) Difference(method, other string) []float64 {
	o := imbalance.Objective{Kind: "balanced"}
	x := g.Scores(method, o)
	floats.Sub(x, g.Scores(other, o))
	return x
}

// PicturesTable is the table of the bilevel experiment: means over draws, and the deviation of the balanced error.
func PicturesTable(g *Gallery) ([]string, [][]string) {
	var out [][]string
	for _, m := range Methods {
		mean, sd := stat.MeanStdDev(g.Scores(m, imbalance.Objective{Kind: "balanced"}), nil)
		out = append(out, []string{m, fmt.Sprintf("%.3f", mean), fmt.Sprintf("%.3f", sd),
			fmt.Sprintf("%.3f", Mean(g.Scores(m, imbalance.Objective{Kind: "deviation"}))),
			fmt.Sprintf("%.3f", Mean(g.Scores(m, imbalance.Objective{Kind: "cvar", A: 0.2})))})
	}
	return []string{"method", "balanced error", "± over draws", "deviation of classes", "CVaR 0.2"}, out
}

// LearnedFigure draws what the searches found, against the rank of the class, and the errors of the classes.
func LearnedFigure(g *Gallery) figure.Figure {
	d := g.Draws[0]
	rank := make([]float64, len(g.Counts))
	for k := range rank {
		rank[k] = float64(k + 1)
	}
	methods := []string{"Plain bilevel", "CAP frequency", "CAP frequency, difficulty"}
	var l, delta []figure.Series
	for i, m := range methods {
		x := append([]float64{}, d[m].L...)
		floats.AddConst(-Mean(x), x) // a constant is void
		if i == 0 {
			l, delta = append(l, figure.Points(m, rank, x).In(i+1)), append(delta, figure.Points(m, rank, d[m].Delta).In(i+1))
			continue
		}
		l, delta = append(l, figure.Line(m, rank, x).In(i+1)), append(delta, figure.Line(m, rank, d[m].Delta).In(i+1))
	}
	la := append([]float64{}, d["LA"].L...)
	floats.AddConst(-Mean(la), la)
	l = append(l, figure.Line("LA", rank, la).In(figure.Ink))
	x := figure.Axis{Name: "class, by falling frequency"}
	errors := func(m string, slot int) figure.Series {
		e := make([]float64, len(rank))
		for _, draw := range g.Draws {
			floats.AddScaled(e, 1/float64(len(g.Draws)), draw[m].Errors)
		}
		return figure.Line(m, rank, e).In(slot).As("circle")
	}
	return figure.Figure{ID: "learned", Title: "What is learned", Columns: 3,
		Caption: "Left and middle: $l$ (less its mean) and $\\Delta$ of one draw against the rank of the class. The map finds the shape of LA by itself, frequent classes up and rare ones down, and leaves part of the work to $\\Delta$; free numbers scatter about the same trend. Right: class errors, means over draws. What is gained is gained in the tail, the head pays a little.",
		Alt:     "Left, additive adjustments fall with the rank of the class along smooth lines for the map, points for free numbers scatter about the same trend. Middle, the multiplicative ones. Right, errors by class: for the cross-entropy they rise steeply in the tail, for the map less.",
		Panels: []figure.Panel{
			{Title: "l", X: x, Y: figure.Axis{Name: "l − mean"}, Series: l},
			{Title: "Δ", X: x, Y: figure.Axis{Name: "Δ"}, Series: delta},
			{Title: "errors", X: x, Y: figure.Axis{Name: "error of the class"}, Series: []figure.Series{errors("CE", 4), errors("Plain bilevel", 1), errors("CAP frequency", 2)}},
		}}
}

// ErrorsFigure draws class errors of the post-hoc experiment, means of five neighbouring classes and all draws.
func ErrorsFigure(d *Draws) figure.Figure {
	const group = 5
	curve := func(method, fitted string) (x, y []float64) {
		K := len(d.Weights[0])
		for k := 0; k+group <= K; k += group {
			var sum float64
			for _, all := range d.All {
				sum += floats.Sum(all[key(method, fitted)].Errors[k:k+group]) / group
			}
			x, y = append(x, float64(k)+float64(group+1)/2), append(y, sum/float64(len(d.All)))
		}
		return x, y
	}
	panel := func(title string, rows ...[2]string) figure.Panel {
		p := figure.Panel{Title: title, X: figure.Axis{Name: "class, by falling frequency"}, Y: figure.Axis{Name: "error of the class"}}
		for i, r := range rows {
			x, y := curve(r[0], r[1])
			p.Series = append(p.Series, figure.Line(r[0], x, y).In(i+1))
		}
		return p
	}
	return figure.Figure{ID: "errors", Title: "Errors class by class", ShareY: true,
		Caption: "Class errors before and after the adjustment, means of five neighbouring classes. Left, fitted for the balanced error: the map lifts the tail and pays in the head; a number for each class gives some of it back. Right, fitted for the mean of the worst fifth: free numbers sacrifice the head to single validation examples.",
		Alt:     "Two panels of class errors against rank. For the cross-entropy they rise from 0.15 towards one. Left, for the map and for free numbers they rise from 0.3 to 0.7, in the tail the map's are the lower. Right, the map's are 0.3 to 0.6, those of free numbers above 0.6 nearly everywhere.",
		Panels:  []figure.Panel{panel("balanced", [2]string{"CE", ""}, [2]string{"Plain l, Δ", "balanced"}, [2]string{"CAP frequency", "balanced"}), panel("CVaR 0.2", [2]string{"CE", ""}, [2]string{"Plain l, Δ", "cvar"}, [2]string{"CAP frequency", "cvar"})}}
}
