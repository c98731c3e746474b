package study

import (
	"fmt"
	"math"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/embedding"
	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// column are the d_i of one group.
func column(d [][]float64, i int) (x []float64) {
	for _, row := range d {
		x = append(x, row[i])
	}
	return x
}

// DistanceFigure has the two distances of each test triple before and after.
func DistanceFigure(before, after Row) figure.Figure {
	least, most := math.Inf(1), 0.0
	for _, d := range slices.Concat(before.D, after.D) {
		for _, x := range d {
			least, most = min(least, x), max(most, x)
		}
	}
	axis := func(name string) figure.Axis {
		return figure.Axis{Name: name, Min: figure.At(math.Floor(4*least) / 4), Max: figure.At(math.Ceil(4*most) / 4)}
	}
	panel := func(title string, slot int, r Row) figure.Panel {
		return figure.Panel{Title: title, Equal: true, Ratio: 1, X: axis("d_m"), Y: axis("d_f"),
			Series: []figure.Series{figure.Points("a test triple", column(r.D, 0), column(r.D, 1)).As("circle").Sized(4).In(slot).Unlisted()},
			Marks:  []figure.Mark{{Label: "equal", X0: least, Y0: least, X1: most, Y1: most}}}
	}
	return figure.Figure{ID: "distances", Title: "Distances to the neutral text, before and after",
		Caption: fmt.Sprintf("The distance of the male and of the female text to the neutral one, for %d triples of documents that neither training has seen. The gap, the mean of |d_m − d_f|, goes from %s to %s; the distances stay.", before.Contents, digits(before.Gap.Mean, 3), digits(after.Gap.Mean, 3)),
		Alt:     "Two clouds of points around the diagonal: a wide one before and a narrow one after.",
		Panels:  []figure.Panel{panel("before", 2, before), panel("after", 1, after)}, ShareY: true}
}

// DifferenceFigure has the distribution of d_f − d_m.
func DifferenceFigure(before, after Row) figure.Figure {
	most := 0.0
	for _, d := range slices.Concat(before.D, after.D) {
		most = max(most, math.Abs(d[1]-d[0]))
	}
	const bins = 41
	var series []figure.Series
	for i, r := range []Row{before, after} {
		var x, y []float64
		for k := range bins {
			x, y = append(x, most*(2*float64(k)/(bins-1)-1)), append(y, 0)
		}
		for _, d := range r.D {
			k := int(math.Round(((d[1]-d[0])/most + 1) / 2 * (bins - 1)))
			y[k] += 1 / float64(len(r.D))
		}
		series = append(series, figure.Line([]string{"before", "after"}[i], x, y).In(2-i))
	}
	return figure.Figure{ID: "differences", Title: "Which text is closer",
		Caption: fmt.Sprintf("How d_f − d_m is distributed over the test triples. Before, the male text is closer in %s of them, after in %s.", digits(before.Closer.Mean, 2), digits(after.Closer.Mean, 2)),
		Alt:     "Two curves over the difference of distances: a broad one before and a narrow one around zero after.",
		Panels:  []figure.Panel{{X: figure.Axis{Name: "d_f − d_m"}, Y: figure.Axis{Name: "share of triples"}, Series: series, Marks: []figure.Mark{figure.VLine(0, "equal")}}}}
}

// SweepFigure has the rows of a sweep over β or ρ (in mean distances), whose zero is left out.
func SweepFigure(id, symbol string, r Results, rows []Row, at func(r Row) float64) figure.Figure {
	var x, ratio, drift, change, posterior []float64
	for _, row := range rows {
		v := at(row)
		if v == 0 {
			continue
		}
		x = append(x, v)
		ratio, posterior = append(ratio, r.Ratio(row)), append(posterior, row.Posterior.Mean/r.Original.Posterior.Mean)
		drift, change = append(drift, row.Drift/r.Mean), append(change, 100*row.Change.Mean)
	}
	axis := figure.Axis{Name: symbol, Log: true}
	return figure.Figure{ID: id, Title: "Gap, fidelity and utility over " + symbol, Columns: 3,
		Caption: "From left to right: the gap and the posterior gap over those before; the drift of the neutral text in mean distances; the change of the accuracy for genre in points, on the same sentences.",
		Alt:     "Three curves over " + symbol + " on a logarithmic axis: gap, drift and change of accuracy.",
		Panels: []figure.Panel{
			{Title: "gap after / before", X: axis, Y: figure.Axis{Name: "ratio"}, Series: []figure.Series{figure.Line("gap", x, ratio).As("circle"), figure.Line("posterior gap", x, posterior).As("square")}, Marks: []figure.Mark{figure.HLine(1, "before")}},
			{Title: "drift", X: axis, Y: figure.Axis{Name: "drift / mean d"}, Series: []figure.Series{figure.Line("drift", x, drift).As("diamond").In(3)}},
			{Title: "change of accuracy", X: axis, Y: figure.Axis{Name: "points"}, Series: []figure.Series{figure.Line("genre", x, change).As("triangle").In(4)}, Marks: []figure.Mark{figure.HLine(0, "before")}},
		}}
}

// BetaFigure is the sweep over β; ScaleFigure that over ρ.
func BetaFigure(r Results) figure.Figure {
	return SweepFigure("beta", "β", r, r.Named("β"), func(r Row) float64 { return r.Debiasing.Loss.Beta })
}

// ScaleFigure is the sweep over ρ in mean distances.
func ScaleFigure(r Results) figure.Figure {
	return SweepFigure("rho", "ρ / mean d", r, r.Named("ρ"), func(r Row) float64 { return r.Debiasing.Scale })
}

// OccupationFigure has d_m − d_f of each occupation.
func OccupationFigure(before, after Row) figure.Figure {
	return figure.Figure{ID: "occupations", Title: "Occupations",
		Caption: fmt.Sprintf("d_m − d_f of “he is a doctor”, “she is a doctor” and “they is a doctor”, and two templates like it: below zero the neutral text is closer to the man's. The mean goes from %s to %s.", digits(before.OccupationMean, 3), digits(after.OccupationMean, 3)),
		Alt:     "Bars for each occupation, before and after.",
		Panels: []figure.Panel{{X: figure.Axis{Name: "occupation", Categories: embedding.Occupations}, Y: figure.Axis{Name: "d_m − d_f"}, Ratio: 2.4,
			Series: []figure.Series{figure.Bars("before", before.Occupations).In(2), figure.Bars("after", after.Occupations).In(1)}}}}
}

// TrainingFigure has the losses on the validation triples.
func TrainingFigure(rows []Row) figure.Figure {
	var bias, rep []figure.Series
	for i, r := range rows {
		var x, b, l []float64
		for k, step := range r.Looks {
			x, b, l = append(x, float64(step)), append(b, r.Seen[k].Bias), append(l, r.Seen[k].Rep)
		}
		bias = append(bias, figure.Line(r.Name, x, b).As("circle").In(i+1))
		rep = append(rep, figure.Line(r.Name, x, l).As("circle").In(i+1))
	}
	axis := figure.Axis{Name: "step"}
	return figure.Figure{ID: "training", Title: "The two losses while training",
		Caption: "On all validation triples: left what is to fall, right how far the neutral text has moved. Without β the second is free to grow.",
		Alt:     "Falling curves of the bias loss, and rising ones of the representation loss, highest without β.",
		Panels: []figure.Panel{{Title: "L_bias", X: axis, Y: figure.Axis{Name: "L_bias"}, Series: bias},
			{Title: "L_rep", X: axis, Y: figure.Axis{Name: "L_rep"}, Series: rep}}}
}

// short is a row's name that fits under a bar.
func short(name string) string {
	if s, ok := map[string]string{"β = 0, ρ = 0.4 mean": "small ρ", "squared L_rep, β = 1": "squared", "β = 1, rate 5e-5": "slow", "ADEPT-like": "ADEPT", "projection": "project"}[name]; ok {
		return s
	}
	return name
}

// BaselineFigure has a bar for each embedder.
func BaselineFigure(r Results) figure.Figure {
	var names []string
	var relative, drift, probe []float64
	seen := map[string]bool{}
	for _, x := range r.All() {
		if seen[x.Name] {
			continue
		}
		seen[x.Name] = true
		names = append(names, short(x.Name))
		relative, drift, probe = append(relative, x.Relative.Mean), append(drift, x.Drift), append(probe, x.Probe)
	}
	axis := figure.Axis{Name: "embedder", Categories: names}
	bars := func(title, unit string, slot int, y []float64) figure.Panel {
		return figure.Panel{Title: title, Ratio: 3.2, X: axis, Y: figure.Axis{Name: unit, Min: figure.At(0)}, Series: []figure.Series{figure.Bars(title, y).In(slot).Unlisted()}}
	}
	return figure.Figure{ID: "baselines", Title: "What balances, and what hides", Columns: 1,
		Caption: "From the top: the relative gap, how far the neutral text has moved, and how often a probe tells the group from f(x). CCD and its version with distances balance, and neither move the neutral text far nor hide the attribute; without β everything moves; merging and projection hide more than they balance.",
		Alt:     "Three rows of bars, one bar for each embedder.",
		Panels:  []figure.Panel{bars("relative gap", "2|d_m − d_f| / (d_m + d_f)", 1, relative), bars("drift of the neutral text", "‖f(x^n) − f₀(x^n)‖", 2, drift), bars("attribute from f(x)", "accuracy", 3, probe)}}
}
