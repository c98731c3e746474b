package study

import (
	"fmt"
	"math"

	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/generalization"
)

// InsideFigure draws a run inside the theorem: loss and bounds against T, and the distance to the comparator.
func InsideFigure(all []Walked) figure.Figure {
	long := all[len(all)-1]
	var steps, loss []float64
	for t := 1; t < len(long.Loss); t++ {
		steps, loss = append(steps, float64(t)), append(loss, long.Loss[t])
	}
	var T, last, mean, lossAt, meanAt []float64
	for _, w := range all {
		T = append(T, float64(w.Path.T))
		last, mean = append(last, w.Path.LastBound()), append(mean, w.Path.MeanBound())
		lossAt, meanAt = append(lossAt, w.Loss[len(w.Loss)-1]), append(meanAt, w.Mean)
	}
	x := figure.Axis{Name: "steps T", Log: true}
	return figure.Figure{ID: "inside", Title: "Inside the theorem",
		Caption: fmt.Sprintf("Left: the training loss of a network that satisfies every condition, below the bound $4\\rho_*^2/(\\eta T)$ of its last iterate, with the bound of the mean between them. At $T=%d$ the loss is %.2g and the bound %.2g: a rate of $1/T$ above a loss that falls as fast. Right: the distance to the comparator falls, then grows again as the run goes past it, and stays far below $2\\rho_*$.",
			long.Path.T, lossAt[len(lossAt)-1], last[len(last)-1]),
		Alt: "Left, on two logarithmic axes, a falling curve of the training loss, above it the mean loss and two straight falling lines, the bounds. Right, the distance to the comparator falls steeply and then rises slowly, below two horizontal lines.",
		Panels: []figure.Panel{
			{X: x, Y: figure.Axis{Name: "loss, nats", Log: true}, Series: []figure.Series{
				figure.Line("F̂(w_T)", steps, loss).In(1),
				figure.Line("mean of F̂(w_1), ..., F̂(w_T)", T, meanAt).In(2).As("circle"),
				figure.Line("bound of the mean", T, mean).In(2).Dashed(3),
				figure.Line("bound of the last", T, last).In(1).Dashed(2)}},
			{X: figure.Axis{Name: "step t"}, Y: figure.Axis{Name: "‖w_t − w*‖", Min: figure.At(0), Max: figure.At(2.2 * long.Path.RhoStar())},
				Series: []figure.Series{figure.Line("distance", numbers(len(long.Distance)), long.Distance).In(4)},
				Marks:  []figure.Mark{figure.HLine(2*long.Path.RhoStar(), "2ρ*"), figure.HLine(long.Path.Distance, "‖w_0 − w*‖")}},
		}}
}

func numbers(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(i)
	}
	return x
}

// CurvatureFigure draws norms of gradient and Hessian of the output against the width.
func CurvatureFigure(m, hessian, gradient []float64) figure.Figure {
	return figure.Figure{ID: "curvature", Title: "What a width buys", Caption: "Two hidden layers, means of eight draws. The Hessian of the output falls like $m^{-1/2}$, the gradient does not: a wide network is nearly convex in its weights and learns as much.",
		Alt: "Two lines on logarithmic axes against the width: the norm of the gradient is level, that of the Hessian falls along a guide of slope minus one half.",
		Panels: []figure.Panel{{X: figure.Axis{Name: "width m", Log: true}, Y: figure.Axis{Name: "norm at w_0", Log: true},
			Series: []figure.Series{figure.Line("‖∇Φ‖", m, gradient).As("circle"), figure.Line("‖∇²Φ‖", m, hessian).As("square")},
			Marks:  []figure.Mark{figure.Guide("slope −1/2", m[0], m[len(m)-1], hessian[0]*0.8, -0.5)}}}}
}

