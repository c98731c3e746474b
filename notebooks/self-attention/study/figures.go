package study

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/attention"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/xla"
)

// DimensionFigure draws what the dimension does to orthogonality.
func DimensionFigure(d, active, coherence []float64) figure.Figure {
	x, last := figure.Axis{Name: "d", Log: true}, len(d)-1
	line := func(y []float64) []figure.Series {
		return []figure.Series{figure.Line("mean of ten data sets", d, y).As("circle")}
	}
	fraction := figure.Axis{Name: "fraction of active constraints", Max: figure.At(1.05)}
	return figure.Figure{ID: "dimension", Title: "Dimension", Panels: []figure.Panel{
		{X: x, Y: fraction, Series: line(active)},
		{X: x, Y: figure.Axis{Name: "coherence (A3 asks for ≤ 1)", Log: true}, Series: line(coherence)}},
		Caption: fmt.Sprintf("As the dimension grows, the tokens become orthogonal and all constraints "+
			"active, long before (A3) holds with its constant 4nT: at d = %g a fraction of %.3g is active, "+
			"and the coherence still %.0f times what (A3) allows.", d[last], active[last], coherence[last]),
		Alt: "Two curves against the dimension: the fraction of active constraints rises to one, the " +
			"coherence falls but stays far above one."}
}

// PrecisionFigure draws one run in two arithmetics.
func PrecisionFigure(naive, stable attention.Trace) figure.Figure {
	p := figure.Panel{
		X: figure.Axis{Name: "t", Log: true},
		Y: figure.Axis{Name: "distance of the direction to W_mm", Log: true},
		Series: []figure.Series{
			figure.Line("in pairs and logarithms", stable.K, stable.Dist),
			figure.Line("textbook", naive.K, naive.Dist),
		}}
	return figure.Figure{ID: "precision", Title: "The same algorithm in two arithmetics",
		Panels: []figure.Panel{p},
		Caption: "Normalised descent in float64. The textbook gradient loses its last digit when log-odds " +
			"pass −36; from then on its steps are noise, and the direction that was found is lost again.",
		Alt: "Distance to the max-margin direction on log-log axes: the stable form falls along a straight " +
			"line, the textbook form follows it for some tens of steps and then jumps up to one."}
}

// BoundFigure draws 1 - corr beside its bound.
func BoundFigure(w *attention.Walk) figure.Figure {
	t, bound := Tail(w.K, w.Bound, float64(w.First))
	_, corr := Tail(w.K, w.OneMinusCorr, float64(w.First))
	thin := func(x []float64) (y []float64) { // on a logarithmic axis
		for _, k := range xla.LogSteps(len(x)-1, 20) {
			y = append(y, x[k])
		}
		return y
	}
	end := len(t) - 1
	return figure.Figure{ID: "bound", Title: "Direction of normalised descent", Panels: []figure.Panel{{
		X: figure.Axis{Name: "t", Log: true}, Y: figure.Axis{Name: "1 − corr(W_t, W_mm)", Log: true},
		Series: []figure.Series{
			figure.Line("measured", thin(t), thin(corr)),
			figure.Line("bound (12)", thin(t), thin(bound)),
		},
		Marks: []figure.Mark{
			figure.Guide("slope −1", 30, 1000, 3*bound[30]/4, -1),
			figure.Guide("slope −2", 30, 1000, corr[30]/2, -2),
		}}},
		Caption: fmt.Sprintf("The bound holds from t₀ = %d on and falls like log t / t; the measured curve "+
			"falls like 1/t². At t = %g they stand at %.2g and %.1e.", w.First, t[end], bound[end], corr[end]),
		Alt: "Two falling curves on log-log axes: the bound with slope about minus one lies above the " +
			"measured curve with slope minus two."}
}

