package study

import (
	"fmt"
	"math/rand/v2"

	"github.com/marginalia-ml/marginalia/pkg/capacity"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/rate"
)

// Idea is the two bounds at work: ranks of one small model on up to 24 contexts, and errors of random features on 32 contexts.
func Idea(ranks, widths *rand.Rand) (figure.Figure, error) {
	r, err := MeasureRank(capacity.Config{Zeta: 4, T: 3, D: 2, M: 4, D1: 1, D0: 2, Heads: 1}, capacity.Tanh, 1, ranks)
	if err != nil {
		return figure.Figure{}, err
	}
	var n, m []int
	for i := 1; i <= 24; i++ {
		n = append(n, i)
	}
	task, err := capacity.NewTask(10, 6, 32, widths)
	if err != nil {
		return figure.Figure{}, err
	}
	var errors []float64
	for width := 26; width <= 38; width++ {
		p, err := Features(task, width, capacity.GELU, FloatError, widths)
		if err != nil {
			return figure.Figure{}, err
		}
		m, errors = append(m, width), append(errors, task.Error(p.Logits))
	}
	return IdeaFigure(r, n, r.Staircase(n), 32, m, errors), nil
}

// IdeaFigure draws the two bounds of one small model each: the rank of the derivative that
// stays behind the equations from k/(ζ−1) contexts on, and the error that drops once there are
// as many neurons as contexts.
func IdeaFigure(r *Rank, n, ranks []int, contexts int, m []int, errors []float64) figure.Figure {
	left := rankPanel(r.Config, n, ranks)
	left.Title = "from above: too few dimensions"
	left.Marks = append(left.Marks[1:], figure.VLine(capacity.Upper(r.Config.Params(), r.Config.Zeta), "$k/(\\zeta-1)$"))
	right := errorPanel(contexts, m, errors)
	right.Title = "from below: a neuron for each context"
	return figure.Figure{
		ID: "idea", Title: "Why the capacity lies between $m$ and $k/(\\zeta-1)$", Panels: []figure.Panel{left, right},
		Caption: fmt.Sprintf("Left: $n$ contexts with targets are $n(\\zeta-1)$ equations, and a model with $k=%d$ parameters can move in at most $k$ directions. "+
			"The rank of its derivative leaves the grey line before that line reaches $k$: beyond $k/(\\zeta-1)$ contexts almost all targets are out of reach. "+
			"Right: a transformer whose parameters are random but for the output matrix. With %d contexts its distributions $h$ miss the targets $y$ until it has %d neurons, and then hit them all to round-off.",
			r.Config.Params(), contexts, contexts),
		Alt: "Two panels. Left, the rank of the derivative rises with the number of contexts along a grey line and then stays level below a line k. " +
			"Right, the error against the number of neurons stays near a tenth and drops by many orders of magnitude where they are as many as the contexts.",
	}
}

func rankPanel(c capacity.Config, n, ranks []int) figure.Panel {
	top := min(float64(n[len(n)-1]), 1.15*float64(c.Params())/float64(c.Zeta-1))
	return figure.Panel{
		Title: fmt.Sprintf("ζ = %d, d = %d, d_0 = %d, m = %d, m_0 = %d", c.Zeta, c.D, c.D0, c.M, c.Heads),
		X:     figure.Axis{Name: "contexts $n$"}, Y: figure.Axis{Name: "rank"},
		Series: []figure.Series{
			figure.Line("rank of the derivative", Numbers(n), Numbers(ranks)).As("circle"),
			figure.Segment("$n(\\zeta-1)$", 0, 0, top, top*float64(c.Zeta-1)).In(figure.Ink).Dashed(3),
		},
		Marks: []figure.Mark{
			figure.HLine(float64(c.Dimensions()), fmt.Sprintf("$k_{\\mathrm{eff}}=%d$", c.Dimensions())),
			figure.HLine(float64(c.Params()), fmt.Sprintf("$k=%d$", c.Params())),
		},
	}
}

// StaircaseFigure draws ranks against the number of contexts for several models.
func StaircaseFigure(models []*Rank, n []int, ranks [][]int) figure.Figure {
	f := figure.Figure{
		ID: "staircase", Title: "Rank of the derivative",
		Caption: "Each further context adds $\\zeta-1$ dimensions, on the grey line, until the rank meets $k_{\\mathrm{eff}}$, below $k$. Beyond, " +
			"the image of $\\theta$ has measure zero among all targets. The upper right model leaves the line before: fewer than $\\zeta-1$ neurons make logits of rank $m$ only. " +
			"The lower two models have $d_0>d$: values of more dimensions than the embedding has add parameters, and no rank.",
		Alt: "Panels of rank against number of contexts: each rises along the line n(ζ−1) and then stays " +
			"at the height k_eff, below the height k.",
	}
	for i, r := range models {
		f.Panels = append(f.Panels, rankPanel(r.Config, n, ranks[i]))
	}
	return f
}