// StabilityFigure draws the chain of leave-one-out along training, means over draws.
func StabilityFigure(l *LOO, eta float64, n int) figure.Figure {
	steps := len(l.Gaps[0])
	var t, gap, dist, local, bound []float64
	for k := 1; k < steps; k++ {
		t = append(t, float64(k))
		g, _ := Mean(Column(l.Gaps, k))
		d, _ := Mean(Column(l.Distances, k))
		s, _ := Mean(Column(l.Sums, k))
		gap, dist = append(gap, math.Max(g, 1e-4)), append(dist, 2*l.G*d)
		local = append(local, 2*l.Gradient0*d)
		bound = append(bound, generalization.GapBound(l.G, eta, s, n))
	}
	return figure.Figure{ID: "stability", Title: "The chain of leave-one-out", Caption: fmt.Sprintf("Means of %d draws of %d examples. The gap (bottom) is below twice $G$ times the distance that one example moves the network, and that is below what the training losses add up to (top). With the largest gradient of the sample at $w_0$, $%.2f$, in the place of $G=%.2g$ the middle line comes down to the dashed one.", len(l.Gaps), n, l.Gradient0, l.G),
		Alt: "Four rising curves on logarithmic axes against the step: the generalization gap at the bottom, above it the dashed and the solid leave-one-out curve, and the bound on top.",
		Panels: []figure.Panel{{X: figure.Axis{Name: "step t", Log: true}, Y: figure.Axis{Name: "nats", Log: true, Min: figure.At(1e-3)},
			Series: []figure.Series{
				figure.Line("2G²(η/n) ΣF̂", t, bound).In(1),
				figure.Line("2G · mean ‖w_t − w_t^{−i}‖", t, dist).In(2),
				figure.Line("the same with the local gradient", t, local).In(2).Dashed(3),
				figure.Line("gap F − F̂", t, floor(gap, 1e-3)).In(4)}}}}
}

func floor(x []float64, least float64) []float64 {
	return Over(x, func(v float64) float64 { return math.Max(v, least) })
}

// SizesFigure draws train, test and gap against n, beside the excess under label noise.
func SizesFigure(n, train, test, gap, gapNoise, noiseN, excess []float64) figure.Figure {
	last := len(n) - 1
	x := figure.Axis{Name: "examples n", Log: true}
	return figure.Figure{ID: "sizes", Title: "What more examples buy", Caption: "Left: with $\\eta T=32n$ steps the test loss falls like $1/n$, but so does the training loss, because $T$ grows with $n$: that slope is the rate of optimization. What is due to the sample is the gap below, and it falls faster than $1/n$; with a fifth of the labels wrong it does not. Right: under label noise and $\\eta T=32\\sqrt n$ the excess over the Bayes risk falls like $n^{-1/2}$.",
		Alt: "Left, three falling curves on logarithmic axes with a guide of slope minus one and a fourth, for noisy labels, that falls more slowly. Right, one falling curve along a guide of slope minus one half.",
		Panels: []figure.Panel{
			{X: x, Y: figure.Axis{Name: "nats", Log: true}, Series: []figure.Series{
				figure.Line("test loss", n, test).As("circle").In(1), figure.Line("training loss", n, train).As("square").In(2), figure.Line("gap", n, floor(gap, 1e-4)).As("triangle").In(4),
				figure.Line("gap, a fifth of the labels wrong", n, gapNoise).As("diamond").In(5)},
				Marks: []figure.Mark{figure.Guide("slope −1", n[0], n[last], test[0]*1.6, -1)}},
			{X: x, Y: figure.Axis{Name: "excess over the Bayes risk, nats", Log: true}, Series: []figure.Series{figure.Line("excess", noiseN, excess).As("circle").In(3)},
				Marks: []figure.Mark{figure.Guide("slope −1/2", noiseN[0], noiseN[len(noiseN)-1], excess[0]*1.4, -0.5)}},
		}}
}

