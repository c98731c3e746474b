package study

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/delta"
	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// CurveFigure is how outputs and scores depend on the divisor.
func CurveFigure(o Outcome, p float64) figure.Figure {
	at := o.At(p)
	var q, change, score []float64
	for _, g := range at.Grid {
		q, change, score = append(q, g.Q), append(change, g.Change), append(score, g.Score)
	}
	judged := func(name string, q float64, scores []float64, symbol string, slot int) figure.Series {
		return figure.Points(name, []float64{q}, []float64{stat.Mean(scores, nil)}).As(symbol).Sized(12).In(slot)
	}
	axis := figure.Axis{Name: "divisor q", Log: true}
	return figure.Figure{ID: "curves", Title: "Two optima, with labels and without",
		Caption: fmt.Sprintf("%s at p = %s. Left: mean change of the head's outputs on validation texts, which needs no label; its least is q_e. Right: the score on the same texts, whose largest is q_v; symbols are the means over fresh masks on test texts. "+
			"The left end is DARE. Far to the right there is no delta left, and the scores end at the line of the tuned head on the pre-trained network: a divisor has to beat that, too.", o.Name, claim.Plain(p, 3)),
		Alt: "Left the output change over the divisor, with its least marked; right the score over the divisor with the scores of three choices on test texts, and lines for the unpruned network and for no delta.",
		Panels: []figure.Panel{
			{Title: "output change", X: axis, Y: figure.Axis{Name: "mean |change| of outputs"},
				Series: []figure.Series{figure.Line("validation", q, change).As("circle").In(1), figure.Points("q_e", []float64{at.Qe}, []float64{closest(q, change, at.Qe)}).As("diamond").Sized(12).In(3)},
			},
			{Title: "score", X: axis, Y: figure.Axis{Name: "score"},
				Series: []figure.Series{figure.Line("validation", q, score).As("circle").In(1),
					judged("DARE, test", 1-p, at.Dare, "square", 2), judged("q_e, test", at.Qe, at.ByHead, "diamond", 3), judged("q_v, test", at.Qv, at.ByScore, "triangle", 4)},
				Marks: []figure.Mark{figure.HLine(o.Base, "unpruned"), figure.HLine(o.Zero, "no delta")}},
		}}
}

func closest(x, y []float64, at float64) float64 {
	best := 0
	for i := range x {
		if math.Abs(x[i]-at) < math.Abs(x[best]-at) {
			best = i
		}
	}
	return y[best]
}

// RateFigure is the score of all methods over the share that is kept.
func RateFigure(list []Outcome) figure.Figure {
	var panels []figure.Panel
	for _, o := range list {
		panel := figure.Panel{Title: o.Name, X: figure.Axis{Name: "share that is kept, 1 − p", Log: true}, Y: figure.Axis{Name: "score on test texts"},
			Marks: []figure.Mark{figure.HLine(o.Base, "unpruned")}}
		for i, m := range Methods {
			var x, y []float64
			for _, at := range o.Rates {
				x, y = append(x, 1-at.P), append(y, m.Mean(at))
			}
			panel.Series = append(panel.Series, figure.Line(m.Name, x, y).As([]string{"square", "triangle", "diamond", "star", "circle", "circle"}[i]).In(i+1))
		}
		// Curves end at this line: named in the legend, since its label would lie on one.
		ends := []float64{1 - o.Rates[0].P, 1 - o.Rates[len(o.Rates)-1].P}
		panel.Series = append(panel.Series, figure.Line("no delta", ends, []float64{o.Zero, o.Zero}).In(figure.Ink).Dashed(2))
		panels = append(panels, panel)
	}
	return figure.Figure{ID: "rates", Title: "Every method at every rate", Panels: panels,
		Caption: "Means over masks. DARE falls to the line of no delta or below it, a divisor that was chosen, with labels or without, later. After AdamR-L2 DARE falls later and ends near the line. What fine-tuning brings to accept is lost at smaller rates than what it brings to genre.",
		Alt:     "A panel for each fine-tuning with curves of six methods over the kept share, and horizontal lines for the unpruned network and for no delta."}
}

// Method is one way to prune.
type Method struct {
	Name   string
	scores func(at AtRate) []float64
}

// Mean is the mean score over masks.
func (m Method) Mean(at AtRate) float64 { return stat.Mean(m.scores(at), nil) }

