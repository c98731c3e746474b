package study

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/geometry"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/rate"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// heat is a panel of a matrix.
func heat(title string, A *mat.Dense, rows, cols []string, x, y, scale string) figure.Panel {
	return figure.Panel{Title: title, X: figure.Axis{Name: x}, Y: figure.Axis{Name: y},
		Heat: &figure.Heat{Rows: rows, Cols: cols, Values: Rows(A), Scale: scale, Diverging: true}}
}

// DecompositionFigure is the theorem in one picture: trained logits, and the two parts that
// they are the sum of.
func DecompositionFigure(s *softlabel.Labels, f *geometry.Factors, mm *mat.Dense) figure.Figure {
	L, lin := Centred(f.L()), s.Lin()
	R := Growth(L, mm)
	both := matrix.Add(lin, R, mm)
	words, contexts := Numbers(s.V), Numbers(len(s.S))
	panel := func(title string, A *mat.Dense) figure.Panel {
		return heat(title, A, words, contexts, "context", "word", "logit")
	}
	return figure.Figure{ID: "idea", Title: "Sparse plus low rank", Columns: 4,
		Panels: []figure.Panel{heat("S: what can follow", s.SupportMatrix(), words, contexts, "context", "word", "entry"),
			panel("trained logits L", L), panel("L^{in}: probabilities", lin), panel("R L^{mm}: supports", Scaled(mm, R))},
		Caption: fmt.Sprintf("Six words, seven contexts. Logits trained down to λ = 10⁻⁶ are the sum of two parts, to within %.0f %% of their norm: $L^{\\mathrm{in}}$, which is finite, "+
			"vanishes where S does, and holds the probabilities; and $R=%.1f$ times $L^{\\mathrm{mm}}$, which S alone decides. Contexts 0 and 1 allow the same words: their columns differ in the first part only.",
			100*Relative(both, L), R),
		Alt: "Four heat-maps of six words by seven contexts: zeros and ones; trained logits; their sparse part, with few entries; and their low-rank part, which has the pattern of the first."}
}

// MatrixFigure shows the support matrix beside the two objects made from it.
func MatrixFigure(s *softlabel.Labels) figure.Figure {
	mm := Lmm(s.Pattern)
	least, proxy := matrix.Nuclear(mm), matrix.Nuclear(s.Proxy())
	panel := func(title string, A *mat.Dense) figure.Panel {
		return heat(title, A, s.Words, Numbers(len(s.S)), "context", "word", "entry")
	}
	return figure.Figure{ID: "matrices", Title: "Support matrix, proxy, max-margin logits", Columns: 3,
		Panels: []figure.Panel{panel("S", s.SupportMatrix()), panel("S̃", s.Proxy()), panel("L^{mm}", mm)},
		Caption: fmt.Sprintf("The 31 words and 16 contexts of sentences. Where S̃ is flat off the supports, $L^{\\mathrm{mm}}$ is not: it "+
			"pushes some words further down where that lowers the nuclear norm, from %.3f to %.3f, by %.2f %%.", proxy, least, 100*(proxy/least-1)),
		Alt: "Three heat-maps of 31 words by 16 contexts: zeros and ones, the same with centred " +
			"columns, and the max-margin logits, which look like the second with small differences."}
}

// DimensionFigure shows what a smaller dimension costs.
func DimensionFigure(p *Paths, best *convex.NuclearMinimum) figure.Figure {
	var d, first, second []float64
	for i, f := range p.Ends {
		over := math.Max(1e-9, (f.Objective-p.Labels[Main].Entropy())/best.Primal-1)
		if p.Starts[i] == 0 {
			d, first = append(d, float64(p.Dims[i])), append(first, over)
		} else {
			second = append(second, over)
		}
	}
	return figure.Figure{ID: "dimension", Title: "How many dimensions are enough", Panels: []figure.Panel{{
		X: figure.Axis{Name: "embedding dimension d", Log: true}, Y: figure.Axis{Name: "objective over the convex optimum, minus 1", Log: true},
		Series: []figure.Series{figure.Line("first start", d, first).As("circle"), figure.Line("second start", d, second).As("square")},
		Marks:  []figure.Mark{figure.VLine(float64(best.Rank), "rank")}}},
		Caption: fmt.Sprintf("At λ = 10⁻³ the convex optimum has rank %d. From there on every start ends on it (values below 10⁻⁹ are drawn there); "+
			"with one dimension less the objective is higher.", best.Rank),
		Alt: "Relative excess of the objective against the dimension on logarithmic axes: tens of per cent at four, falling to nothing at the rank of the convex optimum."}
}

