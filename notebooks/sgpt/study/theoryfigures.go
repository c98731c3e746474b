package study

import (
	"fmt"
	"math/rand/v2"

	"github.com/marginalia-ml/marginalia/pkg/federated/theory"
	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// LawFigure is the mean regret of one draw of clients, and its law, against the concentration.
func LawFigure(rng *rand.Rand, G, M, d int) figure.Figure {
	x := theory.Mixture{W: theory.Gaussian(rng, G, d, 0.7), P: theory.Uniform(M)}
	var cs, law, mean, worst, zero []float64
	for c := 0.03; c < 200; c *= 1.6 {
		x.Alpha = theory.Dirichlet(rng, M, G, c)
		most := 0.0
		for i := range x.Alpha {
			most = max(most, x.Regret(i))
		}
		cs, law = append(cs, c), append(law, x.DirichletRegret(c))
		mean, worst, zero = append(mean, x.MeanRegret()), append(worst, most), append(zero, 0)
	}
	return figure.Figure{
		ID: "law", Title: "What one shared model loses",
		Caption: fmt.Sprintf("The mean regret of %d clients, one draw for each concentration, its expectation (1 − 1/M) V/(Gc + 1), and the worst client; %d groups in %d coordinates. One draw scatters by a tenth. Models of groups whose group the input shows lose nothing at any c.", M, G, d),
		Alt:     "Against the concentration on a logarithmic axis: points of the mean regret along a falling curve, the worst client's above them, and a line at zero.",
		Panels: []figure.Panel{{X: figure.Axis{Name: "Dirichlet concentration c", Log: true}, Y: figure.Axis{Name: "regret"}, Series: []figure.Series{
			figure.Line("expectation", cs, law).In(figure.Ink), figure.Points("mean of the clients", cs, mean), figure.Points("worst client", cs, worst),
			figure.Line("models of groups", cs, zero)}}},
	}
}

// BLUPFigure is the exact error of three predictors against the inputs of a group: means over
// designs.
func BLUPFigure(rng *rand.Rand, G, d int, tau, sigma float64, designs int) (figure.Figure, error) {
	var n, shared, group, joint []float64
	for _, k := range []int{d + 2, 15, 20, 30, 50, 100, 200} {
		var s, g, j float64
		for range designs {
			b, err := Predict(theory.NewDesign(rng, d, Equal(G, k)...), tau, sigma, 1)
			if err != nil {
				return figure.Figure{}, err
			}
			s, g, j = s+b.Shared/float64(designs), g+b.Group/float64(designs), j+b.Joint/float64(designs)
		}
		n, shared, group, joint = append(n, float64(k)), append(shared, s), append(group, g), append(joint, j)
	}
	return figure.Figure{
		ID: "parts", Title: "A shared part, parts of groups, and both",
		Caption: fmt.Sprintf("Mean square error of w_g given the inputs, no draw of outputs in it, means of %d designs; %d groups, %d coordinates, standard deviation of v %g, of the noise %g. With few inputs the groups by themselves cannot tell noise from signal; with many the shared part cannot follow the groups. Both parts together lose neither way.", designs, G, d, tau, sigma),
		Alt:     "On logarithmic axes, against the inputs of a group: the shared part's error is flat, the groups' own falls steeply, and that of both together is below both and joins the second.",
		Panels: []figure.Panel{{X: figure.Axis{Name: "inputs of a group", Log: true}, Y: figure.Axis{Name: "mean square error", Log: true}, Series: []figure.Series{
			figure.Line("shared part alone", n, shared).As("circle"), figure.Line("parts of groups alone", n, group).As("triangle"), figure.Line("both", n, joint).As("square")}}},
	}, nil
}

// DescentFigure is the distance from the joint minimiser against sweeps.
func DescentFigure(all []Descent) figure.Figure {
	var series []figure.Series
	for _, r := range all {
		var x, y []float64
		for k := 0; k < len(r.Distance); k += 1 + len(r.Distance)/120 {
			if r.Distance[k] > 0 {
				x, y = append(x, float64(k)), append(y, r.Distance[k])
			}
		}
		series = append(series, figure.Line(fmt.Sprintf("%d inputs, ρ = %.3f", r.N, r.Rho), x, y))
	}
	return figure.Figure{
		ID: "descent", Title: "Block-coordinate descent",
		Caption: "Distance of the shared part from the joint minimiser, over that at the start, until the factor promises 10⁻⁸. The more a group has seen, the less its part is held back, and the more slowly the two parts sort out who explains what: a hundred sweeps are few.",
		Alt:     "Straight falling lines on a logarithmic axis against sweeps, the flatter the more inputs a group has.",
		Panels:  []figure.Panel{{X: figure.Axis{Name: "sweeps"}, Y: figure.Axis{Name: "distance", Log: true}, Series: series, Marks: []figure.Mark{figure.VLine(100, "100 sweeps")}}},
	}
}