// LanguageFigure draws the probabilities q of all sequences of a language as nested
// intervals: a level for each length.
func LanguageFigure(q *capacity.Language, zeta, levels int) figure.Figure {
	p := figure.Panel{
		X: figure.Axis{Name: "cylinders, side by side", Min: figure.At(0), Max: figure.At(1)},
		Y: figure.Axis{Name: "length $t$", Min: figure.At(-0.3), Max: figure.At(float64(levels) + 0.3)}, Ratio: 2.6,
	}
	p.Series = append(p.Series, figure.Segment("$q=1$", 0, 0, 1, 0).In(figure.Ink).Sized(6).Unlisted())
	starts := []float64{0}
	for t := 1; t <= levels; t++ {
		var next []float64
		for i, v := range q.At[t] {
			parent := i / zeta
			at := starts[parent]
			if i%zeta > 0 {
				at = next[i-1] + q.At[t][i-1]
			}
			next = append(next, at)
			if v > 0 {
				p.Series = append(p.Series, figure.Segment(fmt.Sprintf("token %d", i%zeta+1), at, float64(t), at+v, float64(t)).In(i%zeta+1).Dashed(1).Sized(6))
			}
		}
		starts = next
	}
	return figure.Figure{
		ID: "language", Title: "A language as nested intervals", Panels: []figure.Panel{p},
		Caption: "Each sequence of $t$ tokens is an interval of length $q$, inside that of its beginning; the share that it has of it is the conditional $p$. " +
			"A token that cannot follow has the length 0 and is not seen. The lengths of each row add up to 1: a measure on infinite sequences.",
		Alt: "Rows of coloured intervals, one row for each length from zero to three; every row divides the intervals of the row below it.",
	}
}

// ExcessFigure draws the excess of models that reach interior targets against ε.
func ExcessFigure(s Interior) figure.Figure {
	return figure.Figure{
		ID: "excess", Title: "Towards the boundary of the simplex",
		Panels: []figure.Panel{{
			X: figure.Axis{Name: "$\\varepsilon$", Log: true}, Y: figure.Axis{Name: "$L(h)-L(\\hat p)$, nats", Log: true},
			Series: []figure.Series{
				figure.Line("as many neurons as contexts", s.Eps, s.Excess).As("circle"),
				figure.Line("one neuron fewer", s.Eps, s.Short).As("triangle"),
				figure.Line("bound of the proof", s.Eps, s.Bound).In(figure.Ink).Dashed(3),
			},
		}},
		Caption: "Targets $(1-\\varepsilon)\\hat p+\\varepsilon/\\zeta$ are inside the simplex and are reached; the loss of the model that reaches them exceeds the entropy bound by less than the grey line. " +
			"One neuron fewer misses a context, and its excess does not fall with $\\varepsilon$.",
		Alt: "Two straight parallel lines rising with epsilon on logarithmic axes, the excess just below the bound; the curve of one neuron fewer stays high.",
	}
}

// SizesFigure draws contexts of the corpus of Theorem 13 over the bound, against k.
func SizesFigure(list []Hard) figure.Figure {
	p := figure.Panel{X: figure.Axis{Name: "parameters $k$", Log: true}, Y: figure.Axis{Name: "contexts over the bound (T13)", Min: figure.At(0), Max: figure.At(1.05)},
		Marks: []figure.Mark{figure.HLine(1, "bound")}}
	for _, h := range list {
		k, over := h.Drawn()
		p.Series = append(p.Series, figure.Line(fmt.Sprintf("ζ = %d", h.Zeta), Numbers(k), over))
	}
	return figure.Figure{
		ID: "sizes", Title: "Contexts that Theorem 13 spends", Panels: []figure.Panel{p},
		Caption: "Drawn where $\\zeta-1$ divides $k$ and one more prefix is needed. Just behind a power of $\\zeta$ the prefixes need one more token, almost all shorter sequences occur, and the count comes up to the bound; just before it the shorter sequences are fewest.",
		Alt:     "Saw-toothed curves against k, one for each vocabulary, which come up to the line at height one and never pass it.",
	}
}