// DirectionFigure draws the excess along Lmm and along directions turned away from it.
func DirectionFigure(s *softlabel.Labels, mm, random *mat.Dense) figure.Figure {
	R := rate.Grid(0, 40, 41)
	p := figure.Panel{X: figure.Axis{Name: "R"}, Y: figure.Axis{Name: "CE − H, nats", Log: true}}
	for _, t := range []float64{0, 0.1, 0.25, 0.5} {
		D := Turned(s, mm, random, t)
		margin, _ := s.Margins(D)
		var y []float64
		for _, r := range R {
			y = append(y, s.Excess(matrix.Add(s.Lin(), r, D)))
		}
		p.Series = append(p.Series, figure.Line(fmt.Sprintf("margin %.2f", margin), R, y))
	}
	return figure.Figure{ID: "directions", Title: "The excess along directions of one nuclear norm", Panels: []figure.Panel{p},
		Caption: "$L^{\\mathrm{mm}}$, with margin one, and three directions turned away from it at the same nuclear norm. Each falls at the rate of its least margin.",
		Alt:     "Excess on a logarithmic axis against R: four straight lines, the steepest that of the max-margin logits."}
}

// PathFigure shows the path on three data sets of the same supports.
func PathFigure(paths *Paths) figure.Figure {
	mm := Lmm(softlabel.Recorded())
	x := figure.Axis{Name: "1/λ", Log: true}
	p := []figure.Panel{
		{Title: "loss", X: x, Y: figure.Axis{Name: "CE − H, nats", Log: true}},
		{Title: "growth", X: x, Y: figure.Axis{Name: "R"}},
		{Title: "sparse part", X: x, Y: figure.Axis{Name: "‖P_F L − L^{in}‖/‖L^{in}‖", Log: true}},
		{Title: "direction", X: x, Y: figure.Axis{Name: "1 − cosine with L^{mm}", Log: true}},
	}
	for k, name := range paths.Names {
		s := paths.Labels[k]
		inverse, columns := []float64{}, make([][]float64, 4)
		for _, f := range paths.Nonzero(k) {
			L := f.L()
			inverse = append(inverse, 1/f.Lambda)
			for i, v := range []float64{f.Excess, Growth(L, mm),
				s.FiniteError(L) / matrix.Norm(s.Lin()), 1 - matrix.Corr(L, mm)} {
				columns[i] = append(columns[i], v)
			}
		}
		for i, column := range columns {
			p[i].Series = append(p[i].Series, figure.Line(name, inverse, column).As("circle"))
		}
	}
	p[0].Marks = []figure.Mark{figure.Guide("order λ", 1e4, 1e7, matrix.Nuclear(mm)/1e4/30, -1)}
	p[1].Marks = []figure.Mark{figure.Guide("one for every factor e", 1e4, 1e7, 5.5, 1)}
	p[2].Marks = []figure.Mark{figure.Guide("order λ", 1e4, 1e7, 2e-4, -1)}
	return figure.Figure{ID: "lambda-path", Title: "The path of vanishing regularization", Panels: p,
		Caption: "Three sets of probabilities on the same supports. The loss, the growth of R and the sparse part " +
			"follow the laws of the theorem; the direction is the last to arrive, later where probabilities are skewed.",
		Alt: "Four panels against one over lambda: the excess falls along a line of slope minus one, R grows by one " +
			"for every factor e, the error of the sparse part falls proportionally to lambda, and one minus the cosine with Lmm falls slowly."}
}

// ExactFigure draws how often the proxy of random patterns is certified.
func ExactFigure(c geometry.ExactConfig, fractions [][]float64) figure.Figure {
	var m []float64
	for _, x := range c.M {
		m = append(m, float64(x)/float64(c.V))
	}
	p := figure.Panel{X: figure.Axis{Name: "contexts per word, m/V", Log: true},
		Y: figure.Axis{Name: "fraction exact", Min: figure.At(0), Max: figure.At(1)}}
	for i, k := range c.K {
		p.Series = append(p.Series, figure.Line(fmt.Sprintf("k = %d", k), m, fractions[i]).As("circle"))
	}
	return figure.Figure{ID: "exactness", Title: "When the proxy is the answer", Panels: []figure.Panel{p},
		Caption: fmt.Sprintf("V = %d, %d random patterns a point. One word a context: always exact. With several, exactness is lost "+
			"for about one context a word and returns for every k when contexts are many times the words.", c.V, c.Draws),
		Alt: "Fraction of patterns for which the proxy is exact, against contexts per word, for supports of one to five " +
			"words: constant one for one word, otherwise a dip near one context a word and a rise to one by ten."}
}

