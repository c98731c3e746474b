// Package explore is the figure of the paper that a reader moves: a pool of contexts, and the sparse and the low-rank part of
// the logits that they lead to.
package explore

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/notebooks/ntp-geometry/study"
	"github.com/marginalia-ml/marginalia/pkg/explore"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/geometry"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/maxmargin"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

var (
	words    = []string{"tea", "coffee", "milk", "soup", "rice", "bread"}
	contexts = []string{"A", "B", "C", "D", "E", "F"}
	fixed    = [][]int{{0, 1, 2}, {0, 1, 2}, {2, 3}, {3, 4, 5}, {5}} // what can follow A to E
)

// Idea returns the figure.
func Idea() *explore.Idea {
	return &explore.Idea{
		Title: "A pool of contexts and its logits",
		Words: "Choose which words can follow context F: the max-margin part, and with it the angles, are those of the supports alone. Change how often the first word follows instead: only the sparse part moves. A and B allow the same words with other probabilities; as $R$ grows in training their embeddings become one direction.",
		Controls: []explore.Control{
			{Name: "first", Label: "first word after F", Min: 0, Max: 5, Step: 1, Start: 3, Names: words},
			{Name: "size", Label: "words after F", Min: 1, Max: 5, Step: 1, Start: 2},
			{Name: "often", Label: "one word as often as", Min: 1, Max: 20, Step: 1, Start: 5},
			{Name: "R", Label: "growth $R$", Min: 0.5, Max: 12, Step: 0.5, Start: 3},
		},
		Draw: draw,
	}
}

// Pool is the contexts A to E and F, which is followed by a number of words from some word on, in a circle. One word of each
// context was counted often, the others once: the last word of B, the first one of the others.
func Pool(first, size, often int) (*softlabel.Labels, error) {
	var last []int
	for i := range size {
		last = append(last, (first+i)%len(words))
	}
	p, err := softlabel.NewPattern(len(words), append(slices.Clone(fixed), last))
	if err != nil {
		return nil, err
	}
	var counts [][]int
	for j, s := range p.S {
		c, one := make([]int, len(s)), 0
		switch j {
		case 1:
			one = len(s) - 1
		case len(fixed):
			one = slices.Index(s, first)
		}
		for i := range c {
			c[i] = 1
		}
		c[one] = often
		counts = append(counts, c)
	}
	return p.Count(counts)
}

// Logits are the two parts of a pool's logits, L^in and L^mm with its certificate, and L^in + R L^mm.
func Logits(s *softlabel.Labels, R float64) (sparse *mat.Dense, mm *maxmargin.NuclearSolution, both *mat.Dense, err error) {
	if mm, err = geometry.Lmm(s.Pattern, nil); err != nil {
		return nil, nil, nil, err
	}
	sparse = s.Lin()
	return sparse, mm, matrix.Add(sparse, R, mm.L), nil
}

func draw(v map[string]float64) (explore.View, error) {
	s, err := Pool(int(v["first"]), int(v["size"]), int(v["often"]))
	if err != nil {
		return explore.View{}, err
	}
	R := v["R"]
	sparse, mm, both, err := Logits(s, R)
	if err != nil {
		return explore.View{}, err
	}
	g, err := geometry.New(both)
	if err != nil {
		return explore.View{}, err
	}
	low, err := geometry.New(mm.L)
	if err != nil {
		return explore.View{}, err
	}
	cosines := geometry.Cosines(g.GramH())
	heat := func(title, y string, rows []string, A *mat.Dense, h figure.Heat) figure.Panel {
		h.Rows, h.Cols, h.Values = rows, contexts, study.Rows(A)
		return figure.Panel{Title: title, X: figure.Axis{Name: "context"}, Y: figure.Axis{Name: y}, Heat: &h}
	}
	logit := figure.Heat{Scale: "logit", Diverging: true}
	return explore.View{
		Figure: figure.Figure{ID: "explore",
			Caption: "Six words, six contexts. The logits of long training are $L^{\\mathrm{in}}+R L^{\\mathrm{mm}}$: the first part is zero off the supports and holds the probabilities, the second is of least nuclear norm among those with margins of one and grows. Last: the cosines of the contexts that these logits imply.",
			Alt:     "Four heat-maps of words or contexts by contexts: probabilities of the next word; the sparse part of the logits; their low-rank part, in which A and B have the same column; cosines of contexts.",
			Panels: []figure.Panel{
				heat("p_j: what follows", "word", words, s.P, figure.Heat{Scale: "probability", Low: figure.At(0), High: figure.At(1)}),
				heat("L^{in}: probabilities", "word", words, sparse, logit),
				heat("R L^{mm}: supports", "word", words, study.Scaled(mm.L, R), logit),
				heat("angles of contexts", "context", contexts, cosines, figure.Heat{Scale: "cosine", Diverging: true, Low: figure.At(-1), High: figure.At(1)}),
			}},
		Facts: []explore.Fact{{Name: "rank of L^{mm}", Value: fmt.Sprint(low.Rank())}, explore.Number("‖L^{mm}‖_*", mm.Primal),
			explore.Number("‖S̃‖_* of the centred supports", matrix.Nuclear(s.Proxy())), explore.Number("‖L^{in}‖", matrix.Norm(sparse)),
			explore.Number("entropy, nats", s.Entropy()), explore.Number("CE − entropy, nats", s.Excess(both)),
			explore.Number("cosine of A and B", cosines.At(0, 1))},
	}, nil
}