// GapFigure draws how far apart sequences are, by how many there are.
func GapFigure(study []capacity.DrawGaps, without []capacity.Gaps) figure.Figure {
	var count, attention, average, blind []float64
	for t := range without {
		count = append(count, float64(len(capacity.Sequences(3, t+1))))
		var a, b []float64
		for _, g := range study {
			a, b = append(a, g.Attention[t].Between), append(b, g.Average[t].Between)
		}
		attention, average = append(attention, Median(a)), append(average, Median(b))
		blind = append(blind, max(without[t].Between, 1e-20))
	}
	return figure.Figure{
		ID: "gaps", Title: "How far apart sequences are",
		Panels: []figure.Panel{{
			X: figure.Axis{Name: "sequences", Log: true},
			Y: figure.Axis{Name: "smallest gap of $f$", Log: true},
			Series: []figure.Series{
				figure.Line("attention", count, attention).As("circle"),
				figure.Line("averaging", count, average).As("square"),
				figure.Line("attention, $u=0$", count, blind).As("triangle"),
			},
			Marks: []figure.Mark{figure.HLine(0x1p-52, "round-off of float64")},
		}},
		Caption: "All sequences of one to $T=1,\\dots,7$ tokens out of three; median of the draws of $(z,u)$, 200 " +
			"bits. Gaps shrink about as fast as the number of pairs grows. Without positions they are zero " +
			"at once, as $f$ does not see how often a token is repeated: drawn at $10^{-20}$.",
		Alt: "Smallest gap against the number of sequences on logarithmic axes: attention and averaging fall " +
			"from about one to a millionth or less, well above the round-off of float64; without positions " +
			"the gap is zero from length two on.",
	}
}

// ColumnsFigure draws columns ψ(a b_j) as functions of a: two that are opposite for tanh, and
// the same after a shift.
func ColumnsFigure(shift float64) figure.Figure {
	a := rate.Grid(-2, 2, 81)
	panel := func(title string, eta float64) figure.Panel {
		p := figure.Panel{Title: title, X: figure.Axis{Name: "$a$"}, Y: figure.Axis{Name: "column $\\psi(ab_j+\\eta)$"}}
		for _, b := range []float64{1, -1, 2} {
			var y []float64
			for _, x := range a {
				y = append(y, capacity.Tanh.At(x*b+eta))
			}
			p.Series = append(p.Series, figure.Line(fmt.Sprintf("$b_j=%g$", b), a, y))
		}
		return p
	}
	return figure.Figure{
		ID: "columns", Title: "Columns of $\\psi(ab^\\top)$ as functions of $a$", ShareY: true,
		Panels: []figure.Panel{panel("tanh at 0", 0), panel(fmt.Sprintf("tanh at %g", shift), shift)},
		Caption: "Left: for $b=1$ and $b=-1$ the columns are each other's mirror image, whatever $a$ is: the rank is 2 and not 3. " +
			"Right: after a shift no combination of the three curves vanishes.",
		Alt: "Two panels of three curves. Left, two of them are mirror images in the horizontal axis; right, they are not.",
	}
}

// ArithmeticFigure draws the error of the scalar construction in two arithmetics.
func ArithmeticFigure(a Arithmetic, reach float64) figure.Figure {
	return figure.Figure{
		ID: "arithmetic", Title: "One feature, $n$ contexts, $n$ neurons",
		Panels: []figure.Panel{{
			X: figure.Axis{Name: "$n=m$"}, Y: figure.Axis{Name: "$\\max|h-y|$", Log: true},
			Series: []figure.Series{
				figure.Line("float64", Numbers(a.N), a.Float).As("circle"),
				figure.Line("200 bits", Numbers(a.N), a.Many).As("square"),
			},
			Marks: []figure.Mark{figure.HLine(reach, "asked for")},
		}},
		Caption: "The same construction in two arithmetics. Float64 loses all digits: with $d=1$ the " +
			"matrix $\\psi(wf^\\top)$ is nearly a Vandermonde matrix. The theorem is about exact numbers, and with " +
			"200 bits it shows.",
		Alt: "Error against n on a logarithmic axis: the float64 curve climbs towards one, the curve of " +
			"200 bits stays below ten to the minus thirty.",
	}
}

func errorPanel(n int, m []int, errors []float64) figure.Panel {
	return figure.Panel{
		X: figure.Axis{Name: "neurons $m$"}, Y: figure.Axis{Name: "$\\max|h-y|$", Log: true},
		Series: []figure.Series{figure.Line("random features, $V$ solved for", Numbers(m), errors).As("square")},
		Marks:  []figure.Mark{figure.VLine(float64(n), "$m=n$")},
	}
}

