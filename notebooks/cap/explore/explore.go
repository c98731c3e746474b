// Package explore is the figure of the paper that a reader moves: the balanced error over the weight of a class, for a
// frequency and a noise.
package explore

import (
	"fmt"
	"math"

	"github.com/marginalia-ml/marginalia/pkg/explore"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/imbalance"
)

// Idea returns the figure.
func Idea() *explore.Idea {
	return &explore.Idea{
		Title: "The weight that a class needs",
		Words: "Make the first class rarer: the best weight $\\delta_*$ grows. Make it noisier instead: the weight moves too, though nothing about frequencies has changed. With equal noise and equal frequency it is 1.",
		Controls: []explore.Control{
			{Name: "pi", Label: "frequency $\\pi$ of the first class", Min: 0.05, Max: 0.95, Step: 0.01, Start: 0.2},
			{Name: "noise", Label: "its noise $\\sigma_+/\\sigma_-$", Min: 0.5, Max: 2, Step: 0.05, Start: 1},
			{Name: "s", Label: "distance of the means $s$", Min: 1, Max: 5, Step: 0.1, Start: 3},
			{Name: "gamma", Label: "dimensions over examples $\\gamma$", Min: 1, Max: 5, Step: 0.1, Start: 1.5},
		},
		Draw: draw,
	}
}

const ends = 2.0 // powers of ten of δ on both sides

func draw(v map[string]float64) (explore.View, error) {
	g := imbalance.Mixture{Pi: v["pi"], Plus: v["noise"], Minus: 1, S: v["s"]}
	l, err := g.Limit(v["gamma"])
	if err != nil {
		return explore.View{}, err
	}
	var x, y, plus, minus []float64
	for i := range 81 {
		d := math.Pow(10, ends*float64(i-40)/40)
		t := imbalance.Threshold(d, l.Q, l.B)
		p, m := g.ClassErrors(l.M, t)
		x, y, plus, minus = append(x, d), append(y, g.Balanced(l.M, t)), append(plus, p), append(minus, m)
	}
	best := g.BestDelta(l.Q, l.B, l.M)
	series := []figure.Series{figure.Line("balanced error", x, y).In(1).Sized(3), figure.Line("error of the first class", x, plus).In(2).Dashed(2), figure.Line("error of the second class", x, minus).In(3).Dashed(3)}
	if best.At == imbalance.Interior && best.Delta > x[0] && best.Delta < x[80] {
		series = append(series, figure.Points("best δ", []float64{best.Delta}, []float64{best.Error}).In(figure.Ink).As("star").Sized(15))
	}
	star := best.At.String()
	if best.At == imbalance.Interior {
		star = fmt.Sprintf("%.4g", best.Delta)
	}
	return explore.View{
		Figure: figure.Figure{ID: "explore",
			Caption: "Errors of the class-weighted max-margin classifier of two Gaussian classes, whose examples and dimensions grow together, against the weight $\\delta$ of the first class; closed forms. The star is $\\delta_*$.",
			Alt:     "Three curves against the weight delta on a logarithmic axis: the error of the first class falls, that of the second rises, their mean has its least value at a star.",
			Panels:  []figure.Panel{{X: figure.Axis{Name: "δ", Log: true}, Y: figure.Axis{Name: "error", Min: figure.At(0), Max: figure.At(1)}, Series: series}}},
		Facts: []explore.Fact{{Name: "best δ", Value: star}, explore.Number("least balanced error", best.Error),
			explore.Number("balanced error at δ = 1", g.Balanced(l.M, imbalance.Threshold(1, l.Q, l.B)))},
	}, nil
}
