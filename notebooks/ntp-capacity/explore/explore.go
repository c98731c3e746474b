// Package explore is the figure of the paper that a reader moves: the rank of the model's derivative against the number of
// contexts, for the last layer alone, with the hidden layer, with attention and with all parameters.
package explore

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/capacity"
	"github.com/marginalia-ml/marginalia/pkg/explore"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// Idea returns the figure.
func Idea() *explore.Idea {
	return &explore.Idea{
		Title: "Which parameters remember",
		Words: "Each context asks for $\\zeta-1$ numbers: a curve follows the dashed line while its parameters can move all of them. The last layer alone turns away at $m$ contexts, the lower bound. Add neurons, and all curves rise; add heads, and only those with attention do. Symmetries make some parameters idle: all together end at $k_{\\mathrm{eff}}$, below $k$.",
		Controls: []explore.Control{
			{Name: "zeta", Label: "tokens $\\zeta$", Min: 3, Max: 5, Step: 1, Start: 4},
			{Name: "m", Label: "neurons $m$", Min: 1, Max: 6, Step: 1, Start: 4},
			{Name: "d", Label: "embedding dimensions $d$", Min: 2, Max: 3, Step: 1, Start: 2},
			{Name: "heads", Label: "heads $m_0$", Min: 1, Max: 2, Step: 1, Start: 1},
			{Name: "d1", Label: "dimensions of a query $d_1$", Min: 1, Max: 3, Step: 1, Start: 1},
		},
		Draw: draw,
	}
}

// Config is the transformer of the controls, for contexts of up to four tokens.
func Config(v map[string]float64) capacity.Config {
	d := int(v["d"])
	return capacity.Config{Zeta: int(v["zeta"]), T: 4, D: d, M: int(v["m"]), D1: int(v["d1"]), D0: d, Heads: int(v["heads"])}
}

// Group is some of the parameters: all from one on, in the order of Params.Flat.
type Group struct {
	Name string
	From int
}

// Groups are the last layer, with the layer before it, with attention, and all, of k parameters.
func Groups(p *capacity.Params) []Group {
	k := p.Params()
	last := k - len(p.V)
	hidden := last - len(p.B) - len(p.W)
	attention := hidden - len(p.W0)
	for _, heads := range [][][]float64{p.W1, p.W2, p.W3} {
		for _, w := range heads {
			attention -= len(w)
		}
	}
	return []Group{{"last layer V", last}, {"hidden layer too", hidden}, {"attention too", attention}, {"all parameters", 0}}
}

// draws is of how many random parameters the best are taken: some are too close to a place of lower rank for float64.
const draws = 4

// Derivative is that of the centred logits of n random contexts at random parameters, ζ-1 rows a context: of several draws the
// one of the largest rank, and of these the one that leaves the least doubt.
func Derivative(c capacity.Config, n int) (p *capacity.Params, J *mat.Dense, err error) {
	rng := random.Stream(1, "explore")
	contexts := capacity.Sequences(c.Zeta, c.T)
	rng.Shuffle(len(contexts), func(i, j int) { contexts[i], contexts[j] = contexts[j], contexts[i] })
	contexts = contexts[:min(n, len(contexts))]
	most, clear := -1, 0.0
	for range draws {
		q, err := capacity.Random(c, capacity.Tanh, rng)
		if err != nil {
			return nil, nil, err
		}
		D := q.CentredJacobian(contexts)
		if rank, gap := capacity.NumericRank(D); rank > most || rank == most && gap > clear {
			p, J, most, clear = q, D, rank, gap
		}
	}
	return p, J, nil
}

// Staircase is the rank of the columns from one on of a derivative, for its first 1, 2, ... contexts. A rank grows with the
// contexts: it is measured where it is neither that of all rows nor that of all contexts.
func Staircase(J *mat.Dense, free, from int) []int {
	rows, k := J.Dims()
	n := rows / free
	ranks := make([]int, n+1)
	rank := func(i int) int {
		r, _ := capacity.NumericRank(J.Slice(0, i*free, from, k))
		return r
	}
	top := rank(n)
	full, beyond := 0, min(n, top/free)+1 // contexts that have all rows, and that have not
	for full+1 < beyond {
		if i := (full + beyond) / 2; rank(i) == i*free {
			full = i
		} else {
			beyond = i
		}
	}
	for i := range ranks {
		switch {
		case i <= full:
			ranks[i] = i * free
		case ranks[i-1] == top:
			ranks[i] = top
		default:
			ranks[i] = rank(i)
		}
	}
	return ranks[1:]
}

// Shown is how many contexts a figure has: a quarter more than the derivative can tell apart. Logits are of rank m at most, so
// that few neurons ask for more of them.
func Shown(c capacity.Config) int {
	return int(math.Ceil(1.25 * float64(c.Dimensions()) / float64(min(c.M, c.Zeta-1))))
}

func draw(v map[string]float64) (explore.View, error) {
	c := Config(v)
	free, k := c.Zeta-1, c.Params()
	n := Shown(c)
	p, J, err := Derivative(c, n)
	if err != nil {
		return explore.View{}, err
	}
	panel := figure.Panel{X: figure.Axis{Name: "contexts n", Min: figure.At(0), Max: figure.At(float64(n))}, Y: figure.Axis{Name: "rank of the derivative", Min: figure.At(0)},
		Marks: []figure.Mark{figure.HLine(float64(k), "k"), figure.VLine(float64(c.M), "m")}}
	panel.Series = append(panel.Series, figure.Line("n (ζ − 1), all that is asked", []float64{0, float64(k) / float64(free)}, []float64{0, float64(k)}).In(figure.Ink).Dashed(2))
	if eff, err := c.Effective(); err == nil {
		panel.Marks = append(panel.Marks, figure.HLine(float64(eff), "k_{eff}").AtStart())
	}
	facts := []explore.Fact{{Name: "parameters k", Value: fmt.Sprint(k)}, {Name: "less their symmetries, at most", Value: fmt.Sprint(c.Dimensions())},
		{Name: "lower bound of the capacity, m", Value: fmt.Sprint(c.M)}, explore.Number("upper bound, k/(ζ − 1)", capacity.Upper(k, c.Zeta))}
	for i, g := range Groups(p) {
		ranks := Staircase(J, free, g.From)
		x, y, onto := []float64{0}, []float64{0}, 0
		for j, r := range ranks {
			x, y = append(x, float64(j+1)), append(y, float64(r))
			if r == (j+1)*free {
				onto = j + 1
			}
		}
		panel.Series = append(panel.Series, figure.Line(g.Name, x, y).In(i+1))
		facts = append(facts, explore.Fact{Name: g.Name, Value: fmt.Sprintf("rank %d, all of %d contexts", ranks[len(ranks)-1], onto)})
	}
	return explore.View{Facts: facts, Figure: figure.Figure{ID: "explore",
		Caption: "Rank of the derivative of the centred logits of $n$ random contexts, in the last layer's parameters, in those of the hidden layer too, of attention too, and in all, at random parameters of one layer of attention (tanh, $d_0=d$, contexts of up to four tokens).",
		Alt:     "Four curves of ranks against the number of contexts: all rise along one line and turn away from it one after the other, the last layer at m contexts, all parameters below k.",
		Panels:  []figure.Panel{panel}}}, nil
}