// Methods are those of the figure and the table.
var Methods = []Method{
	{"DARE", func(at AtRate) []float64 { return at.Dare }},
	{"DAREx-q_v", func(at AtRate) []float64 { return at.ByScore }},
	{"DAREx-q_e", func(at AtRate) []float64 { return at.ByHead }},
	{"q* of each layer", func(at AtRate) []float64 { return at.PerLayer }},
	{"magnitude", func(at AtRate) []float64 { return []float64{at.Magnitude} }},
	{"WANDA", func(at AtRate) []float64 { return []float64{at.Wanda} }},
}

// At is what was measured at the rate p.
func (o Outcome) At(p float64) AtRate {
	for _, at := range o.Rates {
		if math.Abs(at.P-p) < 1e-9 {
			return at
		}
	}
	panic(fmt.Sprintf("study: nothing was measured at p = %v", p))
}

// spread is a mean with its standard deviation over masks.
func spread(x []float64) string {
	switch len(x) {
	case 0:
		return ""
	case 1:
		return claim.Plain(x[0], 3)
	}
	mean, sd := stat.MeanStdDev(x, nil)
	return fmt.Sprintf("%.3f ± %.3f", mean, sd)
}

// Factors are the scores at p where the factors of a low-rank fine-tuning were pruned.
func Factors(o Outcome, p float64) string {
	at := o.At(p)
	return fmt.Sprintf("%s with the divisor 1 − p of each, %s with its geometric mean with q_e", spread(at.Factors), spread(at.FactorsByQ))
}

// RateHead is the head of [RateRows].
var RateHead = []string{"fine-tuning", "p", "DARE", "q_v", "q_e", "DAREx-q_v", "DAREx-q_e", "q* per layer", "rule with η", "fixed count", "magnitude", "WANDA"}

// RateRows are the numbers of outcomes, with their deviations over masks.
func RateRows(list []Outcome) (rows [][]string) {
	for _, o := range list {
		for i, at := range o.Rates {
			name := ""
			if i == 0 {
				name = fmt.Sprintf("%s: unpruned %.3f, no delta %.3f, mean size of Δ %s", o.Name, o.Base, o.Zero, claim.Plain(o.MeanAbs, 2))
			}
			rows = append(rows, []string{name, claim.Plain(at.P, 3), spread(at.Dare), claim.Plain(at.Qv, 2), claim.Plain(at.Qe, 2), spread(at.ByScore), spread(at.ByHead),
				spread(at.PerLayer), spread(at.ByEta), spread(at.Counted), claim.Plain(at.Magnitude, 3), claim.Plain(at.Wanda, 3)})
		}
	}
	return rows
}

// LayerFigure is the coherence and the best divisor of each linear map.
func LayerFigure(o Outcome, p float64) figure.Figure {
	var names []string
	var kappa, q []float64
	for _, l := range o.Layers {
		names = append(names, short(l.Weight))
		kappa = append(kappa, l.Coherence)
		q = append(q, 1-p+p/l.Coherence)
	}
	axis := figure.Axis{Name: "linear map", Categories: names}
	least, most := claim.Smallest(kappa), claim.Largest(kappa)
	return figure.Figure{ID: "layers", Title: "Coherence and best divisor, layer by layer",
		Caption: fmt.Sprintf("%s. Left: κ of each linear map over validation texts, from %s to %s; DARE at p = %s would need more than p/(1−p) = %s. Right: q* there, where DARE has %s.", o.Name,
			claim.Plain(least, 2), claim.Plain(most, 2), claim.Plain(p, 3), claim.Plain(p/(1-p), 3), claim.Plain(1-p, 2)),
		Alt: "Two rows of bars, one for each linear map: coherences, and the best divisors, which are large where the coherence is small.",
		Panels: []figure.Panel{
			{Title: "coherence κ", X: axis, Y: figure.Axis{Name: "κ"}, Series: []figure.Series{figure.Bars("κ", kappa)}},
			{Title: fmt.Sprintf("q* at p = %s", claim.Plain(p, 3)), X: axis, Y: figure.Axis{Name: "q*"}, Series: []figure.Series{figure.Bars("q*", q)}},
		}}
}

// short is a weight's name in a figure, as "1 query".
func short(weight string) string {
	parts := strings.Split(weight, ".") // encoder.layer.0.attention.self.query.weight
	name := strings.Join(parts[3:len(parts)-1], ".")
	names := map[string]string{"attention.self.query": "query", "attention.self.key": "key", "attention.self.value": "value",
		"attention.output.dense": "mix", "intermediate.dense": "up", "output.dense": "down"}
	return parts[2] + " " + names[name]
}

