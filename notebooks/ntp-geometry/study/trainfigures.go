package study

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/geometry"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// TrainingFigure draws the four curves over training.
func TrainingFigure(runs []Run) figure.Figure {
	k := figure.Axis{Name: "step", Log: true}
	p := []figure.Panel{
		{Title: "loss", X: k, Y: figure.Axis{Name: "CE − H, nats", Log: true}},
		{Title: "norms", X: k, Y: figure.Axis{Name: "‖L‖", Log: true}},
		{Title: "sparse part", X: k, Y: figure.Axis{Name: "‖P_F L − L^{in}‖", Log: true}},
		{Title: "words and contexts", X: k, Y: figure.Axis{Name: "mean of SIM W, SIM H"}},
	}
	for i, r := range runs {
		for q, f := range []func(geometry.Metrics) float64{
			func(s geometry.Metrics) float64 { return s.Excess }, func(s geometry.Metrics) float64 { return s.L },
			func(s geometry.Metrics) float64 { return s.Finite }, func(s geometry.Metrics) float64 { return (s.SimW + s.SimH) / 2 },
		} {
			x, y := r.Column(f)
			p[q].Series = append(p[q].Series, figure.Line(r.Name, x, y).In(i+1).Dashed(i+1))
		}
	}
	end := Named(runs, "network").End()
	return figure.Figure{ID: "training", Title: "Training", Panels: p,
		Caption: fmt.Sprintf("A network that reads words follows the same four curves as embeddings that are free: after %d "+
			"steps its words and contexts are at SIM %.3f and %.3f from those of $L^{\\mathrm{mm}}$. Penalties hold the loss of ridge and big above zero; without one it goes on falling.", end.Step, end.SimW, end.SimH),
		Alt: "Four panels against the step for five runs: the excess falls by orders of magnitude, norms grow, the error of the " +
			"sparse part falls, and the similarity of angles to those of the max-margin logits rises towards one."}
}

// Source is where the embeddings of a heat-map come from.
type Source struct {
	Name string
	W, H *mat.Dense
}

// Sources are the embeddings that E2 puts side by side.
func Sources(runs []Run, s *softlabel.Labels) []Source {
	ridge, net := Named(runs, "ridge").Last(), Named(runs, "network").Last()
	mm, proxy := Of(Lmm(s.Pattern)), Of(s.Proxy())
	return []Source{{"free embeddings", ridge.W, ridge.H}, {"network", net.W, net.H},
		{"L^{mm}", mm.W(), mm.H()}, {"proxy", proxy.W(), proxy.H()}}
}

// heats draws f of the given sources on one scale from -1 to 1.
func heats(list []Source, f func(Source) [][]float64, rows, cols []string, x, y, scale string) (p []figure.Panel) {
	for _, s := range list {
		p = append(p, figure.Panel{Title: s.Name, X: figure.Axis{Name: x}, Y: figure.Axis{Name: y}, Heat: &figure.Heat{
			Rows: rows, Cols: cols, Values: f(s), Scale: scale, Diverging: true,
			Low: figure.At(-1), High: figure.At(1)}})
	}
	return p
}

// ContextFigure shows the cosines of contexts.
func ContextFigure(list []Source) figure.Figure {
	f := func(s Source) [][]float64 { return Rows(geometry.ColumnCosines(s.H)) }
	return figure.Figure{ID: "contexts", Title: "Cosines of contexts", Columns: 4,
		Panels: heats(list, f, Numbers(16), Numbers(16), "context", "context", "cosine"),
		Caption: "Contexts 0 and 1, 6 and 12 are twins. Contexts that share two words of three have cosines near a half, those that " +
			"share one are pale, and those that share none slightly negative.",
		Alt: "Four heat-maps of 16 by 16 cosines of contexts: two trained, two predicted. They look alike; twins have cosine one."}
}

// WordFigure shows the cosines of words.
func WordFigure(list []Source, words []string) figure.Figure {
	f := func(s Source) [][]float64 { return Rows(geometry.RowCosines(s.W)) }
	return figure.Figure{ID: "words", Title: "Cosines of words", Columns: 3,
		Panels: heats(list[1:], f, words, words, "word", "word", "cosine"),
		Caption: "Words that occur in exactly the same contexts are parallel: red, blue and green; tired, happy and alone; shore and " +
			"island. Words that share some of their contexts, such as song and letter, are between.",
		Alt: "Three heat-maps of 31 by 31 cosines of words: the trained network, Lmm and the proxy. Words with the same contexts have cosine one in all three."}
}

// EvolutionFigure is the cosines of contexts over a training, with a slider. It leaves out
// the steps 10 and 1000, which look like their neighbours.
func EvolutionFigure(r Run) figure.Figure {
	var frames []figure.Frame
	for _, s := range r.Snapshots {
		if s.Step != 10 && s.Step != 1000 {
			frames = append(frames, figure.Frame{Label: fmt.Sprintf("step %d", s.Step), Values: Rows(geometry.ColumnCosines(s.H))})
		}
	}
	return figure.Figure{ID: "evolution", Title: "Cosines of contexts over training", Panels: []figure.Panel{{
		X: figure.Axis{Name: "context"}, Y: figure.Axis{Name: "context"}, Heat: &figure.Heat{Rows: Numbers(16), Cols: Numbers(16),
			Scale: "cosine", Low: figure.At(-1), High: figure.At(1), Diverging: true, Frames: frames}}},
		Caption: "From noise to blocks. At step 100, when the excess has fallen to a third, the blocks of twins are there; the pale entries of contexts that share a word settle later.",
		Alt:     "Heat-maps of cosines of 16 contexts at several steps: only a diagonal at first, blocks of twins and of shared words from step 100 on."}
}

// NovelFigure shows the cosines of words in the order of a chain of neighbours.
func NovelFigure(s *softlabel.Labels) figure.Figure {
	C := geometry.Cosines(Of(Lmm(s.Pattern)).GramW())
	order := Chain(C, 24)
	var names []string
	values := mat.NewDense(len(order), len(order), nil)
	for i, z := range order {
		names = append(names, s.Words[z])
		for j, y := range order {
			values.Set(i, j, C.At(z, y))
		}
	}
	return figure.Figure{ID: "novel", Title: "Words of a novel", Panels: []figure.Panel{{
		X: figure.Axis{Name: "word"}, Y: figure.Axis{Name: "word"},
		Heat: &figure.Heat{Rows: names, Cols: names, Values: Rows(values), Scale: "cosine", Low: figure.At(-1), High: figure.At(1), Diverging: true}}},
		Caption: "Cosines of words by $L^{\\mathrm{mm}}$ of the forty most frequent contexts of the novel, each word beside its nearest that is left. " +
			"Small blocks are words that the same contexts admit.",
		Alt: "Heat-map of the cosines of 24 words of the novel: mostly pale, with a light block of frequent words in the upper left and a few small dark blocks along the diagonal."}
}