// ThresholdFigure draws the error against the number of neurons.
func ThresholdFigure(n int, m []int, errors []float64) figure.Figure {
	return figure.Figure{
		ID: "threshold", Title: fmt.Sprintf("$m$ neurons, %d contexts", n),
		Panels: []figure.Panel{errorPanel(n, m, errors)},
		Caption: "One neuron fewer than contexts, and the error is of the order of the probabilities; with as " +
			"many it drops to round-off.",
		Alt: "Error against the number of neurons: about a tenth up to one below n, then a drop by many orders of " +
			"magnitude at n, where it stays.",
	}
}

// RatioFigure draws (5) against ζ for a layer whose other sizes are fixed.
func RatioFigure(zetas []int, ratio, share []float64) figure.Figure {
	return figure.Figure{
		ID: "ratio", Title: "How far apart the bounds are",
		Panels: []figure.Panel{{
			X: figure.Axis{Name: "vocabulary $\\zeta$", Log: true}, Y: figure.Axis{Name: "ratio", Log: true},
			Series: []figure.Series{
				figure.Line("upper bound over lower bound", Numbers(zetas), ratio).As("circle"),
				figure.Line("one over the hidden layer's share", Numbers(zetas), share).As("square"),
			},
			Marks: []figure.Mark{figure.VLine(768, "$\\zeta=d$")},
		}},
		Caption: "One layer of GPT-2's smallest sizes with other vocabularies. The hidden layer holds most of the parameters throughout (lower curve), and yet " +
			"the bounds part as soon as the vocabulary is smaller than the embedding dimension: each neuron then has more parameters than a context has equations.",
		Alt: "Two curves against the vocabulary: the ratio of the bounds falls from hundreds towards one as the vocabulary passes 768; the other stays between one and two.",
	}
}

// PrecisionFigure draws the error against the bits of the parameters.
func PrecisionFigure(r Rounded) figure.Figure {
	return figure.Figure{
		ID: "precision", Title: "Rounded parameters",
		Panels: []figure.Panel{{
			X: figure.Axis{Name: "bits $p$ of the mantissa"}, Y: figure.Axis{Name: "$\\max|h-y|$", Log: true},
			Series: []figure.Series{
				figure.Line("all parameters rounded", Numbers(r.Bits), r.All).As("circle"),
				figure.Line("$W$ and $b$ kept at 16 bits", Numbers(r.Bits), r.Hidden).As("triangle"),
				figure.Line("first-order bound", Numbers(r.Bits), r.Bound).In(figure.Ink).Dashed(3),
			},
		}},
		Caption: "Each bit halves the error. How many bits a given error needs depends on the condition " +
			"of the hidden activations.",
		Alt: "Error against mantissa bits on a logarithmic axis: a straight line falling by a factor of two " +
			"a bit, under a parallel bound; with W and b kept at 16 bits a horizontal line.",
	}
}

// WidthFigure draws what searches of a width found.
func WidthFigure(n []int, least []float64, found [][]capacity.Width) figure.Figure {
	var counts, same []float64
	left := figure.Panel{
		X: figure.Axis{Name: "neurons $m$"}, Y: figure.Axis{Name: "total KL left, nats", Log: true},
		Marks: []figure.Mark{figure.HLine(capacity.ReachedKL, "reached")},
	}
	for i, size := range n {
		counts, same = append(counts, float64(Counted(size))), append(same, float64(size))
		var m, kl []float64
		for _, w := range found[i] {
			m, kl = append(m, float64(w.M)), append(kl, w.KL)
		}
		symbol := []string{"circle", "square", "triangle", "diamond", "star"}[i%5]
		left.Series = append(left.Series, figure.Line(fmt.Sprintf("n = %d", size), m, kl).As(symbol))
	}
	growth := "that width lies"
	if len(n) > 1 {
		growth = fmt.Sprintf("that width grows by %.2f neurons a context,", rate.Linear(Numbers(n), least).Slope)
	}
	return figure.Figure{
		ID: "widths", Title: "The width that training needs",
		Panels: []figure.Panel{left, {
			X: figure.Axis{Name: "contexts $n$", Min: figure.At(0)}, Y: figure.Axis{Name: "neurons $m$", Min: figure.At(0)},
			Series: []figure.Series{
				figure.Line("$m^\\star(n)$", Numbers(n), least).As("circle").In(5),
				figure.Line("dimension count", Numbers(n), counts).In(figure.Ink).Dashed(3),
				figure.Line("$m=n$", Numbers(n), same).In(figure.Ink).Dashed(5),
			},
		}},
		Caption: fmt.Sprintf("Left: the best of the starts; the divergence drops to round-off "+
			"within a neuron or two. Right: %s between the dimension "+
			"count and the lower bound's guarantee.", growth),
		Alt: "Left, divergence against neurons for several numbers of contexts: each curve stays near one and " +
			"then drops to round-off. Right, the width of the drop against n lies between two straight lines.",
	}
}
