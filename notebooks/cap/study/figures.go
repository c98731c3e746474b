package study

import (
	"fmt"
	"math"

	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/imbalance"
)

// IdeaFigure draws log₂ δ* over frequency and noise ratio, with a slider for the distance of the means.
func IdeaFigure(s []float64, gamma float64) (figure.Figure, error) {
	pi, r := []float64{0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5}, []float64{0.4, 0.5, 0.6, 0.75, 1, 1.33, 1.67, 2, 2.5}
	heat := &figure.Heat{Scale: "log₂ δ*", Diverging: true}
	for _, p := range pi {
		heat.Rows = append(heat.Rows, fmt.Sprintf("%g", p))
	}
	for _, x := range r {
		heat.Cols = append(heat.Cols, fmt.Sprintf("%.2g", x))
	}
	for _, mean := range s {
		g, err := NewGrid(pi, r, mean, gamma)
		if err != nil {
			return figure.Figure{}, err
		}
		frame := figure.Frame{Label: fmt.Sprintf("s = %g", mean)}
		for i := range pi {
			var row []float64
			for j := range r {
				const cut = 6.0 // δ* may be infinite
				row = append(row, math.Min(math.Max(math.Log2(g.Best[i][j].Delta), -cut), cut))
			}
			frame.Values = append(frame.Values, row)
		}
		heat.Frames = append(heat.Frames, frame)
	}
	return figure.Figure{ID: "idea", Title: "What a class should be given depends on more than how rare it is",
		Caption: "The best margin $\\delta^*$ of the class + beside a margin of 1 for the class −, as $\\log_2\\delta^*$, against the share $\\pi$ of the class + (rows) and the ratio $\\sigma_+/\\sigma_-$ of the noises (columns). A rule that looks at the frequency alone gives each row one colour. White is $\\delta^*=1$: it crosses the map obliquely, and on its left a rare class deserves the smaller margin. Move the slider: where the means are close ($s=1$) the noise matters little, and the rows are nearly of one colour, that of the rarest class excepted, where $\\delta^*$ runs up to $\\infty$ (beyond $2^{\\pm6}$ it is drawn there).",
		Alt:     "Heat-maps of the logarithm of the best margin, one for each distance of the means. Colours change from row to row with the frequency; for distant means also from left to right with the ratio of the noises.",
		Panels:  []figure.Panel{{X: figure.Axis{Name: "σ₊/σ₋"}, Y: figure.Axis{Name: "π"}, Heat: heat}}}, nil
}

// SweepFigure draws class errors along δ, by formula and by fresh points.
func SweepFigure(w *Sweep, g imbalance.Mixture) figure.Figure {
	var x, plus, minus, both []float64
	for k := -30; k <= 45; k++ {
		delta := math.Exp(float64(k) / 10)
		p, q := g.ClassErrors(w.M, imbalance.Threshold(delta, w.SVM.Norm, w.SVM.B))
		x, plus, minus, both = append(x, delta), append(plus, p), append(minus, q), append(both, (p+q)/2)
	}
	return figure.Figure{ID: "sweep", Title: "One sample, every δ",
		Caption: fmt.Sprintf("Class errors of the SVM as $\\delta$ moves its threshold: lines by formula, points from %d fresh examples a class. The balanced error is least at $\\delta^*=%.2f$, where the two errors are not equal: the noisier class keeps the larger one. The point where they cross costs more.", w.Each, w.Best.Delta),
		Alt:     "The error of the class + falls with δ, that of the class − rises; their mean has a minimum to the right or left of their crossing, marked by a vertical line. Points lie on the lines.",
		Panels: []figure.Panel{{X: figure.Axis{Name: "δ", Log: true}, Y: figure.Axis{Name: "error"}, Series: []figure.Series{
			figure.Line("Err₊", x, plus).In(1), figure.Line("Err₋", x, minus).In(2), figure.Line("balanced", x, both).In(3).Dashed(2),
			figure.Points("seen, +", w.Delta, w.SeenPlus).In(1), figure.Points("seen, −", w.Delta, w.SeenMinus).In(2)},
			Marks: []figure.Mark{figure.VLine(w.Best.Delta, "δ*")}}}}
}

// CurvesFigure draws δ* against frequency for several noise ratios, with draws of finite size.
func CurvesFigure(pis []float64, ratios []float64, curves [][]float64, dots []Row) figure.Figure {
	p := figure.Panel{X: figure.Axis{Name: "share π of the class +", Log: true}, Y: figure.Axis{Name: "δ*", Log: true}, Marks: []figure.Mark{figure.HLine(1, "δ = 1").AtStart()}}
	for k, r := range ratios {
		name := fmt.Sprintf("σ₊/σ₋ = %.2g", r)
		p.Series = append(p.Series, figure.Line(name, pis, curves[k]).In(k+1))
		var x, y []float64
		for _, d := range dots {
			if math.Abs(d.G.Plus/d.G.Minus-r) < 1e-9 {
				x, y = append(x, d.G.Pi), append(y, d.Delta)
			}
		}
		p.Series = append(p.Series, figure.Points(name+", draws", x, y).In(k+1))
	}
	return figure.Figure{ID: "curves", Title: "Theory and simulation of δ*",
		Caption: "Lines: the limit, without any data. Points: means of draws of finite size. The horizontal line is $\\delta=1$. At $\\pi=\\frac12$ the three ratios already want different margins, and the line of a quiet rare class ($\\sigma_+<\\sigma_-$) crosses $\\delta=1$ at a frequency below a half: to its right a rule that only counts examples has the wrong sign.",
		Alt:     "Three falling lines on logarithmic axes, one for each ratio of noises, nearly parallel, with points on them. The lowest crosses the horizontal line at one before the frequency one half.",
		Panels:  []figure.Panel{p}}
}

