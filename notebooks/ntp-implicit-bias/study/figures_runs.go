package study

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/ntp"
)

// Labels are the names of the runs in figures.
var Labels = map[string]string{
	"gd":   "GD, η = 0.5",
	"ngd":  "normalised GD, η = 0.01",
	"adam": "Adam, η = 0.01",
	"toy":  "GD, η = 0.5",
}

// Panels are the four panels of the paper's figures, for one run or several on one instance.
func Panels(r *Runs, names ...string) ([]figure.Panel, error) {
	first, _ := r.Of(names[0])
	b, err := Instance(first.Data)
	if err != nil {
		return nil, err
	}
	in, k := b.In, figure.Axis{Name: "k", Log: true}
	p := []figure.Panel{
		{Title: "loss", X: k, Y: figure.Axis{Name: "CE, nats"},
			Marks: []figure.Mark{figure.HLine(in.Entropy(), "entropy")}},
		{Title: "norm", X: k, Y: figure.Axis{Name: "‖W_k‖"}},
		{Title: "direction", X: k, Y: figure.Axis{Name: "cosine with Wmm"},
			Marks: []figure.Mark{figure.HLine(1, "Theorem 2")}},
		{Title: "finite part", X: k, Y: figure.Axis{Name: "‖P_F W_k − W*‖ / ‖W*‖", Log: true}},
	}
	columns := []func(mat.Matrix) float64{in.CE, matrix.Norm, b.Corr, b.RelErrF}
	for i, name := range names {
		run := r.At(name).From(1)
		for j, f := range columns {
			line := figure.Line(Labels[name], run.Steps(), run.Column(f)).In(i + 1).Dashed(i + 1)
			p[j].Series = append(p[j].Series, line)
		}
		if len(names) == 1 {
			line := figure.Line("W_k − W*", run.Steps(), run.Column(b.CorrCentred)).In(2).Dashed(2)
			p[2].Series = append(p[2].Series, line)
		}
	}
	return p, nil
}

// OptimizersFigure is Figure 5 of the paper, with the excess loss in the place of the loss.
// It takes how many times smaller than gradient descent's the excess is at the end.
func OptimizersFigure(b *ntp.Bias, r *Runs, normalised, adam float64) (figure.Figure, error) {
	p, err := Panels(r, "gd", "ngd", "adam")
	if err != nil {
		return figure.Figure{}, err
	}
	p[0].Y, p[0].Marks = figure.Axis{Name: "CE − H, nats", Log: true}, nil
	for i, name := range []string{"gd", "ngd", "adam"} {
		run := r.At(name).From(1)
		p[0].Series[i].Y = run.Column(b.In.Excess)
	}
	return figure.Figure{ID: "optimizers", Title: "Normalised gradient descent and Adam (Figure 5)", Panels: p,
		Caption: fmt.Sprintf("Early on gradient descent has the least loss: normalised steps of length 0.01 are "+
			"shorter than its own. At k = 10⁴ the excess of normalised gradient descent is %.0f times, that of "+
			"Adam %.0f times smaller than that of gradient descent. On F both stop at a height set by "+
			"their constant step.", normalised, adam),
		Alt: "The four panels for three optimizers: normalised gradient descent starts above gradient descent " +
			"and crosses it; it and Adam reach the entropy and the max-margin direction sooner, but level off " +
			"in the finite part."}, nil
}

// ConstantsFigure draws the norm and the scaled loss of the runs on wide and on corner.
func ConstantsFigure(r *Runs, b, corner *ntp.Bias) figure.Figure {
	scaled := func(name string, b *ntp.Bias) figure.Series { // the loss at every recorded step
		named, run := r.Of(name)
		var y []float64
		for _, k := range run.From(1).K {
			y = append(y, LossConstant(b, run.At(k), named.Training.Rate*float64(k)))
		}
		return figure.Line(name, run.From(1).Steps(), y)
	}
	run := r.At("wide").From(1)
	norms, slope, k := run.Column(matrix.Norm), matrix.Norm(b.Wmm), figure.Axis{Name: "k", Log: true}
	low := norms[len(norms)-1] - 2*math.Ln10*slope - 0.1*norms[len(norms)-1] // where the guide begins, below the curve
	return figure.Figure{ID: "constants", Title: "Two constants", Panels: []figure.Panel{
		{Title: "norm", X: k, Y: figure.Axis{Name: "‖W_k‖"},
			Series: []figure.Series{figure.Line("wide", run.Steps(), norms)},
			Marks:  []figure.Mark{figure.Guide("slope ‖Wmm‖", 1e4, 1e6, low, slope)}},
		{Title: "loss", X: k, Y: figure.Axis{Name: "η k (CE − H) / ‖Wmm‖²"},
			Series: []figure.Series{
				scaled("wide", b),
				scaled("corner", corner).Dashed(2)},
			Marks: []figure.Mark{figure.HLine(1, "theory")}}},
		Caption: "Left: the norm gains ‖Wmm‖ for every factor e in k. Right: the loss times ηk " +
			"settles at ‖Wmm‖². Where an active margin has no multiplier the approach is logarithmic.",
		Alt: "Two panels against the step. The norm approaches a straight line on a " +
			"logarithmic step axis; the scaled loss settles at one, that of the corner creeps towards it."}
}

