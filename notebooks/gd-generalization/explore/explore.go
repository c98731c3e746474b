// Package explore is the figure of the paper that a reader moves: neurons of a quadratic network on XOR, step by step.
package explore

import (
	"math"

	"github.com/marginalia-ml/marginalia/pkg/explore"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/generalization"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

const width = 64 // neurons

// Idea returns the figure.
func Idea() *explore.Idea {
	return &explore.Idea{
		Title: "Two directions grow, step by step",
		Words: "Each point is a neuron by its components along the two directions that XOR is made of. Take steps: neurons of sign $+1$ stretch along the one, those of sign $-1$ along the other, by a factor a step, and the test error falls when the slower factor has overtaken the noise of the other dimensions. Smaller batches and more dimensions need more.",
		Controls: []explore.Control{
			{Name: "t", Label: "steps $t$", Min: 0, Max: 10, Step: 1, Start: 4},
			{Name: "d", Label: "dimensions $d$", Min: 4, Max: 40, Step: 4, Start: 20},
			{Name: "n", Label: "examples a step $n$", Min: 20, Max: 400, Step: 20, Start: 200},
			{Name: "eta", Label: "step size $\\eta/m$", Min: 0.1, Max: 2, Step: 0.1, Start: 1},
		},
		Draw: draw,
	}
}

// Trained is the network after t steps of size eta m on fresh batches of n, the same draws for every t.
func Trained(d, n, t int, eta float64) (*generalization.Quadratic, error) {
	rng := random.Stream(1, "explore")
	q, err := generalization.NewQuadratic(d, width, rng)
	for range t {
		if err != nil {
			break
		}
		var batch *generalization.Sample
		if batch, err = generalization.XOR(n, d, rng); err == nil {
			q.Step(batch, eta*width)
		}
	}
	return q, err
}

var tests explore.Last[int, *generalization.Sample] // by the dimension

func draw(v map[string]float64) (explore.View, error) {
	d := int(v["d"])
	q, err := Trained(d, int(v["n"]), int(v["t"]), v["eta"])
	if err != nil {
		return explore.View{}, err
	}
	test, err := tests.Of(d, func() (*generalization.Sample, error) {
		return generalization.XOR(1000, d, random.Stream(1, "explore/test"))
	})
	if err != nil {
		return explore.View{}, err
	}
	var x, y [2][]float64
	edge := 3.0
	for j, a := range q.A {
		w, k := q.W.RawRowView(j), 0
		if a < 0 {
			k = 1
		}
		plus, minus := (w[0]+w[1])/math.Sqrt2, (w[0]-w[1])/math.Sqrt2
		x[k], y[k] = append(x[k], plus), append(y[k], minus)
		edge = max(edge, math.Abs(plus), math.Abs(minus))
	}
	edge = math.Pow(2, math.Ceil(math.Log2(edge)))
	plus, across, rest := q.Signals(1)
	across2, minus, rest2 := q.Signals(-1)
	return explore.View{
		Figure: figure.Figure{ID: "explore",
			Caption: "Neurons of a network of width 64 in the plane of $u_+=(e_1+e_2)/\\sqrt2$ and $u_-=(e_1-e_2)/\\sqrt2$, the quadratic network $\\Phi=\\frac1m\\sum_j a_j(w_j\\cdot x)^2$ on fresh batches of XOR.",
			Alt:     "Neurons as points of a plane: circles of one sign stretch along the first axis with every step, diamonds of the other sign along the second.",
			Panels: []figure.Panel{{Ratio: 1.5, Equal: true,
				X: figure.Axis{Name: "$\\langle w_j,u_+\\rangle$", Min: figure.At(-edge), Max: figure.At(edge)},
				Y: figure.Axis{Name: "$\\langle w_j,u_-\\rangle$", Min: figure.At(-edge / 1.5), Max: figure.At(edge / 1.5)},
				Series: []figure.Series{
					figure.Points("a_j = +1", x[0], y[0]).In(1).As("circle").Sized(8),
					figure.Points("a_j = −1", x[1], y[1]).In(2).As("diamond").Sized(9)}}}},
		Facts: []explore.Fact{
			explore.Number("test error", q.ErrorOn(test)),
			explore.Number("along $u_+$, $a=+1$", plus),
			explore.Number("along $u_-$, $a=-1$", minus),
			explore.Number("the other of the two", max(across, across2)),
			explore.Number("other dimensions", max(rest, rest2)),
		},
	}, nil
}