// LawFigure draws log δ* and what a fit on the frequency alone leaves over, beside the excess errors of the fits.
func LawFigure(g *Grid, fits []Fit) figure.Figure {
	var rows, cols []string
	for _, p := range g.Pi {
		rows = append(rows, fmt.Sprintf("%g", p))
	}
	for _, r := range g.R {
		cols = append(cols, fmt.Sprintf("%.2f", r))
	}
	matrix := func(f func(k int) float64) [][]float64 {
		var m [][]float64
		for i := range g.Pi {
			var row []float64
			for j := range g.R {
				row = append(row, f(i*len(g.R)+j))
			}
			m = append(m, row)
		}
		return m
	}
	frequency := fits[1]
	heat := func(title string, f func(k int) float64) figure.Panel {
		return figure.Panel{Title: title, X: figure.Axis{Name: "σ₊/σ₋"}, Y: figure.Axis{Name: "π"},
			Heat: &figure.Heat{Rows: rows, Cols: cols, Values: matrix(f), Scale: "ln δ*", Diverging: true, Print: true}}
	}
	return figure.Figure{ID: "law", Title: "A law for the logarithm of δ*",
		Caption: fmt.Sprintf("Left: $\\ln\\delta^*$. Right: what the best fit on the frequency alone leaves over ($R^2=%.2f$): a gradient from left to right, which is the noise ratio. A plane in log odds and log ratio leaves nothing that could be seen on this scale ($R^2=%.4f$).", frequency.R2, fits[3].R2),
		Alt:     "Two heat-maps over frequency and noise ratio: the first changes along both axes, the second, the residual of a fit on the frequency, from left to right only.",
		Panels: []figure.Panel{heat("ln δ*", func(k int) float64 { return frequency.Seen[k] }),
			heat("left over by the frequency", func(k int) float64 { return frequency.Seen[k] - frequency.Fitted[k] })}}
}

// ExcessFigure draws what the five fits cost in balanced error.
func ExcessFigure(fits []Fit) figure.Figure {
	var names []string
	var mean, worst []float64
	for _, f := range fits {
		names = append(names, f.Name)
		mean, worst = append(mean, math.Max(f.Mean, 1e-6)), append(worst, math.Max(f.Max, 1e-6))
	}
	x := make([]float64, len(names))
	for i := range x {
		x[i] = float64(i)
	}
	return figure.Figure{ID: "excess", Title: "What a rule costs", Caption: "Balanced error above that of $\\delta^*$, mean and largest over the grid. One attribute brings it down from several points to one or two; both attributes, in three coefficients, to a hundredth of a point.",
		Alt: "Two rows of points over five rules on a logarithmic axis: none, frequency, difficulty, both linear, both quadratic. They fall by a factor of five to the second and third, and by a hundred and more to the last two.",
		Panels: []figure.Panel{{X: figure.Axis{Name: "features of the rule", Categories: names}, Y: figure.Axis{Name: "excess of the balanced error", Log: true},
			Series: []figure.Series{figure.Points("mean", x, mean).In(1), figure.Points("largest", x, worst).In(2)}}}}
}

// BiasFigure draws 1 − cos along λ.
func BiasFigure(all []*Biased, names []string) figure.Figure {
	p := figure.Panel{X: figure.Axis{Name: "λ", Log: true}, Y: figure.Axis{Name: "1 − cos to the SVM", Log: true}}
	for i, b := range all {
		p.Series = append(p.Series, figure.Line(names[i], b.Lambda, b.Path).As("circle"))
	}
	return figure.Figure{ID: "bias", Title: "Where the loss leads", Caption: "Direction of the minimizer of loss plus $\\frac\\lambda2\\lVert w\\rVert^2$ against that of the SVM with $\\delta=\\Delta_-/\\Delta_+$. It approaches like the inverse square of a logarithm, which is why the claim asks the secant, in which the constant part cancels.",
		Alt: "Slowly falling lines as λ decreases, one for each setting of the loss.", Panels: []figure.Panel{p}}
}

// NeumannFigure draws the error of the truncated series.
func NeumannFigure(h *Hyper, above float64) figure.Figure {
	x := make([]float64, len(h.T))
	for i, t := range h.T {
		x[i] = float64(t + 1)
	}
	return figure.Figure{ID: "neumann", Title: "A series for the inverse", Caption: fmt.Sprintf("Relative error of $p_T$ with steps $1/\\lambda_{\\max}$ and $%.2g/\\lambda_{\\max}$, errors above $10^{12}$ drawn there. A step above $2/\\lambda_{\\max}$ does not converge slowly: it explodes, and the sign of a hyper-gradient from it means nothing.", above),
		Alt: "Against the number of terms on logarithmic axes, one line falls to round-off, the other rises steeply.",
		Panels: []figure.Panel{{X: figure.Axis{Name: "terms T + 1", Log: true}, Y: figure.Axis{Name: "relative error", Log: true},
			Series: []figure.Series{figure.Line("η = 1/λ_max", x, h.Neumann).In(1).As("circle"), figure.Line(fmt.Sprintf("η = %.2g/λ_max", above), x, h.Diverging).In(2).As("square")}}}}
}