// DigitsFigure draws gap and bound along training for two sizes.
func DigitsFigure(all []DigitsRun) figure.Figure {
	f := figure.Figure{ID: "digits", Title: "Bound and gap on pictures", ShareY: true, Caption: "MNIST, digits 0 to 4 against 5 to 9, and, where it was asked, Fashion-MNIST, tops, trousers, dresses and coats against shoes, shirts and bags; two hidden layers, $G$ replaced by the largest gradient at $w_0$ as in the paper's figures. Both rise along training, the bound above; with more examples the bound comes down in proportion, and the gap by more. Means below $10^{-4}$, negative ones among them, are drawn at the lower edge. The runs are not inside the theorem, whose width is out of reach.",
		Alt: "Panels on logarithmic axes against the step, one for each data set and number of examples: a rising solid curve, the bound, above a rising one with points, the gap."}
	for _, d := range all {
		bound, gap := floor(d.Bound[1:], 1e-4), floor(d.Gap[1:], 1e-4)
		f.Panels = append(f.Panels, figure.Panel{Title: fmt.Sprintf("%s, n = %d", d.Set, d.N), X: figure.Axis{Name: "step t", Log: true}, Y: figure.Axis{Name: "nats", Log: true},
			Series: []figure.Series{figure.Line("bound", d.T[1:], bound).In(1), figure.Line("gap, mean of draws", d.T[1:], gap).As("circle").In(4)}})
	}
	return f
}

// ComparisonFigure draws the bounds of the table against n and against m, beside the measured gap.
func ComparisonFigure(gamma float64, l int, measuredN, gapN, measuredM, gapM []float64) figure.Figure {
	f := figure.Figure{ID: "comparison", Title: "The table as lines", Caption: fmt.Sprintf("The bounds of the table with all constants 1 at $\\gamma=%.2g$, $L=%d$ (heights mean nothing, slopes do), and the stability term $2G$ times the leave-one-out distance measured. Against $n$ two of them fall like $n^{-1/2}$, two like $1/n$; against $m$ one rises, the others and what is measured are flat.", gamma, l),
		Alt: "Two panels on logarithmic axes with four straight lines and measured points each. Left against the number of examples, right against the width, where one line rises and everything else is level."}
	for side := range 2 {
		x, measuredX, y := figure.Axis{Name: "examples n", Log: true}, measuredN, gapN
		if side == 1 {
			x, measuredX, y = figure.Axis{Name: "width m", Log: true}, measuredM, gapM
		}
		p := figure.Panel{X: x, Y: figure.Axis{Name: "generalization error, nats", Log: true}}
		for i, g := range generalization.Guarantees {
			var at, bound []float64
			for k := 0; k <= 4; k++ {
				v := measuredX[0] * math.Pow(measuredX[len(measuredX)-1]/measuredX[0], float64(k)/4)
				n, m := int(v), 256
				if side == 1 {
					n, m = 32, int(v)
				}
				at, bound = append(at, v), append(bound, g.Bound(gamma, n, m, l))
			}
			p.Series = append(p.Series, figure.Line(g.Work, at, bound).In(i+1))
		}
		p.Series = append(p.Series, figure.Line("measured", measuredX, y).As("circle").In(figure.Ink))
		f.Panels = append(f.Panels, p)
	}
	return f
}

// StaircaseFigure draws test errors of XOR against the step, and the hitting time against d.
func StaircaseFigure(ds []int, curves [][]float64, hitD, hits, low, high []float64) figure.Figure {
	left := figure.Panel{Title: "error along training", X: figure.Axis{Name: "step t"}, Y: figure.Axis{Name: "test error", Min: figure.At(0)}}
	for i, d := range ds {
		left.Series = append(left.Series, figure.Line(fmt.Sprintf("d = %d", d), numbers(len(curves[i])), curves[i]).In(i+1).As([]string{"circle", "square", "triangle", "diamond", "star"}[i%5]))
	}
	var stairsX, stairs []float64
	for x := hitD[0]; x <= hitD[len(hitD)-1]*1.0001; x *= math.Pow(2, 1./16) {
		stairsX, stairs = append(stairsX, x), append(stairs, math.Ceil(math.Log2(x)-1e-9))
	}
	right := figure.Panel{Title: "steps until 1 % error", X: figure.Axis{Name: "dimension d", Log: true}, Y: figure.Axis{Name: "steps", Min: figure.At(0)},
		Series: []figure.Series{figure.Line("⌈log₂ d⌉", stairsX, stairs).In(figure.Ink), figure.Line("mean of seeds", hitD, hits).As("circle").In(1),
			figure.Line("fewest", hitD, low).In(2).Dashed(3), figure.Line("most", hitD, high).In(3).Dashed(4)}}
	return figure.Figure{ID: "staircase", Title: "Learned in a logarithm of steps", Panels: []figure.Panel{left, right},
		Caption: "Left: the error stays near a half for some steps and then drops within two; doubling $d$ moves the drop by about half a step. Right: the first step with an error below 1 %, never above the staircase $\\lceil\\log_2 d\\rceil$ for $d\\ge16$.",
		Alt:     "Left, five curves of test error against the step, level near one half and then dropping to zero, later for larger dimension. Right, a staircase on a logarithmic axis with the measured number of steps below it."}
}