// ExcessFigure draws the distribution of the excess over kinds of patterns and its growth
// with the number of words, beside the data sets and the novel.
func ExcessFigure(survey map[string][]Excess, growing []Sized, named []Excess) figure.Figure {
	y := figure.Axis{Name: "excess of ‖S̃‖_* over ‖L^{mm}‖_*, per cent", Min: figure.At(0)}
	small := figure.Panel{Title: "up to 20 words", X: figure.Axis{Name: "share of the patterns of a kind", Min: figure.At(0), Max: figure.At(1)}, Y: y}
	for _, kind := range Kinds {
		var x, over []float64
		list := Overs(survey[kind])
		for i, o := range list {
			x, over = append(x, (float64(i)+0.5)/float64(len(list))), append(over, 100*math.Max(0, o))
		}
		small.Series = append(small.Series, figure.Line(kind, x, over))
	}
	large := figure.Panel{Title: "as many contexts as words", X: figure.Axis{Name: "words V", Log: true, Min: figure.At(10), Max: figure.At(400)}, Y: y}
	var V, mean []float64
	for _, g := range growing {
		V, mean = append(V, float64(g.V)), append(mean, 100*g.Mean)
	}
	large.Series = append(large.Series, figure.Line("mean, mixed sizes, Zipf", V, mean).As("circle"))
	for _, e := range named {
		large.Series = append(large.Series, figure.Points("data sets and novel", []float64{float64(e.V)}, []float64{100 * e.Over}).Tagged(e.Name).As("square"))
	}
	return figure.Figure{ID: "excess", Title: "How much the proxy costs", Panels: []figure.Panel{small, large}, ShareY: true,
		Caption: fmt.Sprintf("Left: random patterns, those of each kind in the order of their excess (%d a kind). With supports of one size most are exact; mixed sizes cost more. "+
			"Right: the cost grows with the number of words. The novel is no exception among patterns of its size.", len(survey[Kinds[0]])),
		Alt: "Left, four curves of the excess, sorted, rising from zero to a few per cent at their right end. Right, the mean excess rising with the number of words from about two to about six per cent; the novel lies near the end of the curve, the data sets far below."}
}

// CollapseFigure draws the lengths, differences and angles of twins against R, along a
// path and far out on two rays.
func CollapseFigure(path, ray, wide []Pair) figure.Figure {
	x := figure.Axis{Name: "R", Log: true}
	p := []figure.Panel{
		{Title: "length", X: x, Y: figure.Axis{Name: "‖h_i‖", Log: true}},
		{Title: "difference", X: x, Y: figure.Axis{Name: "‖h_i − h_j‖", Log: true}},
		{Title: "angle", X: x, Y: figure.Axis{Name: "1 − cos(h_i, h_j)", Log: true}},
	}
	for i, f := range []func(Pair) float64{Length, Apart, Angle} {
		for _, s := range []struct {
			name string
			list []Pair
		}{{"path, rank of L^{mm}", path}, {"ray, rank of L^{mm}", ray}, {"ray, larger rank", wide}} {
			p[i].Series = append(p[i].Series, figure.Line(s.name, Values(s.list, func(p Pair) float64 { return p.R }), Values(s.list, f)).As("circle"))
		}
	}
	p[0].Marks = []figure.Mark{figure.Guide("R^{1/2}", 1e3, 1e6, 1.2, 0.5)}
	p[1].Marks = []figure.Mark{figure.Guide("R^{−1/2}", 1e2, 1e4, 0.03, -0.5)}
	p[2].Marks = []figure.Mark{figure.Guide("R^{−2}", 1e2, 1e4, 1e-5, -2), figure.Guide("R^{−1}", 1e2, 1e4, 6e-2, -1)}
	return figure.Figure{ID: "collapse", Title: "Two laws of collapse", Panels: p, Columns: 3,
		Caption: "Twins: contexts of one support. Where the logits have the rank of $L^{\\mathrm{mm}}$, lengths grow like $R^{1/2}$, differences fall like $R^{-1/2}$ and 1 − cos like $R^{-2}$, " +
			"on the regularization path already at R of ten. On the ray $L^{\\mathrm{in}}+RL^{\\mathrm{mm}}$ of sentences the sparse part has a rank of its own: the difference stays, and 1 − cos falls like $R^{-1}$.",
		Alt: "Three panels on logarithmic axes against R. Lengths rise with slope one half in all cases. Differences fall with slope minus one half in two cases and stay constant in the third. One minus the cosine falls with slope minus two in two cases and minus one in the third."}
}