// Coverages are, for each γ, the shares of rows and masks at which |h| exceeds the proven and
// the printed bound.
type Coverages struct{ Gammas, Proven, Printed []float64 }

// Covered draws masks for the rows of trained maps at the mean input.
func Covered(rng *rand.Rand, rows [][]float64, p float64, masks int) Coverages {
	c := Coverages{Gammas: Geometric(0.003, 0.9, 12)}
	c.Proven, c.Printed = make([]float64, len(c.Gammas)), make([]float64, len(c.Gammas))
	for _, row := range rows {
		Q := delta.Of(row).Q
		for _, h := range Sampled(rng, row, p, masks) {
			for i, gamma := range c.Gammas {
				if math.Abs(h) > delta.Bound(p, 1-p, Q, gamma) {
					c.Proven[i] += 1 / float64(masks*len(rows))
				}
				if math.Abs(h) > delta.Printed(p, 1-p, Q, gamma) {
					c.Printed[i] += 1 / float64(masks*len(rows))
				}
			}
		}
	}
	return c
}

// CoverageFigure draws them over γ.
func CoverageFigure(c Coverages, p float64) figure.Figure {
	floor := func(x []float64) []float64 {
		y := make([]float64, len(x))
		for i, v := range x {
			y[i] = max(v, 1e-6)
		}
		return y
	}
	return figure.Figure{ID: "coverage", Title: "Coverage of the bound on trained rows",
		Caption: fmt.Sprintf("How often |h| exceeds its bound at p = %s, over rows of all linear maps of a fine-tuned encoder at the mean input and masks that are drawn; what never happened stands at 10⁻⁶. The proven bound stays far below the line that it promises. The printed one crosses it where γ is small, as few survivors of a row are no normal distribution.", claim.Plain(p, 3)),
		Alt:     "Two curves over γ on logarithmic axes with the line on which both are equal: the proven bound's curve lies far below, the printed one's crosses the line at small γ.",
		Panels: []figure.Panel{{X: figure.Axis{Name: "γ", Log: true}, Y: figure.Axis{Name: "share beyond the bound", Log: true},
			Series: []figure.Series{figure.Line("promised: γ", c.Gammas, c.Gammas).In(figure.Ink), figure.Line("proven", c.Gammas, floor(c.Proven)).As("circle"), figure.Line("as printed", c.Gammas, floor(c.Printed)).As("square")}}}}
}

// Median is the median of coherences.
func (o Outcome) Median() float64 {
	var k []float64
	for _, l := range o.Layers {
		k = append(k, l.Coherence)
	}
	return median(k)
}

// Kept is the share of what fine-tuning brought that scores keep.
func (o Outcome) Kept(scores []float64) float64 {
	return (stat.Mean(scores, nil) - o.Zero) / (o.Base - o.Zero)
}

// FailureFigure puts DARE's scores against the predicted relative error of the median layer.
func FailureFigure(list []Outcome) figure.Figure {
	panel := figure.Panel{X: figure.Axis{Name: "√(p/((1−p)κ)), κ of the median layer", Log: true}, Y: figure.Axis{Name: "share of the gain that is kept"},
		Marks: []figure.Mark{figure.VLine(1, "error = output"), figure.HLine(0, "no delta")}}
	for i, o := range list {
		var x, dare, q []float64
		for _, at := range o.Rates {
			x = append(x, math.Sqrt(at.P/((1-at.P)*o.Median())))
			dare, q = append(dare, o.Kept(at.Dare)), append(q, o.Kept(at.ByHead))
		}
		panel.Series = append(panel.Series, figure.Line(o.Name+": DARE", x, dare).As("square").In(i+1).Dashed(1),
			figure.Line(o.Name+": q_e", x, q).As("diamond").In(i+1).Dashed(3))
	}
	return figure.Figure{ID: "failure", Title: "When DARE fails", Panels: []figure.Panel{panel},
		Caption: "What DARE and DAREx-q_e keep of the gain of fine-tuning, against the relative error that C10 predicts for the layer of median coherence. DARE begins to lose where the error is as large as what the delta adds to the output, and has lost most of it when it is five times as large; on accept, the harder task, it is earlier. A network is more than its median layer: the prediction is one of order. What is below zero is worse than no delta.",
		Alt:     "Falling curves over the predicted relative error: those of DARE fall from one to zero between one and five, and further below; those of q_e stay near zero or above."}
}