// EtaFigure draws the error against the step size.
func EtaFigure(eta, errs []float64) figure.Figure {
	return figure.Figure{ID: "eta", Title: "The size of a step",
		Caption: "Test error at $d=64$ after six steps, means of ten seeds. A step of the size of the width is where XOR is learned; an eighth of it is the lazy regime and learns nothing, four times it overshoots. The bottom is flat from 1 to 1.4.",
		Alt:     "A valley on logarithmic axes: the test error is near one half for small and for large steps, and lowest near a step of the size of the width.",
		Panels: []figure.Panel{{X: figure.Axis{Name: "η/m", Log: true}, Y: figure.Axis{Name: "test error", Log: true, Min: figure.At(1e-4)},
			Series: []figure.Series{figure.Line("d = 64 after 6 steps", eta, floor(errs, 1e-4)).As("square")},
			Marks:  []figure.Mark{figure.VLine(1, "η = m")}}}}
}

// BatchFigure draws the error against the batch, in units of d.
func BatchFigure(batch []float64, errs [][]float64, ds []int, level float64) figure.Figure {
	p := figure.Panel{X: figure.Axis{Name: "examples of a batch over d", Log: true}, Y: figure.Axis{Name: "test error", Log: true, Min: figure.At(1e-4)}, Marks: []figure.Mark{figure.HLine(level, "2 %")}}
	for i, d := range ds {
		p.Series = append(p.Series, figure.Line(fmt.Sprintf("d = %d", d), batch, floor(errs[i], 1e-4)).In(i+1).As([]string{"circle", "square", "triangle", "diamond"}[i%4]))
	}
	return figure.Figure{ID: "batch", Title: "The size of a batch", Panels: []figure.Panel{p},
		Caption: "Test error after $\\lceil\\log_2d\\rceil$ steps, means of sixteen seeds. The curves for several $d$ fall together when the batch is counted in units of $d$: linear sample complexity.",
		Alt:     "Four falling curves of the test error against the batch divided by the dimension, close to each other."}
}

// KernelFigure draws the kernel's error and that of the network against the number of examples.
func KernelFigure(ds []int, curves []*KernelCurve) figure.Figure {
	p := figure.Panel{X: figure.Axis{Name: "examples in all", Log: true}, Y: figure.Axis{Name: "test error", Min: figure.At(0)}}
	for i, d := range ds {
		p.Series = append(p.Series, figure.Line(fmt.Sprintf("kernel, d = %d", d), curves[i].N, curves[i].Errors).In(i+1).Dashed(1).As("circle"))
		N := float64(generalization.PairFeatures(d))
		p.Marks = append(p.Marks, figure.VLine(N, fmt.Sprintf("N = %.0f", N)))
	}
	for i, d := range ds {
		p.Series = append(p.Series, figure.Line(fmt.Sprintf("network, d = %d", d), curves[i].NetN, curves[i].NetErrors).In(i+1).Dashed(3).As("square"))
	}
	return figure.Figure{ID: "kernel", Title: "What the kernel needs", Panels: []figure.Panel{p},
		Caption: "The tangent kernel of the same network has $N=1+d(d-1)/2$ features, and its interpolant is right everywhere at the latest when the examples determine them (vertical lines), which takes about $d^2/2$. The network needs a multiple of $d\\log d$: more than the kernel at these small $d$, and with a smaller slope.",
		Alt:     "Falling curves of test error against the number of examples. Those of the kernel reach zero just before a vertical line each, whose position grows like the square of the dimension; those of the network lie to the right, closer to each other."}
}