// MassFigure draws η k π_j σ_v of all pairs of wide over their multipliers.
func MassFigure(b *ntp.Bias, run *ntp.Trace, eta float64) (figure.Figure, error) {
	svm, err := b.In.Wmm()
	if err != nil {
		return figure.Figure{}, err
	}
	mu := b.In.Multipliers(svm.Dual)
	lines := make([][]float64, len(mu))
	for i, W := range run.W {
		for p, n := range b.In.ForbiddenMass(W) {
			lines[p] = append(lines[p], eta*float64(run.K[i])*n/mu[p])
		}
	}
	panel := figure.Panel{Ratio: 2.4, X: figure.Axis{Name: "k", Log: true},
		Y:     figure.Axis{Name: "η k π_j σ_v / μ_{j,v}"},
		Marks: []figure.Mark{figure.HLine(1, "the multiplier")}}
	for p, y := range lines {
		line := figure.Line("pair of context and forbidden word", run.Steps(), y).In(1).Sized(1.5)
		if p > 0 {
			line = line.Unlisted()
		}
		panel.Series = append(panel.Series, line)
	}
	return figure.Figure{ID: "masses", Title: "Every forbidden word finds its multiplier", Panels: []figure.Panel{panel},
		Caption: "A line for each pair of a context and a word that never follows it: its probability, weighted by π_j, times ηk, " +
			"over the multiplier of that margin. All go to one.",
		Alt: "Ten curves against the step on a logarithmic axis, all of which approach the height one."}, nil
}

// FiniteFigure draws the error on F against E/(ηk).
func FiniteFigure(b *ntp.Bias, run *ntp.Trace, eta float64, E *mat.Dense, raw *ntp.Bias, slow *ntp.Trace) figure.Figure {
	size := matrix.Norm(E)
	theory := make([]float64, len(run.K))
	for i, k := range run.Steps() {
		theory[i] = size / (eta * k)
	}
	return figure.Figure{ID: "finite-part", Title: "The finite component", Panels: []figure.Panel{{Ratio: 2.4,
		X: figure.Axis{Name: "k", Log: true}, Y: figure.Axis{Name: "‖P_F W_k − W*‖", Log: true},
		Series: []figure.Series{
			figure.Points("wide", run.Steps(), run.Column(b.ErrF)).Sized(5),
			figure.Line("‖E‖/(ηk)", run.Steps(), theory).In(figure.Ink).Dashed(3),
			figure.Line("paper", slow.Steps(), slow.Column(raw.ErrF)).In(2).Dashed(2),
		}}},
		Caption: "On the wide instance the error on F lies on ‖E‖/(ηk), without a free constant, as soon as gradient descent has forgotten " +
			"its start. On the paper's instance a rare word delays the law.",
		Alt: "Error on F against the step on logarithmic axes. The points of one instance lie on a " +
			"line of slope minus one; the curve of the other turns into that slope later."}
}

// AngleFigure draws cot θ_k of wide and of the corner.
func AngleFigure(b *ntp.Bias, run *ntp.Trace, corner *ntp.Bias, other *ntp.Trace) figure.Figure {
	cot := func(b *ntp.Bias) func(mat.Matrix) float64 {
		return func(W mat.Matrix) float64 { return Cot(b, W) }
	}
	return figure.Figure{ID: "angle", Title: "The angle", Panels: []figure.Panel{
		{X: figure.Axis{Name: "k", Log: true}, Y: figure.Axis{Name: "cot θ_k"},
			Series: []figure.Series{
				figure.Line("wide", run.Steps(), run.Column(cot(b))).In(1),
				figure.Line("corner, not strict", other.Steps(), other.Column(cot(corner))).In(2).Dashed(2)}},
		{X: figure.Axis{Name: "k", Log: true}, Y: figure.Axis{Name: "‖ρ⊥‖, that at the end = 1"},
			Series: []figure.Series{
				figure.Line("wide", run.Steps(), relativePerp(b, run)).In(1),
				figure.Line("corner, not strict", other.Steps(), relativePerp(corner, other)).In(2).Dashed(2)}}},
		Caption: "Left: a straight line means 1 − cos θ ∝ 1/log²k: to halve the angle, square the " +
			"number of steps. Right: the part orthogonal to Wmm is bounded on the wide one, and grows like log log k on the corner, " +
			"whose line on the left therefore bends.",
		Alt: "Two panels against the step on a logarithmic axis: the cotangent of the angle grows linearly; the orthogonal part " +
			"settles in one instance and goes on growing in the other."}
}

func relativePerp(b *ntp.Bias, run *ntp.Trace) []float64 {
	end := Perp(b, run.Last())
	return run.Column(func(W mat.Matrix) float64 { return Perp(b, W) / end })
}