// RaceFigure draws norm, direction, attention and loss of the three methods.
func RaceFigure(r *attention.Race, eta float64) figure.Figure {
	labels := map[int]string{NGDZero: "NGD", PolyakZero: "Polyak", GDZero: "GD",
		NGDRandom: "NGD, random W₀", NGDAgainst: "NGD, W₀ = −3 W_mm"}
	panel := func(y figure.Axis, xlog bool, of func(attention.Trace) []float64, more ...int) figure.Panel {
		p := figure.Panel{X: figure.Axis{Name: "t", Log: xlog}, Y: y}
		for _, i := range append([]int{NGDZero, PolyakZero, GDZero}, more...) {
			p.Series = append(p.Series, figure.Line(labels[i], r.Traces[i].K, of(r.Traces[i])))
		}
		return p
	}
	norm := func(tr attention.Trace) []float64 { return tr.Norm }
	corr := func(tr attention.Trace) []float64 { return tr.OneMinusCorr() }
	logOdds := func(tr attention.Trace) []float64 { return tr.LogOdds }
	logExcess := func(tr attention.Trace) []float64 { return tr.LogExcess }
	odds := panel(figure.Axis{Name: "mean log-odds of leaving the optimal token"}, false, logOdds)
	odds.X.Max = figure.At(1000)
	odds.Series[2].X, odds.Series[2].Y = Head(r.Traces[GDZero].K, r.Traces[GDZero].LogOdds, 1000)
	odds.Marks = []figure.Mark{figure.Guide("−ηt/‖W_mm‖", 0, 1000, 0, -eta/r.Norm)}
	odds.Series = append(odds.Series, figure.Segment("−t/2", 0, 0, 1000, -500).In(figure.Ink).Dashed(3))
	return figure.Figure{ID: "race", Title: "Norm, direction, attention, loss", Panels: []figure.Panel{
		panel(figure.Axis{Name: "‖W_t‖", Log: true}, true, norm),
		panel(figure.Axis{Name: "1 − corr(W_t, W_mm)", Log: true}, true, corr, NGDRandom, NGDAgainst),
		odds,
		panel(figure.Axis{Name: "log(L − L*)"}, true, logExcess)},
		Caption: fmt.Sprintf("Normalised steps make norm and margins grow linearly: the log-odds are straight "+
			"lines with the predicted slopes. Ten times as many steps of gradient descent add only "+
			"‖W_mm‖·ln 10 = %.2f to the norm.", r.Norm*math.Ln10),
		Alt: "Four panels against t. The norm of NGD and Polyak grows linearly, that of GD logarithmically. " +
			"One minus correlation falls fastest for NGD and Polyak. Log-odds are straight lines for NGD and " +
			"Polyak. The log of the excess loss falls accordingly."}
}

// LogOddsFigure draws the log-odds of normalized descent for three step sizes.
func LogOddsFigure(r *attention.Race, eta float64) figure.Figure {
	var lines, guides []figure.Series
	for _, run := range []struct {
		i    int
		step float64
	}{{NGDQuarter, eta / 4}, {NGDHalf, eta / 2}, {NGDZero, eta}} {
		tr := r.Traces[run.i]
		lines = append(lines, figure.Line(fmt.Sprintf("η = %g", run.step), tr.K, tr.LogOdds))
		first := tr.LogOdds[0]
		guide := figure.Segment("slope −η/‖W_mm‖", 0, first, 1000, first-1000*run.step/r.Norm)
		guides = append(guides, guide.In(figure.Ink).Dashed(3))
	}
	return figure.Figure{ID: "log-odds", Title: "Attention dies exponentially", Panels: []figure.Panel{{
		X: figure.Axis{Name: "t"}, Y: figure.Axis{Name: "mean log((1 − φ)/φ)"},
		Series: append(lines, guides...)}},
		Caption: "Log-odds of attending elsewhere under NGD, for three step sizes, beside lines of slope " +
			"−η/‖W_mm‖. At −36 float64 can no longer tell φ from 1; the computation goes on in logarithms.",
		Alt: "Three straight falling lines, steeper for larger steps, each along a reference line."}
}

// MapsFigure draws attention maps along a run.
func MapsFigure(p *attention.Problem, frames []figure.Frame) figure.Figure {
	heat := figure.Heat{Scale: "attention φ", Low: figure.At(0), High: figure.At(1), Frames: frames}
	for i := range p.N {
		heat.Rows = append(heat.Rows, fmt.Sprintf("X%d", i+1))
	}
	for t := range p.T {
		heat.Cols = append(heat.Cols, map[bool]string{true: "opt", false: fmt.Sprint(t)}[t == 0])
	}
	return figure.Figure{ID: "maps", Title: "Attention maps along training", Panels: []figure.Panel{{
		X: figure.Axis{Name: "token"}, Y: figure.Axis{Name: "sequence"}, Heat: &heat}},
		Caption: "One row a sequence. From uniform attention all rows move to the optimal token, those that " +
			"lag catching up with the others.",
		Alt: "Heat-maps of attention at several steps: uniform at first, then all mass in the first column."}
}