// NeuronTurns are the neurons in the plane of ⟨w, u_+⟩ and ⟨w, u_-⟩ after each step.
func NeuronTurns(states [][][4]float64) []figure.Turn {
	var turns []figure.Turn
	for t, s := range states {
		var x, y [2][]float64
		for _, v := range s {
			k := 0
			if v[0] < 0 {
				k = 1
			}
			x[k], y[k] = append(x[k], v[1]), append(y[k], v[2])
		}
		turns = append(turns, figure.Turn{Label: fmt.Sprintf("step %d: error %.3f", t, s[0][3]), Series: []figure.Series{
			figure.Points("neurons with a = +1", x[0], y[0]).In(1).As("circle"), figure.Points("neurons with a = −1", x[1], y[1]).In(2).As("diamond")}})
	}
	return turns
}

// IdeaFigure is the theorem in one picture: a bound that falls with n and rises with T, the gap below it, and no width in either.
func IdeaFigure(c *Curves) figure.Figure {
	const least = 1e-3
	var names []string
	for _, n := range c.N {
		names = append(names, fmt.Sprint(n))
	}
	x := numbers(len(c.N))
	log := func(y []float64) []float64 { return Over(floor(y, least), math.Log10) }
	shapes := [2]string{"circle", "square"}
	var turns []figure.Turn
	for k, T := range c.T {
		var series []figure.Series
		for i, m := range c.Widths {
			bound := figure.Line(fmt.Sprintf("bound, m = %d", m), x, log(c.Bound[i][k])).In(3).As(shapes[i%2])
			gap := figure.Line(fmt.Sprintf("gap, m = %d", m), x, log(c.Gap[i][k])).In(4).As(shapes[i%2])
			if i > 0 {
				bound, gap = bound.Dashed(2), gap.Dashed(2)
			}
			series = append(series, bound, gap)
		}
		turns = append(turns, figure.Turn{Label: fmt.Sprintf("T = %d steps", T), Series: series})
	}
	return figure.Figure{ID: "idea", Title: "A bound with no width in it",
		Caption: fmt.Sprintf("The gap between test and training loss of networks trained on $n$ examples for $T$ steps, and the bound that the training losses alone give, $2L_\\Phi^2\\frac{\\eta}{n}\\sum_{t<T}\\hat F(w_t)$. Move the slider along training: both rise. At every $T$ the bound falls with $n$, and the gap stays below it. Networks of width %d and of width %d nearly lie on the same lines. Gaps below $10^{-3}$ are drawn at the lower edge.", c.Widths[0], c.Widths[len(c.Widths)-1]),
		Alt:     "Two pairs of falling lines against the number of examples, a pair for each of two widths: the bound above, the gap below. The lines of the two widths nearly coincide. A slider moves through training, along which all rise.",
		Panels: []figure.Panel{{X: figure.Axis{Name: "examples n", Categories: names}, Y: figure.Axis{Name: "log₁₀ of nats", Min: figure.At(math.Log10(least)), Max: figure.At(1)},
			Turns: turns}}}
}

// NeuronFigure is XOR as a picture of its neurons, step by step.
func NeuronFigure(states [][][4]float64) figure.Figure {
	reach := 0.0 // of all steps, so that the axes stand still
	for _, s := range states {
		for _, v := range s {
			reach = math.Max(reach, 1.1*math.Max(math.Abs(v[1]), math.Abs(v[2])))
		}
	}
	axis := func(name string) figure.Axis {
		return figure.Axis{Name: name, Min: figure.At(-reach), Max: figure.At(reach)}
	}
	return figure.Figure{ID: "neurons", Title: "Doubled and removed",
		Caption: "Each point is a neuron, by its components along $u_+$ and $u_-$. Until the examples are fitted, each step of size $\\eta=m$ doubles the one and removes the other, up to noise, and for neurons of opposite sign the other way round: a cloud becomes a cross. Move the slider.",
		Alt:     "A cloud of points of two kinds in the plane that stretches, step by step, into a cross along the two axes.",
		Panels:  []figure.Panel{{X: axis(`$\langle w_j,u_+\rangle$`), Y: axis(`$\langle w_j,u_-\rangle$`), Equal: true, Turns: NeuronTurns(states), Open: len(states) / 2}}}
}
