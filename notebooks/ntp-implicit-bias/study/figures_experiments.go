package study

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/ntp"
)

// GeometryFigure draws the embeddings of the toy and the rows of its Wmm.
func GeometryFigure(in *ntp.Instance, mm *mat.Dense) figure.Figure {
	x, y := mat.Col(nil, 0, mm), mat.Col(nil, 1, mm)
	n := math.Hypot(x[2], y[2]) / 2 // the normal line of w_3 separates A from B and C
	rows := figure.Arrows("rows of Wmm", x, y).Tagged("w₁ = w₅", "w₂", "w₃", "w₄", "").In(2)
	h := figure.Points("embeddings h_j", in.H.RawRowView(0), in.H.RawRowView(1))
	h = h.Tagged("A", "B", "C").In(figure.Ink).Sized(12)
	normal := figure.Segment("normal line of w₃", -y[2]/n, x[2]/n, y[2]/n, -x[2]/n).In(3).Dashed(2)
	return figure.Figure{ID: "toy-geometry", Title: "Contexts and words of the toy", Panels: []figure.Panel{{
		Equal: true, Ratio: 1.2,
		X: figure.Axis{Name: "first coordinate"}, Y: figure.Axis{Name: "second coordinate"},
		Series: []figure.Series{rows, h, normal}}},
		Caption: "w₃ follows only A and points at it; its normal line has A on one side, B and C " +
			"on the other. Every other word lies in the cone of its two contexts, and is " +
			"longer where the cone is wider.",
		Alt: "Three embeddings A, B, C around the origin and four arrows, the rows of the " +
			"max-margin decoder; w3 points to A, the others lie between their two contexts."}
}

// MatricesFigure shows the data of the toy beside the two parts of the decoder.
func MatricesFigure(b *ntp.Bias) figure.Figure {
	panel := func(title, x, scale string, cols []string, A *mat.Dense) figure.Panel {
		heat := &figure.Heat{Rows: []string{"1", "2", "3", "4", "5"}, Cols: cols, Scale: scale, Print: true}
		for z := range heat.Rows {
			heat.Values = append(heat.Values, A.RawRowView(z))
		}
		return figure.Panel{Title: title, Ratio: 0.7,
			X: figure.Axis{Name: x}, Y: figure.Axis{Name: "word"}, Heat: heat}
	}
	P := panel("P", "context", "probability", []string{"A", "B", "C"}, b.In.P)
	for z := range P.Heat.Rows {
		var off []bool
		for j := range P.Heat.Cols {
			off = append(off, !b.In.Follows(z, j))
		}
		P.Heat.Hollow = append(P.Heat.Hollow, off)
	}
	mm := panel("rows of Wmm", "coordinate", "entry", []string{"1", "2"}, b.Wmm)
	star := panel("rows of W*", "coordinate", "entry", []string{"1", "2"}, b.Wstar)
	mm.Heat.Diverging, star.Heat.Diverging = true, true
	return figure.Figure{ID: "toy-matrices", Title: "Data, direction, limit", Columns: 3,
		Panels: []figure.Panel{P, mm, star},
		Caption: "Dark cells of P are words that never follow. Words 1 and 5 have the same " +
			"support and so the same row in Wmm; their probabilities differ, and so do " +
			"their rows in W*.",
		Alt: "Three heat-maps: the probabilities of five words after three contexts, the " +
			"rows of the max-margin decoder, and the rows of W star."}
}

// TargetsFigure draws the next-token distributions of some contexts.
func TargetsFigure(in *ntp.Instance, contexts []int) figure.Figure {
	f := figure.Figure{ID: "targets", Title: "Next-token distributions", Columns: 4, ShareY: true,
		Caption: "Six words of ten can follow each context; which, and how often, is random. The " +
			"zeros are what the theory is about.",
		Alt: "Bar charts of the next-token probabilities of eight contexts; in each four of " +
			"the ten words have no bar."}
	words := []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}
	for _, j := range contexts {
		f.Panels = append(f.Panels, figure.Panel{Title: fmt.Sprint("context ", j+1),
			X: figure.Axis{Name: "word", Categories: words}, Y: figure.Axis{Name: "probability"},
			Series: []figure.Series{figure.Bars("p_j", mat.Col(nil, j, in.P)).Unlisted()}})
	}
	return f
}

// DescentFigure is Figure 4 of the paper.
func DescentFigure(b *ntp.Bias, r *Runs) (figure.Figure, error) {
	run := r.At("gd").From(1)
	p, err := Panels(r, "gd")
	if err != nil {
		return figure.Figure{}, err
	}
	slope, end := matrix.Norm(b.Wmm), matrix.Norm(run.Last())
	p[1].Marks = []figure.Mark{
		figure.Guide("slope ‖Wmm‖ per factor e", 1e3, 1e6, end-3*math.Ln10*slope-3, slope),
	}
	at := run.At(10000)
	return figure.Figure{ID: "gradient-descent", Title: "Gradient descent (Figure 4)", Panels: p,
		Caption: fmt.Sprintf("The paper's run ends at k = 10⁴. The loss is then within %.4f nats of the "+
			"entropy, while the cosine with Wmm is only %.2f: the direction is the last to arrive.",
			b.In.Excess(at), b.Corr(at)),
		Alt: "Four panels against the step from 1 to a million: loss to entropy, norm " +
			"growing parallel to a line in log k, cosines approaching one slowly, relative " +
			"error on F falling."}, nil
}

// RidgeFigure draws the ridge path.
func RidgeFigure(b *ntp.Bias, path []ntp.RidgePoint) figure.Figure {
	var x, excess, norm, corr, finite []float64
	for _, p := range path {
		x, excess, norm = append(x, 1/p.Lambda), append(excess, p.Excess), append(norm, p.Norm)
		corr, finite = append(corr, b.Corr(p.W)), append(finite, b.ErrF(p.W))
	}
	panel := func(title, y string, log bool, v []float64, marks ...figure.Mark) figure.Panel {
		return figure.Panel{Title: title, Marks: marks,
			X: figure.Axis{Name: "1/λ", Log: true}, Y: figure.Axis{Name: y, Log: log},
			Series: []figure.Series{figure.Line("ridge path", x, v).As("circle").Unlisted()}}
	}
	return figure.Figure{ID: "ridge-path", Title: "The ridge path", Panels: []figure.Panel{
		panel("loss", "CE − H, nats", true, excess),
		panel("norm", "B = ‖Ŵ‖", false, norm),
		panel("direction", "cosine with Wmm", false, corr, figure.HLine(1, "Theorem 1")),
		panel("finite part", "‖P_F Ŵ − W*‖", true, finite)},
		Caption: "Regularisation takes the place of early stopping: the curves are those of " +
			"gradient descent, with 1/λ for k.",
		Alt: "Four panels against one over lambda: loss falling, norm growing " +
			"logarithmically, cosine approaching one, error on F falling."}
}

// EntropiesFigure draws the conditional entropies of texts.
func EntropiesFigure(series []figure.Series) figure.Figure {
	return figure.Figure{ID: "entropies", Title: "Entropy of the next word", Panels: []figure.Panel{{Ratio: 2.4,
		X: figure.Axis{Name: "words of context, t"}, Y: figure.Axis{Name: "H_t, nats", Min: figure.At(0)},
		Series: series}},
		Caption: "The 199 most frequent words and a sign for all others. The entropy falls with " +
			"the length of the context, as it must; that it falls so far is the shortness " +
			"of the texts, in which most long contexts occur once.",
		Alt: "Conditional entropy of the next word against context length for two English " +
			"texts: both curves fall."}
}