// LocalityFigure draws runs in the plane of two correlations.
func LocalityFigure(with, without *attention.Race) figure.Figure {
	least := 0.0 // of all correlations
	for _, r := range []*attention.Race{with, without} {
		for e := range Rivals {
			for k, d := range r.Rival[e] {
				least = math.Min(least, math.Min(1-d*d/2, 1-r.Traces[e].Dist[k]*r.Traces[e].Dist[k]/2))
			}
		}
	}
	corr := func(name string) figure.Axis {
		return figure.Axis{Name: name, Min: figure.At(math.Floor(2*least) / 2), Max: figure.At(1)}
	}
	panel := func(title string, r *attention.Race) figure.Panel {
		p := figure.Panel{Title: title, X: corr("corr(W_t, W_loc)"), Y: corr("corr(W_t, W_mm)")}
		for e, start := range Rivals {
			var x, y []float64
			for k := range r.Rival[e] {
				x = append(x, 1-r.Rival[e][k]*r.Rival[e][k]/2)
				y = append(y, 1-r.Traces[e].Dist[k]*r.Traces[e].Dist[k]/2)
			}
			p.Series = append(p.Series, figure.Line(fmt.Sprintf("c = %g", start), x, y))
		}
		return p
	}
	return figure.Figure{ID: "locality", Title: "Global and local",
		Panels: []figure.Panel{panel("with (A1)", with), panel("without (A1)", without)},
		Caption: "Paths of NGD in the plane of the two correlations, from cW_loc. With equal scores every " +
			"path ends at the top, in the direction of W_mm. Without them the paths that start far out " +
			"along W_loc stay there.",
		Alt: "Two panels of paths. On the left all paths end at correlation one with W_mm. On the right " +
			"paths with large c stay at the right edge, near W_loc."}
}

// JointFigure draws the three straight lines of joint training.
func JointFigure(s *attention.JointStudy) figure.Figure {
	run, end := s.Runs[0], len(s.Runs[0].K)-1
	root := Each(run.K, math.Cbrt)
	log, cube := figure.Axis{Name: "t", Log: true}, figure.Axis{Name: "t^⅓", Max: figure.At(22)}
	panel := func(x figure.Axis, name string, t, y []float64, guide figure.Mark) figure.Panel {
		return figure.Panel{X: x, Y: figure.Axis{Name: name}, Marks: []figure.Mark{guide},
			Series: []figure.Series{figure.Line("measured", t, y)}}
	}
	fromZero := func(label string, slope float64) figure.Mark {
		return figure.Guide(label, 0, root[end], 0, slope)
	}
	start := Value(run.K, run.NormW, 100)
	return figure.Figure{ID: "joint", Title: "Joint training: three straight lines", Columns: 3,
		Panels: []figure.Panel{
			panel(log, "‖W_t‖", run.K, run.NormW, figure.Guide("slope η_W", 100, 10000, start, 0.3)),
			panel(cube, "‖u_t‖", root, run.NormU, fromZero("slope 3η_u", 0.9)),
			panel(cube, "log L", root, run.LogLoss, fromZero("slope −3η_u/‖u_mm‖", -0.9/s.NormU))},
		Caption: fmt.Sprintf("The norm of W is linear in log t, that of u in the cube root of t, and so is "+
			"the logarithm of the loss, with the predicted slopes. The loss ends at %.1e and is computed "+
			"through its logarithm.", math.Exp(run.LogLoss[end])),
		Alt: "Three panels, each a nearly straight line beside a reference line of the predicted slope."}
}

// OptimalFirst are the attention maps at W, the optimal token of each sequence in front.
func OptimalFirst(p *attention.Problem, W *mat.Dense) (rows [][]float64) {
	phi := p.At(W).Phi()
	for i := range p.N {
		row := []float64{phi[i*p.T+p.Opt[i]]}
		for t := range p.T {
			if t != p.Opt[i] {
				row = append(row, phi[i*p.T+t])
			}
		}
		rows = append(rows, row)
	}
	return rows
}
